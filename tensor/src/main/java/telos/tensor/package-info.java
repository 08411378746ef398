/// Tensors, the operations on them, and the devices that run them.
///
/// Reading order: [Shape] and [DType]; [Op], the table of contents; [Tensor], the operations as
/// methods; [ReferenceDevice], what each operation means; [Scope] and [Recorder], lifetimes and the
/// seam to `autograd`; [Tree], models as values; [Rng], random numbers by key.
package telos.tensor;
