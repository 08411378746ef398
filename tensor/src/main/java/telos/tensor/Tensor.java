package telos.tensor;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An immutable dense row-major array on a [Device]. It knows nothing of gradients.
///
/// **Broadcasting.** Elementwise operations stretch axes of extent 1 at equal rank; of lower rank
/// only scalars and vectors whose length equals the other's last axis fit. `[N]` against `[N, 1]`
/// is an error, not `[N, N]`. Axes may be negative, counting from the end.
///
/// **Lifetime.** See [Scope]. Equality is identity; compare values with [#toFloats()].
public final class Tensor {
  private final Device device;
  private final Storage storage;
  private final Shape shape;
  private final DType dtype;

  /// The scope in which an alias was made, see [#alias]; null for everything else.
  @Nullable Scope home;

  /// What recorders know of this tensor, the newest first.
  Recorder.@Nullable Note note;

  Tensor(Device device, Storage storage, Shape shape, DType dtype) {
    this.device = device;
    this.storage = storage;
    this.shape = shape;
    this.dtype = dtype;
  }

  /// For devices: a tensor over a storage that was just made.
  public static Tensor wrap(Device device, Storage storage, Shape shape, DType dtype) {
    return new Tensor(device, storage, shape, dtype);
  }

  // --- made from values ---

  /// A vector (F32).
  public static Tensor of(float... values) {
    return of(values, values.length);
  }

  /// A vector (F64).
  public static Tensor of(double... values) {
    return of(values, values.length);
  }

  /// A vector (I32).
  public static Tensor of(int... values) {
    return of(values, Shape.of(values.length));
  }

  /// A vector (BOOL).
  public static Tensor of(boolean... values) {
    return of(values, values.length);
  }

  /// An F32 tensor of the given extents; the values are copied.
  public static Tensor of(float[] values, int... dims) {
    return upload(values, values.length, Shape.of(dims), DType.F32);
  }

  /// An F64 tensor of the given extents; the values are copied.
  public static Tensor of(double[] values, int... dims) {
    return upload(values, values.length, Shape.of(dims), DType.F64);
  }

  /// An I32 tensor of the given shape; the values are copied.
  public static Tensor of(int[] values, Shape shape) {
    return upload(values, values.length, shape, DType.I32);
  }

