package telos.irl;

import telos.nn.Gpt;
import telos.nn.Linear;
import telos.tensor.Tensor;

/// A language model with a value head on its last hidden state.
///
/// @param policy pi
/// @param value `[D, 1]`: the value of the state that a token completes
public record ActorCritic(Gpt policy, Linear value) {

  /// What both heads say of each position.
  ///
  /// @param logits `[B, T, V]`
  /// @param values `[B, T]`
  public record Output(Tensor logits, Tensor values) {}

  /// A value head that starts at zero.
  public static ActorCritic of(Gpt policy) {
    int width = policy.config().width();
    return new ActorCritic(policy, Linear.of(Tensor.zeros(width, 1), Tensor.zeros(1)));
  }

  /// Both heads on one pass through the trunk.
  ///
  /// @param ids I32 `[B, T]`
  public Output call(Tensor ids) {
    Tensor hidden = policy.hidden(ids);
    return new Output(policy.unembed(hidden), value.call(hidden).squeeze(-1));
  }
}
