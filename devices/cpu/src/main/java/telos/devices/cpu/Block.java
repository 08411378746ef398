package telos.devices.cpu;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Plan;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Trace;
import telos.tensor.Trace.Value;

/// Neighbouring operations of a [Chain] over one matrix of `rows` by `width` elements, evaluated a
/// few rows at a time while these are in the first cache: elementwise operations, and sums and
/// maxima of rows.
///
/// Seen from the matrix an operand is WHOLE (element by element), a ROW value (one for each row), a
/// COLUMN value (one for each column) or a SCALAR. Members are WHOLE or ROW; all but conditions are
/// F32.
final class Block implements Plan.Group {
  /// Which elements of an operand an operation reads.
  enum Extent {
    WHOLE,
    ROW,
    COLUMN,
    SCALAR
  }

  /// A member with the extents of its result and its operands.
  record Member(Value value, Extent extent, List<Extent> operands) {}

  /// Wider rows than this are no longer in cache when they are read again.
  private static final int WIDEST = 1 << 16;

  private static final int SMALLEST = 4096;

  private final CpuDevice device;
  private final int rows;
  private final int width;
  private final List<Member> members = new ArrayList<>();
  private final Map<Value, Extent> extents = new IdentityHashMap<>();
  private boolean flat = true;

  private Block(CpuDevice device, int rows, int width) {
    this.device = device;
    this.rows = rows;
    this.width = width;
  }

  // --- what belongs together ---

  /// A block that begins with this value, or null where it cannot be part of one.
  static @Nullable Block from(CpuDevice device, Value value) {
    Op op = value.maker();
    Shape shape = op instanceof Op.Reduction reduction ? reduction.x().shape() : value.shape();
    if (shape.rank() == 0 || shape.size() < SMALLEST) {
      return null;
    }
    var block = new Block(device, shape.size() / shape.dim(-1), shape.dim(-1));
    return block.takes(value) ? block : null;
  }

  @Override
  public boolean takes(Value value) {
    Op op = value.maker();
    Member member =
        !joinable(op)
            ? null
            : op instanceof Op.Reduction reduction
                ? reduced(value, reduction)
                : elementwise(value, op);
    if (member == null) {
      return false;
    }
    boolean level = member.extent == Extent.WHOLE && flat(member.operands);
    if (!level && width > WIDEST) {
      return false;
    }
    flat &= level;
    members.add(member);
    extents.put(value, member.extent);
    return true;
  }

  private static boolean flat(List<Extent> operands) {
    return operands.stream().allMatch(e -> e == Extent.WHOLE || e == Extent.SCALAR);
  }

  /// Whether there is a loop for the operation and its dtypes.
  private static boolean joinable(Op op) {
    return switch (op) {
      case Op.Cast(Tensor x, DType to) -> x.dtype() == DType.BOOL && to == DType.F32;
      case Op.Unary unary -> unary.x().dtype() == DType.F32;
      case Op.Binary binary -> binary.a().dtype() == DType.F32;
      case Op.Where where -> where.dtype() == DType.F32;
      case Op.Sum(Tensor x, int axis) -> x.dtype() == DType.F32 && axis == x.rank() - 1;
      case Op.Max(Tensor x, int axis) -> x.dtype() == DType.F32 && axis == x.rank() - 1;
      case Op.Expand expand -> expand.dtype() == DType.F32;
      case Op _ -> false;
    };
  }

  private @Nullable Member reduced(Value value, Op.Reduction op) {
    Shape shape = op.x().shape();
    boolean fits = shape.dim(-1) == width && shape.size() == rows * width;
    boolean whole = fits && operand(op.x(), shape, Extent.WHOLE) == Extent.WHOLE;
    return whole ? new Member(value, Extent.ROW, List.of(Extent.WHOLE)) : null;
  }

  private @Nullable Member elementwise(Value value, Op op) {
    int size = value.shape().size();
    boolean whole = size == rows * width;
    if (!whole && (size != rows || value.dtype() != DType.F32)) {
      return null;
    }
    Extent extent = whole ? Extent.WHOLE : Extent.ROW;
    List<Extent> operands = new ArrayList<>();
    for (Tensor operand : op.inputs()) {
      Extent own = operand(operand, value.shape(), extent);
      if (own == null) {
        return null;
      }
      operands.add(own);
    }
    return new Member(value, extent, operands);
  }

  /// What part an operand has in a result of this shape, or null where it meets it otherwise.
  private @Nullable Extent operand(Tensor operand, Shape result, Extent extent) {
    Shape shape = operand.shape();
    Extent own = extents.get(Trace.of(operand));
    boolean same = shape.size() == result.size();
    if (operand.dtype() != DType.F32) {
      return same && operand.dtype() == DType.BOOL && extent == Extent.WHOLE ? extent : null;
    }
    if (extent == Extent.ROW) {
      return own == Extent.WHOLE ? null : same ? Extent.ROW : scalar(shape);
    }
    if (own == Extent.WHOLE) {
      return same ? Extent.WHOLE : null;
    }
    if (own == Extent.ROW) {
      return rows == 1 || alongRows(shape, result) ? Extent.ROW : null;
    }
    if (same) {
      return Extent.WHOLE;
    }
    if (alongRows(shape, result)) {
      return Extent.ROW;
    }
    boolean column =
        shape.size() == width
            && shape.rank() > 0
            && shape.dim(-1) == width
            && result.dim(-1) == width;
    return shape.size() > 1 && column ? Extent.COLUMN : scalar(shape);
  }

  private static @Nullable Extent scalar(Shape shape) {
    return shape.size() == 1 ? Extent.SCALAR : null;
  }

  private boolean alongRows(Shape shape, Shape result) {
    return shape.rank() == result.rank()
        && shape.size() > 1
        && shape.dim(-1) == 1
        && result.dim(-1) == width
        && shape.size() * width == result.size();
  }

  @Override
  public boolean feeds(Value value) {
    return value.maker().inputs().stream().anyMatch(x -> extents.containsKey(Trace.of(x)));
  }

  @Override
  public List<Value> members() {
    return members.stream().map(Member::value).toList();
  }

  // --- running ---

  @Override
  public void run(Predicate<Value> stored) {
    for (Member member : members) {
      Value value = member.value;
      if (stored.test(value)) {
        value.become(device.memory(device.take(value.dtype(), value.shape().size())));
      }
    }
    int across = flat ? 1 : width;
    new BlockLoop(members, flat ? rows * width : rows, across).run(device.team());
  }
}
