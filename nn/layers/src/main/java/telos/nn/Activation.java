package telos.nn;

import telos.tensor.Tensor;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.GeluErf;
import telos.tensor.fused.Silu;

/// Elementwise nonlinearities.
public enum Activation implements Layer {
  IDENTITY,
  RELU,
  TANH,
  SIGMOID,
  SOFTPLUS,
  /// GELU in its tanh form, as in GPT-2.
  GELU,
  /// GELU by the error function, its original definition.
  GELU_ERF,
  /// `x sigmoid(x)`, also called swish.
  SILU;

  @Override
  public Tensor call(Tensor x) {
    return switch (this) {
      case IDENTITY -> x;
      case RELU -> x.relu();
      case TANH -> x.tanh();
      case SIGMOID -> x.sigmoid();
      case SOFTPLUS -> x.softplus();
      case GELU -> new Gelu(x).result();
      case GELU_ERF -> new GeluErf(x).result();
      case SILU -> new Silu(x).result();
    };
  }
}
