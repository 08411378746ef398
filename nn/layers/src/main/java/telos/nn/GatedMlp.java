package telos.nn;

import telos.tensor.Tensor;

/// A gated feed-forward layer (Shazeer 2020), `down(activation(gate(x)) * up(x))`: SwiGLU with
/// [Activation#SILU].
public record GatedMlp(Projection gate, Projection up, Projection down, Activation activation)
    implements Layer {
  /// @param x `[..., D]`
  @Override
  public Tensor call(Tensor x) {
    return down.call(activation.call(gate.call(x)).mul(up.call(x)));
  }
}
