/// The standard fused operations: definitions in terms of [telos.tensor.Op], and derivatives.
package telos.tensor.fused;
