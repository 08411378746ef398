package telos.devices.cpu;

import telos.tensor.Shape;

/// How operands of an elementwise operation meet its result: axes along which all operands either
/// advance or stand still together are merged, so that same shapes and scalars become one run, and
/// a row `[N]` against `[B, N]` becomes B runs of N.
final class Broadcast {
  private final int[] extents;
  private final int[][] strides;

  /// Merged axes but the innermost.
  private final int outer;

  /// Elements in one run of the innermost merged axis.
  final int run;

  /// Runs in the result.
  final int runs;

  /// Runs along the axis before the innermost; they lie one after the other in the result.
  final int rows;

  private Broadcast(int[] extents, int[][] strides, int count, int size) {
    this.extents = extents;
    this.strides = strides;
    this.run = count == 0 ? 1 : extents[count - 1];
    this.runs = run == 0 ? 0 : size / run;
    this.outer = Math.max(0, count - 1);
    this.rows = outer == 0 ? 1 : extents[outer - 1];
  }

  static Broadcast of(Shape result, Shape... operands) {
    int rank = result.rank();
    int[] extents = new int[rank];
    int[][] strides = new int[operands.length][rank];
    int count = 0;
    int previous = -1;
    for (int axis = 0; axis < rank; axis++) {
      int extent = result.dim(axis);
      if (extent == 1) {
        continue;
      }
      int moving = moving(axis, rank, operands);
      if (moving == previous) {
        extents[count - 1] *= extent;
      } else {
        extents[count++] = extent;
        previous = moving;
      }
      for (int i = 0; i < operands.length; i++) {
        strides[i][count - 1] = moving >> i & 1;
      }
    }
    for (int[] operand : strides) {
      int step = 1;
      for (int i = count - 1; i >= 0; i--) {
        int advances = operand[i];
        operand[i] = advances * step;
        step *= advances == 1 ? extents[i] : 1;
      }
    }
    return new Broadcast(extents, strides, count, result.size());
  }

  /// One bit for each operand that has the axis at more than extent 1.
  private static int moving(int axis, int rank, Shape... operands) {
    int bits = 0;
    for (int i = 0; i < operands.length; i++) {
      int own = axis - (rank - operands[i].rank());
      if (own >= 0 && operands[i].dim(own) != 1) {
        bits |= 1 << i;
      }
    }
    return bits;
  }

  /// Whether the operand is one value throughout each run.
  boolean constant(int operand) {
    return run > 1 && strides[operand][outer] == 0;
  }

  /// Whether the operand is the same in neighbouring runs.
  boolean still(int operand) {
    return rows > 1 && strides[operand][outer - 1] == 0;
  }

  /// Whether all operands lie as the result does.
  boolean dense() {
    boolean dense = runs <= 1;
    for (int operand = 0; operand < strides.length; operand++) {
      dense &= !constant(operand);
    }
    return dense;
  }

  /// Where the operand starts in a run.
  int start(int operand, int index) {
    int rest = index;
    int position = 0;
    for (int axis = outer - 1; axis >= 0; axis--) {
      position += rest % extents[axis] * strides[operand][axis];
      rest /= extents[axis];
    }
    return position;
  }
}
