package telos.nn;

import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Gated recurrent unit (Cho et al. 2014) in PyTorch's form: gates in the order r, z, n, the reset
/// applied after the hidden map, bias included.
///
///     n = tanh(x_n + sigmoid(r) (W h + b)_n)        h' = (1 - sigmoid(z)) n + sigmoid(z) h
///
/// @param input `[in, 3 H]`
/// @param hidden `[H, 3 H]`
public record GruCell(Linear input, Linear hidden) implements RecurrentCell {
  public GruCell {
    RecurrentCell.require("gru", 3, input, hidden);
  }

  /// Weights and biases uniform within `1 / sqrt(width)`.
  public static GruCell init(int in, int width, Rng key) {
    return new GruCell(
        RecurrentCell.uniform(in, 3 * width, width, key.fold(0)),
        RecurrentCell.uniform(width, 3 * width, width, key.fold(1)));
  }

  @Override
  public int stateWidth() {
    return width();
  }

  @Override
  public Tensor advance(Tensor inputs, Tensor state) {
    int width = width();
    Tensor own = hidden.call(state);
    Tensor gates = inputs.slice(-1, 0, 2 * width).add(own.slice(-1, 0, 2 * width)).sigmoid();
    Tensor reset = gates.slice(-1, 0, width);
    Tensor kept = gates.slice(-1, width, 2 * width);
    Tensor next =
        inputs
            .slice(-1, 2 * width, 3 * width)
            .add(reset.mul(own.slice(-1, 2 * width, 3 * width)))
            .tanh();
    return next.add(kept.mul(state.sub(next)));
  }
}
