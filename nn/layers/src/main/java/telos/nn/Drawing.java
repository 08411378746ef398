package telos.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.fused.Softmax;

/// A token for one row of a batch.
///
/// @param logProb under the model itself
/// @param sampledLogProb under the distribution it was drawn from
/// @param distribution log-probabilities of the vocabulary under the model itself, if asked for
/// @param failure why there is none to draw, if so
@SuppressWarnings("ArrayRecordComponent") // never compared
record Drawing(
    int token,
    float logProb,
    float sampledLogProb,
    Optional<float[]> distribution,
    Optional<RuntimeException> failure) {
  /// Draws a token for every row; those of rows that have ended are of no consequence.
  ///
  /// @param logits `[B, V]` of the model itself
  /// @param guided `[B, V]`, the scores that are drawn from: the same without guidance
  static List<Drawing> of(List<Written> rows, Tensor logits, Tensor guided) {
    return Scope.call("sample", () -> new Draws(rows, logits, guided).drawings());
  }

  /// The draws of one step.
  private static final class Draws {
    private final List<Written> rows;
    private final Tensor logits;
    private final Tensor guided;
    private final int vocabulary;
    private final @Nullable RuntimeException[] failures;
    private final Candidates.Draw[] draws;

    Draws(List<Written> rows, Tensor logits, Tensor guided) {
      this.rows = rows;
      this.logits = logits;
      this.guided = guided;
      vocabulary = logits.dim(1);
      failures = new RuntimeException[rows.size()];
      draws = new Candidates.Draw[rows.size()];
      Arrays.fill(draws, new Candidates.Draw(0, 0));
    }

    List<Drawing> drawings() {
      Tensor warped = warped();
      if (rows.stream().anyMatch(row -> row.sampling().isGreedy())) {
        greedy(warped.argMax(-1).toInts());
      }
      if (!rows.stream().allMatch(row -> row.sampling().isGreedy())) {
        sample(new Softmax(tempered(warped)).result().toFloats());
      }
      int[] tokens = Arrays.stream(draws).mapToInt(Candidates.Draw::token).toArray();
      float[] logProbs = LogProbs.of(logits, Tensor.of(tokens)).toFloats();
      float[] all =
          rows.stream().anyMatch(row -> row.sampling().distributions())
              ? LogProbs.all(logits).toFloats()
              : new float[0];
      List<Drawing> drawings = new ArrayList<>();
      for (int i = 0; i < tokens.length; i++) {
        drawings.add(drawing(i, logProbs[i], all));
      }
      return drawings;
    }

    private Drawing drawing(int row, float logProb, float[] all) {
      Sampling sampling = rows.get(row).sampling();
      boolean plain = sampling.isPlain() && guided == logits;
      int from = row * vocabulary;
      return new Drawing(
          draws[row].token(),
          logProb,
          plain ? logProb : (float) draws[row].logProb(),
          sampling.distributions()
              ? Optional.of(Arrays.copyOfRange(all, from, from + vocabulary))
              : Optional.empty(),
          Optional.ofNullable(failures[row]));
    }

    /// The scores after all that changes scores; rows with nothing of the kind keep theirs.
    private Tensor warped() {
      boolean none =
          rows.stream().allMatch(row -> row.sampling().find(Warp.OfLogits.class).isEmpty());
      if (none && guided == logits) {
        return logits;
      }
      float[] scores = guided.toFloats();
      for (int i = 0; i < rows.size(); i++) {
        if (!rows.get(i).ended()) {
          warp(i, scores);
        }
      }
      return Tensor.of(scores, rows.size(), vocabulary);
    }

    /// A row that fails keeps its scores, so that the others go on.
    private void warp(int row, float[] scores) {
      int from = row * vocabulary;
      float[] own = Arrays.copyOfRange(scores, from, from + vocabulary);
      try {
        for (Warp warp : rows.get(row).sampling().warps()) {
          own = warp instanceof Warp.OfLogits change ? change.apply(rows.get(row), own) : own;
        }
        requireAny(row, own);
        System.arraycopy(own, 0, scores, from, vocabulary);
      } catch (RuntimeException e) {
        failures[row] = e;
        Arrays.fill(scores, from, from + vocabulary, 0);
      }
    }

    private void requireAny(int row, float[] scores) {
      for (float score : scores) {
        if (score > Float.NEGATIVE_INFINITY || Float.isNaN(score)) {
          return;
        }
      }
      throw new ArithmeticException(
          "generate: every token is ruled out at token "
              + rows.get(row).length()
              + " of a completion; biases, processors and choices must leave one");
    }

    private void greedy(int[] best) {
      for (int i = 0; i < draws.length; i++) {
        draws[i] = new Candidates.Draw(best[i], 0);
      }
    }

    private void sample(float[] p) {
      for (int i = 0; i < draws.length; i++) {
        Written row = rows.get(i);
        if (!row.sampling().isGreedy() && !row.ended()) {
          Candidates candidates = Candidates.all(p, i * vocabulary, vocabulary);
          for (Warp warp : row.sampling().warps()) {
            candidates =
                warp instanceof Warp.OfCandidates choice ? choice.apply(candidates) : candidates;
          }
          draws[i] = candidates.draw(row.uniform());
        }
      }
    }

    private Tensor tempered(Tensor scores) {
      float[] temperatures = new float[rows.size()];
      boolean one = true;
      for (int i = 0; i < temperatures.length; i++) {
        Sampling sampling = rows.get(i).sampling();
        temperatures[i] = sampling.isGreedy() ? 1 : (float) sampling.temperature();
        one &= temperatures[i] == 1;
      }
      return one ? scores : scores.div(Tensor.of(temperatures, temperatures.length, 1));
    }
  }
}
