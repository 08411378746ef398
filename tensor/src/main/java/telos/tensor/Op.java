package telos.tensor;

import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// The operations: the table of contents of the framework. A device is an exhaustive `switch` over
/// this interface, the derivative table is one more. [ReferenceDevice] is what each one means.
///
/// The order of float operations is part of the meaning, so that the same bits come out whatever
/// the thread count, the vector width or the batch:
///
/// - sums see the input as `[outer, R, inner]`. With `inner = 1` element `r` goes to logical lane
///   `r mod 32` in blocks of 4096; the lanes of a block are combined by halving (16, 8, 4, 2, 1),
///   the blocks by a left-to-right pairwise tree. With `inner > 1` blocks of 256 rows are added in
///   sequence and combined by the same tree. [CumSum] is sequential, [ScatterAdd] adds in
///   increasing source index;
/// - [MatMul] accumulates each element in blocks of 256 along `k`: a block starts at zero and takes
///   fma in increasing `k`, then `C = C + block`. [Conv2d] is the same over (channel, kh, kw).
///
/// Elementwise operations follow the broadcasting law (see [Tensor]); operands have one dtype.
@SuppressWarnings("ArrayRecordComponent") // operations are compared by identity, never by value
public sealed interface Op {

  /// The tensors this operation reads, in order.
  List<Tensor> inputs();

  /// The shape of its (first) result; throws with a sentence where the inputs do not fit.
  Shape shape();

  /// The dtype of its (first) result.
  DType dtype();

  /// The name used in messages: the record's, in lower camel case.
  default String name() {
    return Dispatch.NAMES.get(getClass());
  }

  // --- elementwise, one operand ---

  /// Elementwise function of one tensor; shape and dtype stay.
  sealed interface Unary extends Op {
    Tensor x();

    @Override
    default List<Tensor> inputs() {
      return List.of(x());
    }

    @Override
    default Shape shape() {
      return x().shape();
    }

    @Override
    default DType dtype() {
      return x().dtype();
    }
  }

  /// `-x`; also of I32.
  record Neg(Tensor x) implements Unary {}

  /// `1 / x`.
  record Recip(Tensor x) implements Unary {}

  record Exp(Tensor x) implements Unary {}

  record Log(Tensor x) implements Unary {}

  /// `log(1 + x)`, exact near zero.
  record Log1p(Tensor x) implements Unary {}

  record Sqrt(Tensor x) implements Unary {}

  /// `1 / sqrt(x)`.
  record Rsqrt(Tensor x) implements Unary {}

  record Sin(Tensor x) implements Unary {}

  record Cos(Tensor x) implements Unary {}

  record Tanh(Tensor x) implements Unary {}

  /// `1 / (1 + exp(-x))`.
  record Sigmoid(Tensor x) implements Unary {}

  record Erf(Tensor x) implements Unary {}

  /// `|x|`; also of I32.
  record Abs(Tensor x) implements Unary {}

  /// -1, 0 or 1 (NaN stays); also of I32.
  record Sign(Tensor x) implements Unary {}

  record Floor(Tensor x) implements Unary {}

  // --- elementwise, two operands ---

  /// Elementwise function of two tensors of one dtype under the broadcasting law.
  sealed interface Binary extends Op {
    Tensor a();

    Tensor b();

    @Override
    default List<Tensor> inputs() {
      return List.of(a(), b());
    }

    @Override
    default Shape shape() {
      Shape shape = a().shape();
      return shape.equals(b().shape()) ? shape : Shapes.broadcast(name(), shape, b().shape());
    }

    @Override
    default DType dtype() {
      return a().dtype();
    }
  }

  record Add(Tensor a, Tensor b) implements Binary {}

  record Sub(Tensor a, Tensor b) implements Binary {}

  record Mul(Tensor a, Tensor b) implements Binary {}

  /// Quotient; of I32 it truncates towards zero.
  record Div(Tensor a, Tensor b) implements Binary {}

  record Pow(Tensor a, Tensor b) implements Binary {}

  /// The larger one, NaN if either is NaN; of BOOL it is "or".
  record Maximum(Tensor a, Tensor b) implements Binary {}

  /// The smaller one, NaN if either is NaN; of BOOL it is "and".
  record Minimum(Tensor a, Tensor b) implements Binary {}

  /// A comparison: BOOL; any comparison with NaN is false.
  sealed interface Comparison extends Binary {
    @Override
    default DType dtype() {
      return DType.BOOL;
    }
  }

  record Equal(Tensor a, Tensor b) implements Comparison {}

