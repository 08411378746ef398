package telos.devices.cpu;

import java.lang.ref.Cleaner;
import java.util.List;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.HeapStorage;
import telos.tensor.Op;
import telos.tensor.ReferenceDevice;
import telos.tensor.Shape;
import telos.tensor.Storage;
import telos.tensor.Tensor;

/// The processor's vector units and cores. Memory is the Java heap.
///
/// F32 runs on kernels whose bits do not depend on threads, vector width, batch or JIT state (see
/// [Op]); movement and index operations of every dtype are copies; what is left (F64, and
/// arithmetic of I32 and BOOL) runs on the loops of [ReferenceDevice].
public final class CpuDevice implements Device {
  private final String name;
  private final Team team;
  private final Pool pool = new Pool();

  /// A device of its own with a team of `threads` threads. Independent runs side by side each take
  /// one with a single thread, and get the bits they would get one after the other.
  public CpuDevice(int threads) {
    this("cpu:" + threads, threads);
  }

  CpuDevice(String name, int threads) {
    this(name, new Team(threads));
  }

  CpuDevice(String name, Team team) {
    this.name = name;
    this.team = team;
  }

  @Override
  public String name() {
    return name;
  }

  /// Threads that compute, the caller among them.
  public int threads() {
    return team.size();
  }

  /// Width of a vector register in bits.
  public static int vectorBits() {
    return Lanes.BITS;
  }

  // --- memory ---

  /// What the device's memory is used for, in bytes.
  ///
  /// @param live arrays of tensors that are in use, or not yet seen to be unused by the collector;
  ///   those below 256 KB are not counted
  /// @param peak the most that `live` has been
  /// @param waiting arrays of dead tensors, kept for the next ones
  /// @param packed copies of weights in the layout of the kernels
  public record MemoryUse(long live, long peak, long waiting, long packed) {}

  /// What the device's memory is used for at present.
  public MemoryUse memory() {
    return pool.use();
  }

  private static final class Memory extends HeapStorage {
    private final Pool pool;
    private final Cleaner.@Nullable Cleanable counted;
    private @Nullable PackedCopy packed;
    private @Nullable NarrowCopy narrow;

    Memory(Object array, Pool pool) {
      super(array);
      this.pool = pool;
      this.counted = pool.count(this, array);
    }

    @Override
    protected void recycle(Object freed) {
      forget();
      pool.give(freed);
    }

    @Override
    protected Object surrender() {
      Object live = super.surrender();
      forget();
      return live;
    }

    /// Ends what hangs on the array: its copies and its place in the account.
    private void forget() {
      if (packed != null) {
        packed.drop();
        packed = null;
      }
      if (narrow != null) {
        narrow.drop();
        narrow = null;
      }
      if (counted != null) {
        counted.clean();
      }
    }

    synchronized PackedCopy packed() {
      PackedCopy copy = packed == null ? new PackedCopy(pool) : packed;
      packed = copy;
      return copy;
    }

    synchronized NarrowCopy narrow() {
      NarrowCopy copy = narrow == null ? new NarrowCopy(pool) : narrow;
      narrow = copy;
      return copy;
    }
  }

  /// An array of the device's with room for `size` elements, holding anything.
  Object take(DType dtype, int size) {
    return pool.take(dtype, size);
  }

  /// The same for F32.
  float[] floats(int size) {
    return (float[]) pool.take(DType.F32, size);
  }

  /// An F32 tensor over such an array.
  Tensor tensor(float[] values, Shape shape) {
    return Tensor.wrap(this, new Memory(values, pool), shape, DType.F32);
  }

  /// A tensor that goes on with the memory of `old`, whose storage is dead from now on.
  Tensor successor(Tensor old) {
    Object array = ((Memory) old.storage()).surrender();
    return Tensor.wrap(this, memory(array), old.shape(), old.dtype());
  }

  /// Whether [#successor] takes it.
  static boolean isOurs(Storage storage) {
    return storage instanceof Memory;
  }

  /// Memory of the device's over such an array.
  Storage memory(Object array) {
    return new Memory(array, pool);
  }

  Team team() {
    return team;
  }

  /// The packed copy of a product's right operand, if it is of use and this is not the first time.
  @Nullable PackedMatrix packed(Tensor b, Product product) {
    return PackedCopy.pays(product) && b.storage() instanceof Memory memory
        ? memory.packed().of(team, product, memory.floats())
        : null;
  }

  /// The same for weights of one or two bytes.
  ///
  /// @param across whether they lie as `[n, k]`
  @Nullable NarrowStrips narrow(Tensor w, Product product, boolean across) {
    return NarrowCopy.pays(product) && w.storage() instanceof Memory memory
        ? memory.narrow().of(team, product, memory.array(), across)
        : null;
  }

  static float[] floats(Tensor tensor) {
    return ((HeapStorage) tensor.storage()).floats();
  }

  static int[] ints(Tensor tensor) {
    return ((HeapStorage) tensor.storage()).ints();
  }

  static byte[] bytes(Tensor tensor) {
    return ((HeapStorage) tensor.storage()).bytes();
  }

  static Object array(Tensor tensor) {
    return ((HeapStorage) tensor.storage()).array();
  }

