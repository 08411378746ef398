package telos.nn;

import telos.tensor.Tensor;

/// A function from a tensor to a tensor. A model is a record; it is a layer where it happens to
/// have this signature, so that [Sequential] can chain it.
@FunctionalInterface
public interface Layer {
  Tensor call(Tensor x);
}
