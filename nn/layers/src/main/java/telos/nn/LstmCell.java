package telos.nn;

import java.util.List;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Long short-term memory (Hochreiter and Schmidhuber 1997) with forget gates (Gers et al. 2000).
/// The gates stand in PyTorch's order i, f, g, o; the state is `(h, c)`:
///
///     c' = sigmoid(f) c + sigmoid(i) tanh(g)        h' = sigmoid(o) tanh(c')
///
/// @param input `[in, 4 H]`
/// @param hidden `[H, 4 H]`
public record LstmCell(Linear input, Linear hidden) implements RecurrentCell {
  public LstmCell {
    RecurrentCell.require("lstm", 4, input, hidden);
  }

  /// Weights and biases uniform within `1 / sqrt(width)`.
  public static LstmCell init(int in, int width, Rng key) {
    return new LstmCell(
        RecurrentCell.uniform(in, 4 * width, width, key.fold(0)),
        RecurrentCell.uniform(width, 4 * width, width, key.fold(1)));
  }

  @Override
  public int stateWidth() {
    return 2 * width();
  }

  @Override
  public Tensor advance(Tensor inputs, Tensor state) {
    int width = width();
    Tensor gates = inputs.add(hidden.call(output(state)));
    Tensor written = gate(gates, 0).sigmoid().mul(gate(gates, 2).tanh());
    Tensor memory = gate(gates, 1).sigmoid().mul(state.slice(-1, width, 2 * width)).add(written);
    return Tensor.concat(-1, List.of(gate(gates, 3).sigmoid().mul(memory.tanh()), memory));
  }

  private Tensor gate(Tensor gates, int index) {
    return gates.slice(-1, index * width(), (index + 1) * width());
  }
}
