package telos.gradcheck;

import telos.tensor.Tensor;

/// Two tensors that broadcast, in every pattern the law allows: equal shapes, stretched axes, a
/// scalar, a vector along the last axis. Their values are away from 0 and do not tie.
public record Operands(Tensor a, Tensor b) {}
