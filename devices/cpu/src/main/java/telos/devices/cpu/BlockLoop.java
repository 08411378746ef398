package telos.devices.cpu;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import telos.devices.cpu.Block.Extent;
import telos.devices.cpu.Block.Member;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Tensor;
import telos.tensor.Trace;
import telos.tensor.Trace.Value;

/// The evaluation of a [Block]: its members become instructions over pieces of a few rows, whose
/// intermediate results lie in slots that fit the first cache and are used again.
final class BlockLoop {
  /// Elements of a piece, unless a single row has more.
  private static final int PIECE = 1024;

  /// Elements that a thread takes at once.
  private static final int CHUNK = 16 * PIECE;

  private static final double NANOS = 0.06;

  /// Where values lie: an array of the whole tensor, of which row `r` starts at `r step`, or a
  /// slot.
  private record Place(@Nullable Object array, int slot, int step) {
    float[] floats(Frame frame) {
      return array == null ? frame.floats[slot] : (float[]) array;
    }

    byte[] bytes(Frame frame) {
      return array == null ? frame.bytes[slot] : (byte[]) array;
    }

    int at(int row) {
      return row * step;
    }
  }

  /// @param spread the slot into which values of rows are repeated along them, or -1
  private record Operand(Place place, int spread) {}

  /// @param number which operand is a number that the loop takes as such, or -1
  private record Instruction(
      Op op, boolean whole, Operand[] operands, int number, float value, Place result) {}

  /// In the place of a number.
  private static final Operand NUMBER = new Operand(new Place(null, -1, 0), -1);

  /// The slots of one thread.
  private record Frame(float[][] floats, byte[][] bytes) {}

  private final int rows;
  private final int width;
  private final int step;
  private final List<Instruction> instructions = new ArrayList<>();

  // Slots.
  private final Map<Value, Integer> uses = new IdentityHashMap<>();
  private final Map<Value, Place> places = new IdentityHashMap<>();
  private final ArrayDeque<Integer> free = new ArrayDeque<>();
  private final List<float[]> spread = new ArrayList<>();
  private int slots;
  private int byteSlots;

  BlockLoop(List<Member> members, int rows, int width) {
    this.rows = rows;
    this.width = width;
    this.step = Math.max(1, PIECE / width);
    for (Member member : members) {
      member.value().maker().inputs().forEach(x -> uses.merge(Trace.of(x), 1, Integer::sum));
    }
    members.forEach(member -> instructions.add(instruction(member)));
  }

  // --- instructions ---

  private Instruction instruction(Member member) {
    Op op = member.value().maker();
    boolean whole = member.extent() == Extent.WHOLE;
    List<Tensor> inputs = op.inputs();
    int number = WithConstant.has(op) ? member.operands().indexOf(Extent.SCALAR) : -1;
    float value = number < 0 ? 0 : Trace.of(inputs.get(number)).floats()[0];
    Operand[] operands = new Operand[inputs.size()];
    Arrays.setAll(
        operands,
        i ->
            i == number
                ? NUMBER
                : operand(Trace.of(inputs.get(i)), member.operands().get(i), whole));
    // Before the operands' slots are free: some loops read an operand after they began to write.
    Place result = result(member);
    for (int i = 0; i < operands.length; i++) {
      release(Trace.of(inputs.get(i)), operands[i]);
    }
    return new Instruction(op, whole, operands, number, value, result);
  }

  private Place result(Member member) {
    Value value = member.value();
    int along = member.extent() == Extent.WHOLE ? width : 1;
    Place place =
        value.known()
            ? new Place(value.array(), -1, along)
            : new Place(null, value.dtype() == DType.BOOL ? byteSlots++ : slot(), 0);
    places.put(value, place);
    if (!uses.containsKey(value) && place.slot >= 0 && value.dtype() != DType.BOOL) {
      free.push(place.slot);
    }
    return place;
  }

  private int slot() {
    Integer reused = free.poll();
    return reused == null ? slots++ : reused;
  }

  private Operand operand(Value value, Extent extent, boolean whole) {
    return switch (extent) {
      case WHOLE -> new Operand(place(value, width), -1);
      case ROW -> new Operand(place(value, 1), whole && width > 1 ? slot() : -1);
      case COLUMN -> new Operand(repeated(value, width), -1);
      case SCALAR -> new Operand(repeated(value, 1), -1);
    };
  }

  private Place place(Value value, int along) {
    Place inside = places.get(value);
    return inside == null ? new Place(value.array(), -1, along) : inside;
  }

  /// One value or one row of values, repeated through a piece.
  private Place repeated(Value value, int period) {
    float[] values = value.floats();
    float[] repeated = Scratch.take(step * width);
    if (period == 1) {
      Arrays.fill(repeated, 0, step * width, values[0]);
    }
    for (int r = 0; r < step && period > 1; r++) {
      System.arraycopy(values, 0, repeated, r * width, width);
    }
    spread.add(repeated);
    return new Place(repeated, -1, 0);
  }

