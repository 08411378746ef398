package telos.nn;

import java.util.ArrayList;
import java.util.List;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.fused.Softmax;

/// A token for one row of a batch.
///
/// @param logProb under the model itself
/// @param sampledLogProb under the distribution it was drawn from
record Drawing(int token, float logProb, float sampledLogProb) {
  /// Draws a token for every row; those of rows that have ended are of no consequence.
  ///
  /// @param logits `[B, V]`
  static List<Drawing> of(List<Written> rows, Tensor logits) {
    return Scope.call(
        "sample",
        () -> {
          Nucleus.Draw[] draws = draws(rows, logits);
          int[] tokens = new int[draws.length];
          for (int i = 0; i < tokens.length; i++) {
            tokens[i] = draws[i].token();
          }
          float[] logProbs = LogProbs.of(logits, Tensor.of(tokens)).toFloats();
          List<Drawing> drawings = new ArrayList<>();
          for (int i = 0; i < tokens.length; i++) {
            boolean plain = rows.get(i).sampling().isPlain();
            float sampled = plain ? logProbs[i] : (float) draws[i].logProb();
            drawings.add(new Drawing(tokens[i], logProbs[i], sampled));
          }
          return drawings;
        });
  }

  private static Nucleus.Draw[] draws(List<Written> rows, Tensor logits) {
    Nucleus.Draw[] draws = new Nucleus.Draw[rows.size()];
    if (rows.stream().anyMatch(row -> row.sampling().isGreedy())) {
      int[] best = logits.argMax(-1).toInts();
      for (int i = 0; i < draws.length; i++) {
        draws[i] = new Nucleus.Draw(best[i], 0);
      }
    }
    if (rows.stream().allMatch(row -> row.sampling().isGreedy())) {
      return draws;
    }
    int vocabulary = logits.dim(1);
    float[] p = new Softmax(tempered(rows, logits)).result().toFloats();
    for (int i = 0; i < draws.length; i++) {
      Sampling sampling = rows.get(i).sampling();
      if (!sampling.isGreedy() && !rows.get(i).ended()) {
        draws[i] = new Nucleus(sampling).draw(p, i * vocabulary, vocabulary, rows.get(i).uniform());
      } else if (draws[i] == null) {
        draws[i] = new Nucleus.Draw(0, 0);
      }
    }
    return draws;
  }

  private static Tensor tempered(List<Written> rows, Tensor logits) {
    float[] temperatures = new float[rows.size()];
    boolean one = true;
    for (int i = 0; i < temperatures.length; i++) {
      Sampling sampling = rows.get(i).sampling();
      temperatures[i] = sampling.isGreedy() ? 1 : (float) sampling.temperature();
      one &= temperatures[i] == 1;
    }
    return one ? logits : logits.div(Tensor.of(temperatures, temperatures.length, 1));
  }
}