  /// A BOOL tensor of the given extents.
  public static Tensor of(boolean[] values, int... dims) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (values[i] ? 1 : 0);
    }
    return upload(bytes, bytes.length, Shape.of(dims), DType.BOOL);
  }

  /// A tensor from a Java array of the dtype's kind (see [HeapStorage]); the values are copied.
  public static Tensor of(Object array, DType dtype, Shape shape) {
    Class<?> kind = HeapStorage.newArray(dtype, 0).getClass();
    if (array.getClass() != kind) {
      throw new IllegalArgumentException(
          dtype
              + " is made of "
              + kind.getSimpleName()
              + ", not "
              + array.getClass().getSimpleName());
    }
    return upload(array, java.lang.reflect.Array.getLength(array), shape, dtype);
  }

  private static Tensor upload(Object array, int length, Shape shape, DType dtype) {
    if (length != shape.size()) {
      throw new IllegalArgumentException(
          length + " values do not fill shape " + shape + " of " + shape.size() + " elements");
    }
    Device device = Device.current();
    return made(device, device.upload(array, dtype, length), shape, dtype);
  }

  private static Tensor made(Device device, Storage storage, Shape shape, DType dtype) {
    Scope scope = Scope.current();
    if (scope != null) {
      scope.adopt(storage);
    }
    return new Tensor(device, storage, shape, dtype);
  }

  public static Tensor scalar(float value) {
    return of(new float[] {value}, new int[0]);
  }

  public static Tensor scalar(double value) {
    return of(new double[] {value}, new int[0]);
  }

  public static Tensor scalar(int value) {
    return of(new int[] {value}, Shape.SCALAR);
  }

  /// F32 zeros.
  public static Tensor zeros(int... dims) {
    return full(0, DType.F32, Shape.of(dims));
  }

  /// F32 ones.
  public static Tensor ones(int... dims) {
    return full(1, DType.F32, Shape.of(dims));
  }

  /// One value everywhere; of a storage-only dtype only zero.
  public static Tensor full(double value, DType dtype, Shape shape) {
    return full(Device.current(), value, dtype, shape);
  }

  private static Tensor full(Device device, double value, DType dtype, Shape shape) {
    return made(device, device.full(value, dtype, shape.size()), shape, dtype);
  }

  /// I32 `from, from + 1, ..., to - 1`.
  public static Tensor arange(int from, int to) {
    int[] values = new int[Math.max(0, to - from)];
    Arrays.setAll(values, i -> from + i);
    return of(values);
  }

  /// A leaf without a value: a gradient nobody asked for. Any operation on it throws `reason`.
  public static Tensor absent(Shape shape, DType dtype, String reason) {
    return new Tensor(Device.current(), new Absent(reason), shape, dtype);
  }

  // --- what it is ---

  public Shape shape() {
    return shape;
  }

  /// Extent of an axis; negative axes count from the end.
  public int dim(int axis) {
    return shape.dim(axis);
  }

  public int rank() {
    return shape.rank();
  }

  /// Number of elements.
  public int size() {
    return shape.size();
  }

  public DType dtype() {
    return dtype;
  }

  public Device device() {
    return device;
  }

  public Storage storage() {
    return storage;
  }

  /// True for a leaf without a value (see [#absent]).
  public boolean isAbsent() {
    return storage instanceof Absent;
  }

  // --- its values ---

  /// A copy of the elements of an F32 tensor.
  public float[] toFloats() {
    return (float[]) values(DType.F32);
  }

  /// The elements as doubles, whatever the dtype.
  public double[] toDoubles() {
    return dtype == DType.F64
        ? (double[]) values(DType.F64)
        : (double[]) cast(DType.F64).values(DType.F64);
  }

  /// A copy of the elements of an I32 tensor.
  public int[] toInts() {
    return (int[]) values(DType.I32);
  }

  /// A copy of the elements of a BOOL tensor.
  public boolean[] toBooleans() {
    byte[] bytes = (byte[]) values(DType.BOOL);
    boolean[] values = new boolean[bytes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes[i] != 0;
    }
    return values;
  }

  /// A copy of the elements as a Java array of the dtype's kind (see [HeapStorage]).
  public Object toArray() {
    return values(dtype);
  }

  private Object values(DType wanted) {
    if (dtype != wanted) {
      throw new IllegalArgumentException(
          "the tensor is " + dtype + ", not " + wanted + "; cast it");
    }
    if (!storage.alive()) {
      throw Scope.unusable("read", this);
    }
    return device.download(storage, dtype, shape.size());
  }

  /// The only element.
  public double item() {
    if (shape.size() != 1) {
      throw new IllegalArgumentException("item: shape " + shape + " has not exactly one element");
    }
    return toDoubles()[0];
  }

  // --- elementwise ---

  public Tensor neg() {
    return Dispatch.run(new Op.Neg(this), this);
  }

  public Tensor recip() {
    return Dispatch.run(new Op.Recip(this), this);
  }

  public Tensor exp() {
    return Dispatch.run(new Op.Exp(this), this);
  }

  public Tensor log() {
    return Dispatch.run(new Op.Log(this), this);
  }

  public Tensor log1p() {
    return Dispatch.run(new Op.Log1p(this), this);
  }

  public Tensor sqrt() {
    return Dispatch.run(new Op.Sqrt(this), this);
  }

  public Tensor rsqrt() {
    return Dispatch.run(new Op.Rsqrt(this), this);
  }

  public Tensor sin() {
    return Dispatch.run(new Op.Sin(this), this);
  }

  public Tensor cos() {
    return Dispatch.run(new Op.Cos(this), this);
  }

  public Tensor tanh() {
    return Dispatch.run(new Op.Tanh(this), this);
  }

  public Tensor sigmoid() {
    return Dispatch.run(new Op.Sigmoid(this), this);
  }

  public Tensor erf() {
    return Dispatch.run(new Op.Erf(this), this);
  }

  public Tensor abs() {
    return Dispatch.run(new Op.Abs(this), this);
  }

  public Tensor sign() {
    return Dispatch.run(new Op.Sign(this), this);
  }

  public Tensor floor() {
    return Dispatch.run(new Op.Floor(this), this);
  }

  /// `x * x`.
  public Tensor square() {
    return mul(this);
  }

  /// `max(x, 0)`; its derivative at zero is one half, as for [#maximum] of equal operands.
  public Tensor relu() {
    return maximum(0);
  }

  /// `log(1 + exp(x))` without overflow.
  public Tensor softplus() {
    return relu().add(abs().neg().exp().log1p());
  }

  /// `log(sigmoid(x))` without overflow.
  public Tensor logSigmoid() {
    return neg().softplus().neg();
  }

  /// Limited to `[low, high]`.
  public Tensor clamp(double low, double high) {
    return maximum(low).minimum(high);
  }

  public Tensor add(Tensor other) {
    return Dispatch.run(new Op.Add(this, other), this, other);
  }

  public Tensor sub(Tensor other) {
    return Dispatch.run(new Op.Sub(this, other), this, other);
  }

  public Tensor mul(Tensor other) {
    return Dispatch.run(new Op.Mul(this, other), this, other);
  }

  public Tensor div(Tensor other) {
    return Dispatch.run(new Op.Div(this, other), this, other);
  }

  public Tensor pow(Tensor other) {
    return Dispatch.run(new Op.Pow(this, other), this, other);
  }

  /// The larger of two; ties share the derivative.
  public Tensor maximum(Tensor other) {
    return Dispatch.run(new Op.Maximum(this, other), this, other);
  }

  /// The smaller of two; ties share the derivative.
  public Tensor minimum(Tensor other) {
    return Dispatch.run(new Op.Minimum(this, other), this, other);
  }

  public Tensor add(double other) {
    return add(like(other));
  }

  public Tensor sub(double other) {
    return sub(like(other));
  }

  public Tensor mul(double other) {
    return mul(like(other));
  }

  public Tensor div(double other) {
    return div(like(other));
  }

  public Tensor pow(double other) {
    return pow(like(other));
  }

  public Tensor maximum(double other) {
    return maximum(like(other));
  }

  public Tensor minimum(double other) {
    return minimum(like(other));
  }

  /// A scalar of this tensor's dtype on its device.
  private Tensor like(double value) {
    return filled(value, Shape.SCALAR);
  }

  /// One value everywhere, of this tensor's dtype and device.
  private Tensor filled(double value, Shape filled) {
    return full(device, value, dtype, filled);
  }

  public Tensor zerosLike() {
    return filled(0, shape);
  }

  public Tensor onesLike() {
    return filled(1, shape);
  }

  /// `this + t (other - this)`.
  public Tensor lerp(Tensor other, double t) {
    return add(other.sub(this).mul(t));
  }

  // --- comparisons and choice (BOOL) ---

  public Tensor eq(Tensor other) {
    return Dispatch.run(new Op.Equal(this, other), this, other);
  }

  public Tensor eq(double other) {
    return eq(like(other));
  }

  public Tensor ne(Tensor other) {
    return eq(other).not();
  }

  public Tensor ne(double other) {
    return eq(other).not();
  }

  public Tensor lt(Tensor other) {
    return Dispatch.run(new Op.Less(this, other), this, other);
  }

  public Tensor lt(double other) {
    return lt(like(other));
  }

  public Tensor le(Tensor other) {
    return Dispatch.run(new Op.LessEqual(this, other), this, other);
  }

  public Tensor le(double other) {
    return le(like(other));
  }

  public Tensor gt(Tensor other) {
    return other.lt(this);
  }

  public Tensor gt(double other) {
    return like(other).lt(this);
  }

  public Tensor ge(Tensor other) {
    return other.le(this);
  }

  public Tensor ge(double other) {
    return like(other).le(this);
  }

  /// Logical "not" of BOOL.
  public Tensor not() {
    return eq(like(0));
  }

  /// Logical "and" of BOOL.
  public Tensor and(Tensor other) {
    return minimum(other);
  }

  /// Logical "or" of BOOL.
  public Tensor or(Tensor other) {
    return maximum(other);
  }

  /// This BOOL tensor chooses, elementwise, from `a` where true and `b` where false.
  public Tensor where(Tensor a, Tensor b) {
    return Dispatch.run(new Op.Where(this, a, b));
  }

  /// `value` where the mask is true, this elsewhere.
  public Tensor maskedFill(Tensor mask, double value) {
    return mask.where(like(value), this);
  }

  // --- along axes ---

  /// Sum of all elements, a scalar.
  public Tensor sum() {
    return reshape(shape.size()).sum(0);
  }

  /// Sum along an axis, which disappears.
  public Tensor sum(int axis) {
    return Dispatch.run(new Op.Sum(this, shape.axis(axis)), this);
  }

  /// Mean of all elements, a scalar.
  public Tensor mean() {
    return sum().div(shape.size());
  }

  /// Mean along an axis, which disappears.
  public Tensor mean(int axis) {
    return sum(axis).div(shape.dim(axis));
  }

  /// Sums out the axes that broadcasting from `target` added or stretched, so that the result has
  /// that shape: the transpose of broadcasting.
  public Tensor sumTo(Shape target) {
    if (shape.equals(target)) {
      return this;
    }
    if (target.size() == 1) {
      return sum().reshape(target.dims());
    }
    if (target.rank() < shape.rank()) {
      int leading = shape.size(0, shape.rank() - target.rank());
      return reshape(leading, target.size()).sum(0).reshape(target.dims());
    }
    Tensor result = this;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      if (target.dim(axis) != shape.dim(axis)) {
        result = result.sum(axis).reshape(result.shape.with(axis, 1).dims());
      }
    }
    return result;
  }

  /// Largest of all elements, a scalar.
  public Tensor max() {
    return reshape(shape.size()).max(0);
  }

  /// Largest along an axis, which disappears; ties share the derivative.
  public Tensor max(int axis) {
    return Dispatch.run(new Op.Max(this, shape.axis(axis)), this);
  }

  /// Smallest of all elements, a scalar.
  public Tensor min() {
    return neg().max().neg();
  }

  /// Smallest along an axis, which disappears.
  public Tensor min(int axis) {
    return neg().max(axis).neg();
  }

  /// Index (I32) of the first largest along an axis, which disappears.
  public Tensor argMax(int axis) {
    return Dispatch.run(new Op.ArgMax(this, shape.axis(axis)), this);
  }

  /// Running sum along an axis.
  public Tensor cumSum(int axis) {
    return Dispatch.run(new Op.CumSum(this, shape.axis(axis)), this);
  }

  // --- products ---

  /// Matrix product over the last two axes; see [Op.MatMul].
  public Tensor matMul(Tensor other) {
    return matMul(other, false, false);
  }

  /// Matrix product with either operand transposed (no transposed copy is made).
  public Tensor matMul(Tensor other, boolean transposeThis, boolean transposeOther) {
    return Dispatch.run(new Op.MatMul(this, other, transposeThis, transposeOther), this, other);
  }

  /// Cross-correlation of `[B, C, H, W]` with weights `[O, C, kh, kw]`.
  public Tensor conv2d(Tensor weights, int stride, int padding) {
    return Dispatch.run(new Op.Conv2d(this, weights, stride, padding), this, weights);
  }

  // --- movement ---

  /// The same elements in another shape; one extent may be -1 and is then inferred.
  public Tensor reshape(int... dims) {
    int unknown = -1;
    long known = 1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == -1 && unknown < 0) {
        unknown = i;
      } else {
        known *= dims[i];
      }
    }
    Shape to = Shape.of(unknown < 0 ? dims : inferred(dims, unknown, known));
    return Dispatch.view(new Op.Reshape(this, to), this);
  }

  private int[] inferred(int[] dims, int unknown, long known) {
    if (known == 0 || shape.size() % known != 0) {
      throw new IllegalArgumentException(
          "reshape: " + shape + " does not fill " + Arrays.toString(dims));
    }
    int[] filled = dims.clone();
    filled[unknown] = (int) (shape.size() / known);
    return filled;
  }

  /// The same elements in another shape.
  public Tensor reshape(Shape to) {
    return Dispatch.view(new Op.Reshape(this, to), this);
  }

  /// Inserts an axis of extent 1 before `axis` (negative ones count from the end of the result).
  public Tensor unsqueeze(int axis) {
    int position = axis < 0 ? axis + shape.rank() + 1 : axis;
    return reshape(shape.insert(position, 1));
  }

  /// Removes an axis of extent 1.
  public Tensor squeeze(int axis) {
    if (shape.dim(axis) != 1) {
      throw new IllegalArgumentException(
          "squeeze: axis " + axis + " of " + shape + " has not extent 1");
    }
    return reshape(shape.without(axis));
  }

  /// Result axis `i` is axis `order[i]` of this.
  public Tensor permute(int... order) {
    int[] normal = new int[order.length];
    Arrays.setAll(normal, i -> shape.axis(order[i]));
    return Dispatch.run(new Op.Permute(this, normal), this);
  }

  /// Swaps two axes.
  public Tensor transpose(int a, int b) {
    int[] order = new int[shape.rank()];
    Arrays.setAll(order, i -> i);
    order[shape.axis(a)] = shape.axis(b);
    order[shape.axis(b)] = shape.axis(a);
    return Dispatch.run(new Op.Permute(this, order), this);
  }

  /// Repeats along axes of extent 1, at equal rank.
  public Tensor expand(int... dims) {
    return expand(Shape.of(dims));
  }

  private Tensor expand(Shape to) {
    return Dispatch.run(new Op.Expand(this, to), this);
  }

  /// This, broadcast to a shape by the broadcasting law.
  public Tensor broadcastTo(Shape to) {
    if (shape.equals(to)) {
      return this;
    }
    if (!Shapes.broadcast("broadcastTo", shape, to).equals(to)) {
      throw new IllegalArgumentException("broadcastTo: " + shape + " does not stretch to " + to);
    }
    int[] dims = new int[to.rank()];
    Arrays.fill(dims, 1);
    System.arraycopy(shape.dims(), 0, dims, dims.length - shape.rank(), shape.rank());
    return reshape(dims).expand(to);
  }

  /// Zeros before and after, one count an axis.
  public Tensor pad(int[] before, int[] after) {
    return Dispatch.run(new Op.Pad(this, before.clone(), after.clone()), this);
  }

  /// Zeros before and after along one axis.
  public Tensor pad(int axis, int before, int after) {
    int[] low = new int[shape.rank()];
    int[] high = new int[shape.rank()];
    low[shape.axis(axis)] = before;
    high[shape.axis(axis)] = after;
    return Dispatch.run(new Op.Pad(this, low, high), this);
  }

  /// Elements `start, start + step, ... < stop`, one triple an axis.
  public Tensor slice(int[] start, int[] stop, int[] step) {
    return Dispatch.run(new Op.Slice(this, start.clone(), stop.clone(), step.clone()), this);
  }

  /// Positions `[from, to)` of one axis; negative bounds count from the end.
  public Tensor slice(int axis, int from, int to) {
    int at = shape.axis(axis);
    int extent = shape.dim(at);
    int[] start = new int[shape.rank()];
    int[] stop = shape.dims();
    int[] step = new int[shape.rank()];
    Arrays.fill(step, 1);
    start[at] = from < 0 ? from + extent : from;
    stop[at] = to < 0 ? to + extent : to;
    return Dispatch.run(new Op.Slice(this, start, stop, step), this);
  }

  /// One position of an axis, which disappears; a negative position counts from the end.
  public Tensor at(int axis, int position) {
    int from = position < 0 ? position + shape.dim(axis) : position;
    return slice(axis, from, from + 1).squeeze(axis);
  }

  /// Reverses axes.
  public Tensor flip(int... axes) {
    boolean[] marked = new boolean[shape.rank()];
    for (int axis : axes) {
      marked[shape.axis(axis)] = true;
    }
    return Dispatch.run(new Op.Flip(this, marked), this);
  }

  /// Joins along an axis; all other extents agree.
  public static Tensor concat(int axis, List<Tensor> parts) {
    Shapes.require(!parts.isEmpty(), "concat", "needs at least one tensor");
    return Dispatch.run(new Op.Concat(parts, parts.getFirst().shape.axis(axis)));
  }

  /// Joins tensors of one shape along a new axis.
  public static Tensor stack(int axis, List<Tensor> parts) {
    return concat(axis, parts.stream().map(part -> part.unsqueeze(axis)).toList());
  }

  // --- index ---

  /// Picks slices along `axis` by an I32 index of any shape (NumPy's `take`).
  public Tensor gather(int axis, Tensor index) {
    return Dispatch.run(new Op.Gather(this, index, shape.axis(axis)));
  }

  /// Picks one element of the last axis for each leading position (NumPy's `take_along_axis`).
  ///
  /// @param index I32 of this shape without its last axis
  public Tensor pick(Tensor index) {
    Shape leading = shape.slice(0, shape.rank() - 1);
    if (!index.shape.equals(leading)) {
      throw new IllegalArgumentException(
          "pick: index " + index.shape + " must have the leading shape " + leading);
    }
    int last = shape.dim(-1);
    Tensor rows = device.with(() -> arange(0, leading.size())).mul(last);
    Tensor flat = rows.add(index.reshape(leading.size()));
    return reshape(shape.size()).gather(0, flat).reshape(leading);
  }

  /// Zeros of extent `size` along `axis`, to which slices of this are added at `index`: the
  /// transpose of [#gather].
  public Tensor scatterAdd(int axis, Tensor index, int size) {
    return Dispatch.run(new Op.ScatterAdd(this, index, axis, size));
  }

  /// F32 one-hot rows of an I32 tensor along a new last axis.
  public Tensor oneHot(int classes) {
    return unsqueeze(-1)
        .eq(device.with(() -> arange(0, classes)).reshape(oneAxis(classes)))
        .cast(DType.F32);
  }

  private int[] oneAxis(int last) {
    int[] dims = new int[shape.rank() + 1];
    Arrays.fill(dims, 1);
    dims[shape.rank()] = last;
    return dims;
  }

  // --- the rest ---

  public Tensor cast(DType to) {
    return to == dtype ? this : Dispatch.run(new Op.Cast(this, to));
  }

  public Tensor to(Device to) {
    return to == device ? this : Dispatch.move(new Op.ToDevice(this, to));
  }

  /// The same values, through which no gradient flows.
  public Tensor stopGradient() {
    return Dispatch.view(new Op.StopGradient(this), this);
  }

  /// Another tensor over the same storage, with an identity of its own. While the [Scope] in which
  /// it was made lives, it belongs to that scope's thread, whoever owns the storage.
  public Tensor alias() {
    Tensor alias = Dispatch.view(new Op.Reshape(this, shape), this);
    alias.home = Scope.current();
    return alias;
  }

  /// dtype, shape and values, long axes shortened.
  @Override
  public String toString() {
    return Printer.print(this);
  }
}