  record Less(Tensor a, Tensor b) implements Comparison {}

  record LessEqual(Tensor a, Tensor b) implements Comparison {}

  /// `condition ? a : b`, elementwise; `condition` is BOOL and all three broadcast.
  record Where(Tensor condition, Tensor a, Tensor b) implements Op {
    @Override
    public List<Tensor> inputs() {
      return List.of(condition, a, b);
    }

    @Override
    public Shape shape() {
      Shape values = Shapes.broadcast(name(), a.shape(), b.shape());
      return Shapes.broadcast(name(), condition.shape(), values);
    }

    @Override
    public DType dtype() {
      return a.dtype();
    }
  }

  // --- along one axis ---

  /// Acts along one axis (normalised, non-negative), which the result no longer has.
  sealed interface Reduction extends Op {
    Tensor x();

    int axis();

    @Override
    default List<Tensor> inputs() {
      return List.of(x());
    }

    @Override
    default Shape shape() {
      return x().shape().without(axis());
    }

    @Override
    default DType dtype() {
      return x().dtype();
    }
  }

  /// Sum; of no elements it is zero. Float or I32.
  record Sum(Tensor x, int axis) implements Reduction {}

  /// Largest element, NaN if any is NaN; the axis must not be empty. Float or I32.
  record Max(Tensor x, int axis) implements Reduction {
    @Override
    public Shape shape() {
      if (x.shape().dim(axis) == 0) {
        throw Shapes.refused(name(), "axis " + axis + " of " + x.shape() + " is empty");
      }
      return x.shape().without(axis);
    }
  }

  /// Index (I32) of the first largest element (or of the first NaN); the axis must not be empty.
  record ArgMax(Tensor x, int axis) implements Reduction {
    @Override
    public Shape shape() {
      if (x.shape().dim(axis) == 0) {
        throw Shapes.refused(name(), "axis " + axis + " of " + x.shape() + " is empty");
      }
      return x.shape().without(axis);
    }

    @Override
    public DType dtype() {
      return DType.I32;
    }
  }

  /// Running sum along an axis, first element first; the shape stays.
  record CumSum(Tensor x, int axis) implements Op {
    @Override
    public List<Tensor> inputs() {
      return List.of(x);
    }

    @Override
    public Shape shape() {
      return x.shape();
    }

    @Override
    public DType dtype() {
      return x.dtype();
    }
  }

  // --- products ---

  /// `op(a) op(b)` over the last two axes, where `op` transposes if its flag is set. A rank-2 `b`
  /// applies to all leading axes of `a`; otherwise leading axes broadcast size 1 at equal rank.
  record MatMul(Tensor a, Tensor b, boolean transposeA, boolean transposeB) implements Op {
    @Override
    public List<Tensor> inputs() {
      return List.of(a, b);
    }

    @Override
    public Shape shape() {
      return Shapes.matMul(a.shape(), b.shape(), transposeA, transposeB);
    }

    @Override
    public DType dtype() {
      return a.dtype();
    }
  }

  /// Cross-correlation of `x [B, C, H, W]` with `w [O, C, kh, kw]`, zero padding on all four sides.
  record Conv2d(Tensor x, Tensor w, int stride, int padding) implements Op {
    @Override
    public List<Tensor> inputs() {
      return List.of(x, w);
    }

    @Override
    public Shape shape() {
      return Shapes.conv2d(x.shape(), w.shape(), stride, padding);
    }

    @Override
    public DType dtype() {
      return x.dtype();
    }
  }

  // --- movement; of any dtype that operations accept ---

  /// Moves elements of one tensor without computing.
  sealed interface Movement extends Op {
    Tensor x();

    @Override
    default List<Tensor> inputs() {
      return List.of(x());
    }

    @Override
    default DType dtype() {
      return x().dtype();
    }
  }

  /// The same elements in the same row-major order: free, shares the storage.
  record Reshape(Tensor x, Shape to) implements Movement {
    @Override
    public Shape shape() {
      if (x.shape().size() != to.size()) {
        throw Shapes.refused(name(), x.shape() + " and " + to + " differ in size");
      }
      return to;
    }
  }

  /// Result axis `i` is axis `order[i]` of `x`.
  record Permute(Tensor x, int[] order) implements Movement {
    @Override
    public Shape shape() {
      return Shapes.permute(x.shape(), order);
    }
  }

  /// Repeats along axes of extent 1, at equal rank.
  record Expand(Tensor x, Shape to) implements Movement {
    @Override
    public Shape shape() {
      return Shapes.expand(x.shape(), to);
    }
  }

