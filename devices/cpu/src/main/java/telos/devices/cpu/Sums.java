package telos.devices.cpu;

import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// Sums in the order that [telos.tensor.Op] fixes, whatever the hardware: along a row 32 logical
/// lanes in blocks of [#BLOCK], down columns blocks of [#ROWS] rows, blocks by a pairwise tree.
final class Sums {
  /// Elements of a row that one set of lanes takes.
  static final int BLOCK = 4096;

  /// Rows that are added in sequence.
  static final int ROWS = 256;

  private Sums() {}

  static int blocks(int n, int block) {
    return Math.max(1, (n + block - 1) / block);
  }

  /// The sum of `x[at ... at + n)`.
  static float sum(float[] x, int at, int n) {
    if (n <= BLOCK) {
      return block(x, at, n);
    }
    float[] partial = new float[blocks(n, BLOCK)];
    for (int b = 0; b < partial.length; b++) {
      partial[b] = block(x, at + b * BLOCK, Math.min(BLOCK, n - b * BLOCK));
    }
    return tree(partial, partial.length);
  }

  /// The sum of products `x[i + r] y[j + r]`, each rounded before it is added.
  static float dot(float[] x, int i, float[] y, int j, int n) {
    if (n <= BLOCK) {
      return dotBlock(x, i, y, j, n);
    }
    float[] partial = new float[blocks(n, BLOCK)];
    for (int b = 0; b < partial.length; b++) {
      int at = b * BLOCK;
      partial[b] = dotBlock(x, i + at, y, j + at, Math.min(BLOCK, n - at));
    }
    return tree(partial, partial.length);
  }

  /// At most [#BLOCK] elements. Two registers at a time go down the row; at 512 bits these are all
  /// the lanes, at 128 bits the row (in cache by then) is passed four times.
  static float block(float[] x, int at, int n) {
    float[] lanes = new float[LOGICAL];
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL && whole > 0; lane += 2 * WIDTH) {
      FloatVector low = Lanes.zero();
      FloatVector high = Lanes.zero();
      for (int r = lane; r < whole; r += LOGICAL) {
        low = low.add(Lanes.load(x, at + r));
        high = high.add(Lanes.load(x, at + r + WIDTH));
      }
      low.intoArray(lanes, lane);
      high.intoArray(lanes, lane + WIDTH);
    }
    for (int r = whole; r < n; r++) {
      lanes[r - whole] += x[at + r];
    }
    return halve(lanes, n);
  }

  private static float dotBlock(float[] x, int i, float[] y, int j, int n) {
    float[] lanes = new float[LOGICAL];
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL && whole > 0; lane += 2 * WIDTH) {
      FloatVector low = Lanes.zero();
      FloatVector high = Lanes.zero();
      for (int r = lane; r < whole; r += LOGICAL) {
        low = low.add(Lanes.load(x, i + r).mul(Lanes.load(y, j + r)));
        high = high.add(Lanes.load(x, i + r + WIDTH).mul(Lanes.load(y, j + r + WIDTH)));
      }
      low.intoArray(lanes, lane);
      high.intoArray(lanes, lane + WIDTH);
    }
    for (int r = whole; r < n; r++) {
      lanes[r - whole] += x[i + r] * y[j + r];
    }
    return halve(lanes, n);
  }

  /// Combines the lanes of `n` elements by halving. Lanes never hold -0, so halves that are all +0
  /// may be left out.
  private static float halve(float[] lanes, int n) {
    for (int half = LOGICAL / 2; half > 0; half /= 2) {
      for (int i = 0; i < half && n > half; i++) {
        lanes[i] += lanes[i + half];
      }
    }
    return lanes[0];
  }

  /// Adds neighbours, then neighbours of the results, until one is left; an odd last one goes up a
  /// level as it is. Uses up `partial`.
  static float tree(float[] partial, int n) {
    for (int left = n; left > 1; left = (left + 1) / 2) {
      for (int i = 0; i < left / 2; i++) {
        partial[i] = partial[2 * i] + partial[2 * i + 1];
      }
      if (left % 2 == 1) {
        partial[left / 2] = partial[left - 1];
      }
    }
    return partial[0];
  }

  /// The same tree over rows of `width` partial sums; the result is the first row.
  static void tree(float[] partial, int rows, int width) {
    for (int left = rows; left > 1; left = (left + 1) / 2) {
      for (int i = 0; i < left / 2; i++) {
        Binary.add(partial, 2 * i * width, partial, (2 * i + 1) * width, partial, i * width, width);
      }
      if (left % 2 == 1) {
        System.arraycopy(partial, (left - 1) * width, partial, left / 2 * width, width);
      }
    }
  }
}
