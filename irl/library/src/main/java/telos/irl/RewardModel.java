package telos.irl;

import java.util.List;
import java.util.function.Function;
import telos.nn.Gpt;
import telos.nn.ValueModel;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// A reward read off a language model: a scalar head at the **last real token** of prompt and
/// response. Padding after it changes nothing.
///
/// @param model its trunk usually starts as a copy of the base model
public record RewardModel(ValueModel model) implements SequenceReward {
  private static final int ROWS = 128;

  /// A copy of `trunk` with a new head.
  public static RewardModel of(Gpt trunk, Rng key) {
    return new RewardModel(ValueModel.init(trunk, key));
  }

  /// One reward a sequence, `[B]`.
  public Tensor rewards(TokenBatch batch) {
    return model.last(batch.ids(), batch.lengths());
  }

  /// Rewards of any number of sequences, in order.
  @Override
  public double[] of(List<int[]> sequences) {
    return inParts(sequences, this::rewards);
  }

  /// Rewards of any number of sequences, a batch at a time.
  ///
  /// @param rewards `[B]` of a batch
  static double[] inParts(List<int[]> sequences, Function<TokenBatch, Tensor> rewards) {
    double[] all = new double[sequences.size()];
    for (int from = 0; from < all.length; from += ROWS) {
      List<int[]> part = sequences.subList(from, Math.min(all.length, from + ROWS));
      double[] some = Scope.call(() -> rewards.apply(TokenBatch.of(part))).toDoubles();
      System.arraycopy(some, 0, all, from, some.length);
    }
    return all;
  }
}