  @Override
  public Storage upload(Object array, DType dtype, int size) {
    Object copy = pool.take(dtype, size);
    System.arraycopy(array, 0, copy, 0, size);
    return new Memory(copy, pool);
  }

  @Override
  public Storage full(double value, DType dtype, int size) {
    Object array = pool.take(dtype, size);
    HeapStorage.fill(array, value, size);
    return new Memory(array, pool);
  }

  @Override
  public Object download(Storage storage, DType dtype, int size) {
    Object copy = HeapStorage.newArray(dtype, size);
    System.arraycopy(((HeapStorage) storage).array(), 0, copy, 0, size);
    return copy;
  }

  @Override
  public void close() {
    team.close();
    pool.clear();
  }

  // --- operations ---

  @Override
  public Storage run(Op op, Shape result) {
    refuseKernelThread(op);
    Object out = pool.take(op.dtype(), result.size());
    if (!computed(op, result, out)) {
      ReferenceDevice.compute(op, result, out);
    }
    return new Memory(out, pool);
  }

  @Override
  public @Nullable List<Tensor> run(Op.Fused op) {
    refuseKernelThread(op);
    return Fusion.run(this, op);
  }

  private static void refuseKernelThread(Op op) {
    if (Team.onKernelThread()) {
      throw new IllegalStateException(
          op.name()
              + ": tensor operations cannot run on a kernel's thread; call them on the thread that"
              + " uses the device");
    }
  }

  /// False where there is no kernel for the operation and dtype.
  private boolean computed(Op op, Shape result, Object out) {
    return switch (op) {
      case Op.Cast(Tensor x, DType to) ->
          Elementwise.cast(team, array(x), x.dtype(), out, to, result.size());
      case Op.Unary unary -> isF32(unary.x()) && unary(unary, out);
      case Op.Binary binary ->
          isF32(binary.b())
              ? binary(binary, result, out)
              : Integers.binary(team, binary, result, out);
      case Op.Where where ->
          isF32(where.b()) ? where(where, result, out) : Integers.where(team, where, result, out);
      case Op.Reduction reduction -> isF32(reduction.x()) && reduce(reduction, out);
      case Op.CumSum(Tensor x, int axis) -> isF32(x) && cumSum(x, axis, out);
      case Op.MatMul matMul -> isF32(matMul.b()) && matMul(matMul, result, out);
      case Op.Conv2d conv -> isF32(conv.w()) && conv2d(conv, result, out);
      case Op.Movement movement -> movement(movement, result, out);
      case Op.Concat(List<Tensor> parts, int axis) -> concat(parts, axis, result, out);
      case Op.Gather gather -> gather(gather, out);
      case Op.ScatterAdd scatter -> scatterAdd(scatter, result, out);
      case Op.Fused fused -> throw new IllegalArgumentException(fused.name() + " is not ordinary");
    };
  }

  private static boolean isF32(Tensor tensor) {
    return tensor.dtype() == DType.F32;
  }

  private boolean unary(Op.Unary op, Object out) {
    Elementwise.unary(team, op, floats(op.x()), (float[]) out, op.x().size());
    return true;
  }

  private boolean binary(Op.Binary op, Shape result, Object out) {
    Elementwise.binary(team, op, result, out);
    return true;
  }

  private boolean where(Op.Where op, Shape result, Object out) {
    Elementwise.where(team, op, result, (float[]) out);
    return true;
  }

  private boolean matMul(Op.MatMul op, Shape result, Object out) {
    Products.matMul(this, op, result, (float[]) out);
    return true;
  }

  private boolean conv2d(Op.Conv2d op, Shape result, Object out) {
    Products.conv2d(this, op, result, (float[]) out);
    return true;
  }

  private boolean movement(Op.Movement op, Shape result, Object out) {
    Strided.movement(team, op, result, out);
    return true;
  }

  private boolean concat(List<Tensor> parts, int axis, Shape result, Object out) {
    Strided.concat(team, parts, axis, result, out);
    return true;
  }

  private boolean gather(Op.Gather op, Object out) {
    Index.gather(team, op, out);
    return true;
  }

  private boolean scatterAdd(Op.ScatterAdd op, Shape result, Object out) {
    if (op.dtype() != DType.F32) {
      return false;
    }
    Index.scatterAdd(team, op, result, (float[]) out);
    return true;
  }

  private boolean reduce(Op.Reduction op, Object out) {
    Shape shape = op.x().shape();
    float[] x = floats(op.x());
    int outer = shape.size(0, op.axis());
    int extent = shape.dim(op.axis());
    int inner = shape.size(op.axis() + 1, shape.rank());
    switch (op) {
      case Op.Sum _ -> Reduce.sum(team, x, (float[]) out, outer, extent, inner);
      case Op.Max _ -> Reduce.max(team, x, (float[]) out, outer, extent, inner);
      case Op.ArgMax _ -> Reduce.argMax(team, x, (int[]) out, outer, extent, inner);
    }
    return true;
  }

  private boolean cumSum(Tensor x, int axis, Object out) {
    Shape shape = x.shape();
    int inner = shape.size(axis + 1, shape.rank());
    Reduce.cumSum(team, floats(x), (float[]) out, shape.size(0, axis), shape.dim(axis), inner);
    return true;
  }
}
