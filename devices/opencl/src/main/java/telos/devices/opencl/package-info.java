/// The device `opencl`: the operations of [telos.tensor.Op] as kernels of OpenCL C 1.2, by way of
/// JOCL. The public types are [telos.devices.opencl.OpenClDevice] and what
/// [telos.devices.opencl.OpenClProvider] finds.
///
/// Reading order: [OpenClDevice], which chooses; [Queue], [Memory] and [OpenClStorage], the
/// driver's side; [Programs] and [ProgramCache]; then what computes. Elementwise operations and
/// copies are generated: [Formula] says an operation in C, [Walk] finds the elements, [Pass] joins
/// neighbours in one kernel. All else is a family: a file `family.cl` beside this package's classes
/// and a class that launches its kernels ([Reduce], [Index], [Products], ...).
///
/// A family is added like this: its file needs no heading, for `common.cl` goes before it, and
/// writes `T` for the element type; its class asks `device.programs().kernel("family", dtype,
/// "name")` for a kernel and calls [Kernel#run] with a [Range] and the arguments in the order of
/// the parameters (tensors and storages for `global` pointers, `int` and `float` boxed,
/// [Queue.Local] for `local` memory). Results come from `device.storage(...)`, temporaries too,
/// which `consume()` gives back right after the launch: the queue is in order. An index that a
/// kernel must check takes the flag and a number from [Faults]. [Fusion] then names the class for
/// its operation.
///
/// Rules of kernels: no float atomics and no fast-math flag, products and sums contracted only
/// where `fma` is written, an order of additions that depends on the shape along the reduced axis
/// alone, one-dimensional ranges whose last items are guarded.
package telos.devices.opencl;