  private void release(Value value, Operand operand) {
    if (operand.spread >= 0) {
      free.push(operand.spread);
    }
    Place place = operand.place;
    boolean last = uses.merge(value, -1, Integer::sum) == 0;
    if (last && place.slot >= 0 && value.dtype() != DType.BOOL) {
      free.push(place.slot);
    }
  }

  // --- evaluation ---

  void run(Team team) {
    int pieces = Math.max(1, CHUNK / (step * width));
    team.split(rows, pieces * step, NANOS * instructions.size() * width, this::chunk);
    spread.forEach(Scratch::give);
  }

  private void chunk(int from, int to) {
    var frame = new Frame(new float[slots][], new byte[byteSlots][]);
    Arrays.setAll(frame.floats, _ -> Scratch.take(step * width));
    Arrays.setAll(frame.bytes, _ -> new byte[step * width]);
    for (int row = from; row < to; row += step) {
      int count = Math.min(step, to - row);
      for (Instruction instruction : instructions) {
        evaluate(instruction, frame, row, count);
      }
    }
    for (float[] slot : frame.floats) {
      Scratch.give(slot);
    }
  }

  private void evaluate(Instruction instruction, Frame frame, int row, int count) {
    int n = instruction.whole ? count * width : count;
    Place result = instruction.result;
    int to = result.at(row);
    switch (instruction.op) {
      case Op.Reduction reduction -> reduce(reduction, instruction, frame, row, count);
      case Op.Cast _ -> {
        Place x = instruction.operands[0].place;
        cast(x.bytes(frame), x.at(row), result.floats(frame), to, n);
      }
      case Op.Unary unary -> {
        float[] x = floats(instruction, 0, frame, row, count);
        Elementwise.unary(unary, x, at(instruction, 0, row), result.floats(frame), to, n);
      }
      case Op.Comparison comparison -> {
        float[] x = floats(instruction, 0, frame, row, count);
        float[] y = floats(instruction, 1, frame, row, count);
        int j = at(instruction, 0, row);
        int l = at(instruction, 1, row);
        Elementwise.compare(comparison, x, j, y, l, result.bytes(frame), to, n);
      }
      case Op.Binary binary when instruction.number >= 0 -> {
        int other = 1 - instruction.number;
        float[] x = floats(instruction, other, frame, row, count);
        float[] y = result.floats(frame);
        boolean first = instruction.number == 0;
        int from = at(instruction, other, row);
        WithConstant.run(binary, first, instruction.value, x, from, y, to, n);
      }
      case Op.Binary binary -> {
        float[] x = floats(instruction, 0, frame, row, count);
        float[] y = floats(instruction, 1, frame, row, count);
        int j = at(instruction, 0, row);
        int l = at(instruction, 1, row);
        Elementwise.arithmetic(binary, x, j, y, l, result.floats(frame), to, n);
      }
      case Op.Where _ -> {
        Place condition = instruction.operands[0].place;
        float[] x = floats(instruction, 1, frame, row, count);
        float[] y = floats(instruction, 2, frame, row, count);
        int j = at(instruction, 1, row);
        int l = at(instruction, 2, row);
        byte[] c = condition.bytes(frame);
        Comparisons.choose(c, condition.at(row), x, j, y, l, result.floats(frame), to, n);
      }
      case Op.Expand _ -> {
        float[] x = floats(instruction, 0, frame, row, count);
        System.arraycopy(x, at(instruction, 0, row), result.floats(frame), to, n);
      }
      case Op op -> throw new IllegalStateException(op.name() + " does not belong in a block");
    }
  }

  private void reduce(Op.Reduction op, Instruction instruction, Frame frame, int row, int count) {
    float[] x = floats(instruction, 0, frame, row, count);
    int at = at(instruction, 0, row);
    float[] y = instruction.result.floats(frame);
    int to = instruction.result.at(row);
    for (int r = 0; r < count; r++) {
      int start = at + r * width;
      y[to + r] = op instanceof Op.Sum ? Sums.sum(x, start, width) : Extremes.max(x, start, width);
    }
  }

  private static void cast(byte[] x, int at, float[] y, int to, int n) {
    for (int i = 0; i < n; i++) {
      y[to + i] = x[at + i];
    }
  }

  /// The array of an operand; values of rows are repeated along them first.
  private float[] floats(Instruction instruction, int i, Frame frame, int row, int count) {
    Operand operand = instruction.operands[i];
    float[] values = operand.place.floats(frame);
    if (operand.spread < 0) {
      return values;
    }
    float[] repeated = Objects.requireNonNull(frame.floats[operand.spread]);
    int at = operand.place.at(row);
    for (int r = 0; r < count; r++) {
      Arrays.fill(repeated, r * width, (r + 1) * width, values[at + r]);
    }
    return repeated;
  }

  private static int at(Instruction instruction, int i, int row) {
    Operand operand = instruction.operands[i];
    return operand.spread < 0 ? operand.place.at(row) : 0;
  }
}
