/// The device `cpu`: the operations of [telos.tensor.Op] on the Vector API and a team of threads,
/// on arrays of the Java heap. The only public type is [telos.devices.cpu.CpuDevice].
///
/// What makes the bits of a result independent of threads, vector width, batch and JIT:
///
/// - elementary functions are our own, of correctly rounded operations only ([VectorMath],
///   [Logarithm], [Trigonometry], [Power]), each with an equal scalar twin for the tail of a row;
/// - sums run in logical lanes and blocks of fixed size ([Sums]), products in blocks of 256 along
///   the inner index ([MatMul]);
/// - work is cut by size, and partial results meet in index order ([Team]).
///
/// Reading order: [CpuDevice], which chooses; [Lanes] and [Team]; then a family: [Elementwise] with
/// [Broadcast], [Pieces], [Elementary], [Binary] and [Comparisons]; [Reduce] with [Sums], [Columns]
/// and [Extremes]; [Strided], [Runs] and [Index] for movement; [Products] with [MatMul] and its
/// parts; [Fusion] with [Normalize], [SoftmaxRows], [Activation], [Rotation], [Optimize] and
/// attention; [Chain] with [Block] and [BlockLoop] for fused operations without a kernel.
///
/// Two habits of C2 shape the loops. It compiles lane operations to instructions only where the
/// species is a constant and every call is inlined, so each function has a loop of its own instead
/// of a lambda; and it stops inlining our methods (never the Vector API) in a loop of more than
/// about 40 lane operations, so long formulas run in several passes over a piece in the first
/// cache.
package telos.devices.cpu;