  /// Zeros (false) before and after, one count an axis.
  record Pad(Tensor x, int[] before, int[] after) implements Movement {
    @Override
    public Shape shape() {
      return Shapes.pad(x.shape(), before, after);
    }
  }

  /// Elements `start, start + step, ... < stop`, one triple an axis; steps are positive.
  record Slice(Tensor x, int[] start, int[] stop, int[] step) implements Movement {
    @Override
    public Shape shape() {
      return Shapes.slice(x.shape(), start, stop, step);
    }
  }

  /// Reverses the marked axes.
  record Flip(Tensor x, boolean[] axes) implements Movement {
    @Override
    public Shape shape() {
      if (axes.length != x.shape().rank()) {
        throw Shapes.refused(name(), "needs one flag an axis of " + x.shape());
      }
      return x.shape();
    }
  }

  /// Joins along an axis (non-negative); all other extents agree.
  record Concat(List<Tensor> parts, int axis) implements Op {
    public Concat {
      parts = List.copyOf(parts);
    }

    @Override
    public List<Tensor> inputs() {
      return parts;
    }

    @Override
    public Shape shape() {
      return Shapes.concat(parts, axis);
    }

    @Override
    public DType dtype() {
      return parts.getFirst().dtype();
    }
  }

  // --- index ---

  /// Picks slices along `axis` by I32 `index` of any shape (NumPy's `take`): the axis is replaced
  /// by the axes of the index. An index outside `[0, extent)` is an error.
  record Gather(Tensor x, Tensor index, int axis) implements Op {
    @Override
    public List<Tensor> inputs() {
      return List.of(x, index);
    }

    @Override
    public Shape shape() {
      return Shapes.gather(x.shape(), index.shape(), axis);
    }

    @Override
    public DType dtype() {
      return x.dtype();
    }
  }

  /// The transpose of [Gather]: zeros of extent `size` along `axis`, to which slices of `source`
  /// are added at `index`, in increasing source position.
  record ScatterAdd(Tensor source, Tensor index, int axis, int size) implements Op {
    @Override
    public List<Tensor> inputs() {
      return List.of(source, index);
    }

    @Override
    public Shape shape() {
      return Shapes.scatter(source.shape(), index.shape(), axis, size);
    }

    @Override
    public DType dtype() {
      return source.dtype();
    }
  }

  // --- the rest ---

  /// Another dtype: floats to I32 truncate towards zero, BOOL is 0 or 1, non-zero is true.
  record Cast(Tensor x, DType to) implements Unary {
    @Override
    public DType dtype() {
      return to;
    }
  }

  /// The same values on another device.
  record ToDevice(Tensor x, Device to) implements Unary {}

  /// The same values, through which no gradient flows: shares the storage.
  record StopGradient(Tensor x) implements Unary {}

  // --- the escape ---

  /// An operation made of others. It carries its definition, which any device can run; a device may
  /// know a faster kernel, and [Differentiable] adds a derivative of its own. Kernels and
  /// derivatives are tested against the definition. Anyone can add one.
  non-sealed interface Fused extends Op {
    /// The same operation on other inputs.
    Fused with(List<Tensor> inputs);

    /// The results, then residuals for the derivative, all computed from [#inputs()] by other
    /// operations. A device may follow it without values, to join its operations into fewer passes
    /// over memory; one that asks for the value of a tensor still works, an operation at a time.
    List<Tensor> definition();

    /// How many of the outputs are results; the rest are residuals.
    default int resultCount() {
      return 1;
    }

    /// Runs it and returns the outputs: results, then residuals.
    default List<Tensor> outputs() {
      return Dispatch.fused(this);
    }

    /// Runs it and returns the only result.
    default Tensor result() {
      return outputs().getFirst();
    }

    /// Runs the operations of the definition in its place, unless a recorder [Recorder#knows] the
    /// whole. For loops over time: they are too long to be joined, and the derivative of a fused
    /// operation would run them once more.
    default List<Tensor> inlined() {
      Recorder recorder = Dispatch.recorder();
      return recorder != null && recorder.knows(this) ? outputs() : definition();
    }
  }

  /// A fused operation that brings its own derivative.
  interface Differentiable extends Fused {
    /// One cotangent for each input, null where there is none (or `wanted` says it is not needed).
    ///
    /// @param outputs what the forward run gave, residuals included
    /// @param cotangents one for each result, null where the result was not used
    /// @param wanted tells whether the cotangent of the input of that index is needed
    List<@Nullable Tensor> vjp(
        List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted);
  }
}
