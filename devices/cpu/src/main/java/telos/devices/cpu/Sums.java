package telos.devices.cpu;

import static telos.devices.cpu.Lanes.FLOAT;
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

  /// Blocks that [#blocks(float\[\], int, int, int, int, float\[\], float\[\], int)] sums together.
  static final int GROUP = 16;

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
      one(x, at + lane, whole, lanes, lane);
    }
    for (int r = whole; r < n; r++) {
      lanes[r - whole] += x[at + r];
    }
    return Fold.halved(lanes, 0);
  }

  /// The sums of `count <= GROUP` blocks of `n` elements that start `step` apart, to `out[k ...]`:
  /// four blocks go along together, because one alone waits for its own additions. `lanes` is
  /// working memory for [#GROUP] times [Lanes#LOGICAL] floats.
  static void blocks(
      float[] x, int at, int step, int n, int count, float[] lanes, float[] out, int k) {
    int whole = n & -LOGICAL;
    int b = 0;
    for (; b <= count - 4; b += 4) {
      for (int lane = 0; lane < LOGICAL; lane += 2 * WIDTH) {
        four(x, at + b * step + lane, step, whole, lanes, b * LOGICAL + lane);
      }
    }
    for (; b < count; b++) {
      for (int lane = 0; lane < LOGICAL; lane += 2 * WIDTH) {
        one(x, at + b * step + lane, whole, lanes, b * LOGICAL + lane);
      }
    }
    if (whole < n) {
      for (b = 0; b < count; b++) {
        Binary.add(lanes, b * LOGICAL, x, at + b * step + whole, lanes, b * LOGICAL, n - whole);
      }
    }
    for (b = 0; b < count; b++) {
      out[k + b] = Fold.halved(lanes, b * LOGICAL);
    }
  }

  /// Two registers of lanes of `whole` elements, to `lanes[to ...]`.
  static void one(float[] x, int at, int whole, float[] lanes, int to) {
    FloatVector low = FloatVector.zero(FLOAT);
    FloatVector high = FloatVector.zero(FLOAT);
    for (int r = 0; r < whole; r += LOGICAL) {
      low = low.add(FloatVector.fromArray(FLOAT, x, at + r));
      high = high.add(FloatVector.fromArray(FLOAT, x, at + r + WIDTH));
    }
    low.intoArray(lanes, to);
    high.intoArray(lanes, to + WIDTH);
  }

  private static void four(float[] x, int at, int step, int whole, float[] lanes, int to) {
    FloatVector low0 = FloatVector.zero(FLOAT);
    FloatVector high0 = low0;
    FloatVector low1 = low0;
    FloatVector high1 = low0;
    FloatVector low2 = low0;
    FloatVector high2 = low0;
    FloatVector low3 = low0;
    FloatVector high3 = low0;
    for (int r = at; r < at + whole; r += LOGICAL) {
      low0 = low0.add(FloatVector.fromArray(FLOAT, x, r));
      high0 = high0.add(FloatVector.fromArray(FLOAT, x, r + WIDTH));
      low1 = low1.add(FloatVector.fromArray(FLOAT, x, r + step));
      high1 = high1.add(FloatVector.fromArray(FLOAT, x, r + step + WIDTH));
      low2 = low2.add(FloatVector.fromArray(FLOAT, x, r + 2 * step));
      high2 = high2.add(FloatVector.fromArray(FLOAT, x, r + 2 * step + WIDTH));
      low3 = low3.add(FloatVector.fromArray(FLOAT, x, r + 3 * step));
      high3 = high3.add(FloatVector.fromArray(FLOAT, x, r + 3 * step + WIDTH));
    }
    low0.intoArray(lanes, to);
    high0.intoArray(lanes, to + WIDTH);
    low1.intoArray(lanes, to + LOGICAL);
    high1.intoArray(lanes, to + LOGICAL + WIDTH);
    low2.intoArray(lanes, to + 2 * LOGICAL);
    high2.intoArray(lanes, to + 2 * LOGICAL + WIDTH);
    low3.intoArray(lanes, to + 3 * LOGICAL);
    high3.intoArray(lanes, to + 3 * LOGICAL + WIDTH);
  }

  private static float dotBlock(float[] x, int i, float[] y, int j, int n) {
    float[] lanes = new float[LOGICAL];
    int whole = n & -LOGICAL;
    for (int lane = 0; lane < LOGICAL && whole > 0; lane += 2 * WIDTH) {
      FloatVector low = FloatVector.zero(FLOAT);
      FloatVector high = FloatVector.zero(FLOAT);
      for (int r = lane; r < whole; r += LOGICAL) {
        low =
            low.add(
                FloatVector.fromArray(FLOAT, x, i + r).mul(FloatVector.fromArray(FLOAT, y, j + r)));
        high =
            high.add(
                FloatVector.fromArray(FLOAT, x, i + r + WIDTH)
                    .mul(FloatVector.fromArray(FLOAT, y, j + r + WIDTH)));
      }
      low.intoArray(lanes, lane);
      high.intoArray(lanes, lane + WIDTH);
    }
    for (int r = whole; r < n; r++) {
      lanes[r - whole] += x[i + r] * y[j + r];
    }
    return Fold.halved(lanes, 0);
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
