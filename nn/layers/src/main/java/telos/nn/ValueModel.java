package telos.nn;

import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A transformer with a scalar head: a value function where it is read at every position, a reward
/// model where it is read at the last valid one.
///
/// @param trunk its own head is not used
/// @param head `[D, 1]`
public record ValueModel(Gpt trunk, Linear head) {
  public ValueModel {
    if (head.out() != 1) {
      throw new IllegalArgumentException(
          "valueModel: the head " + head.weight().shape() + " must be [D, 1]");
    }
  }

  /// A trunk, often a copy of a language model, with a new head: normal with standard deviation
  /// 0.02, no bias.
  public static ValueModel init(Gpt trunk, Rng key) {
    return new ValueModel(
        trunk, Linear.init(trunk.config().width(), 1, false, Init.normal(0.02), key));
  }

  /// A value at every position.
  ///
  /// @param ids I32 `[B, T]`
  /// @return `[B, T]`
  public Tensor values(Tensor ids) {
    return head.call(trunk.hidden(ids)).squeeze(-1);
  }

  /// The value at the last valid position of every row; padding after it changes nothing.
  ///
  /// @param ids I32 `[B, T]`
  /// @param lengths I32 `[B]`, each in `[1, T]`
  /// @return `[B]`
  public Tensor last(Tensor ids, Tensor lengths) {
    return head.call(Rows.last(trunk.hidden(ids), lengths)).squeeze(-1);
  }
}
