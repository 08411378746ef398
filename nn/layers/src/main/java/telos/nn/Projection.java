package telos.nn;

/// An affine map of the last axis, `[..., in]` to `[..., out]`: what transformers and perceptrons
/// are made of. Models name this interface, so that an adapted or a quantised map can stand where a
/// [Linear] stood: `Tree.replace(model, Projection.class, ...)`.
public sealed interface Projection extends Layer permits Linear, Int8Linear {
  /// Number of inputs.
  int in();

  /// Number of outputs.
  int out();
}
