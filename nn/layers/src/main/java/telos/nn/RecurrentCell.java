package telos.nn;

import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// One step of a recurrent network: a state and an input make the next state. [Recurrent] takes a
/// cell along sequences; a policy that acts calls [#step] itself.
public sealed interface RecurrentCell permits LstmCell, GruCell {
  /// What the input adds to the gates, `[in, gates H]`.
  Linear input();

  /// What the last output adds to the gates, `[H, gates H]`.
  Linear hidden();

  /// H, the width of the output.
  default int width() {
    return hidden().in();
  }

  /// S, the width of the state, of which the first H are the output.
  int stateWidth();

  /// The state after one more input.
  ///
  /// @param inputs `[B, gates H]`, what [#input] made of the input
  /// @param state `[B, S]`
  Tensor advance(Tensor inputs, Tensor state);

  /// The state after one more input.
  ///
  /// @param x `[B, in]`
  /// @param state `[B, S]`
  default Tensor step(Tensor x, Tensor state) {
    return advance(input().call(x), state);
  }

  /// The state before the first input: zeros `[B, S]`, F32 where the weights are narrower.
  default Tensor start(int batch) {
    Tensor like = hidden().weight();
    DType dtype = like.dtype().isStorageOnly() ? DType.F32 : like.dtype();
    return like.device().with(() -> Tensor.full(0, dtype, Shape.of(batch, stateWidth())));
  }

  /// The output in a state, `[B, H]`.
  default Tensor output(Tensor state) {
    return state.slice(-1, 0, width());
  }

  /// PyTorch's first values: weights and biases uniform within `1 / sqrt(H)`.
  static Linear uniform(int in, int out, int width, Rng key) {
    Init init = Init.uniform(1 / Math.sqrt(width));
    return Linear.of(init.draw(key.fold(0), in, out), init.draw(key.fold(1), out));
  }

  /// Refuses a pair of maps that do not make `gates` gates of one width.
  static void require(String what, int gates, Linear input, Linear hidden) {
    int width = hidden.in();
    if (hidden.out() != gates * width || input.out() != gates * width) {
      throw new IllegalArgumentException(
          what
              + ": "
              + input.out()
              + " outputs of the input map and "
              + hidden.out()
              + " of the hidden map are not "
              + gates
              + " gates of width "
              + width);
    }
  }
}
