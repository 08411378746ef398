package telos.devices.cpu;

import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Reductions along one axis of an F32 tensor seen as `[outer, extent, inner]`.
final class Reduce {
  /// Columns a thread takes at once.
  static final int COLUMNS = 1024;

  private static final double NANOS = 0.1;

  private Reduce() {}

  static void sum(Team team, float[] x, float[] out, int outer, int extent, int inner) {
    if (inner == 1) {
      rows(team, x, out, outer, extent);
    } else {
      columns(
          team,
          outer,
          extent,
          inner,
          (from, rows, c, n, to, at) -> {
            for (int r = 0; r < rows; r++) {
              Binary.add(to, at, x, from + r * inner + c, to, at, n);
            }
          },
          out);
    }
  }

  private static void rows(Team team, float[] x, float[] out, int outer, int extent) {
    int blocks = Sums.blocks(extent, Sums.BLOCK);
    float[] partial = blocks == 1 ? out : new float[Math.multiplyExact(outer, blocks)];
    int chunk = Math.max(1, 2 * Sums.BLOCK / Math.max(1, Math.min(extent, Sums.BLOCK)));
    team.split(
        outer * blocks,
        chunk,
        NANOS * Math.min(extent, Sums.BLOCK) + 15,
        (from, to) -> {
          for (int p = from; p < to; p++) {
            int start = p % blocks * Sums.BLOCK;
            int n = Math.min(Sums.BLOCK, extent - start);
            partial[p] = Sums.block(x, p / blocks * extent + start, n);
          }
        });
    for (int o = 0; blocks > 1 && o < outer; o++) {
      out[o] = Sums.tree(Arrays.copyOfRange(partial, o * blocks, (o + 1) * blocks), blocks);
    }
  }

  /// Adds `rows` rows, of which the first starts at element `from`, columns `[c, c + n)`, in
  /// sequence to `to[at ... at + n)`.
  interface Rows {
    void add(int from, int rows, int c, int n, float[] to, int at);
  }

  /// Sums down columns: blocks of rows, then the tree.
  static void columns(Team team, int outer, int extent, int inner, Rows rows, float[] out) {
    int blocks = Sums.blocks(extent, Sums.ROWS);
    float[] partial =
        blocks == 1 ? out : new float[Math.multiplyExact(Math.multiplyExact(outer, blocks), inner)];
    int width = Math.min(inner, COLUMNS);
    int pieces = (inner + COLUMNS - 1) / COLUMNS;
    team.each(
        outer * blocks * pieces,
        NANOS * width * Math.min(extent, Sums.ROWS),
        (first, last) -> {
          for (int p = first; p < last; p++) {
            int c = p % pieces * COLUMNS;
            int n = Math.min(COLUMNS, inner - c);
            int block = p / pieces % blocks;
            int o = p / pieces / blocks;
            int row = block * Sums.ROWS;
            int at = (o * blocks + block) * inner + c;
            Arrays.fill(partial, at, at + n, 0f);
            rows.add(
                (o * extent + row) * inner, Math.min(Sums.ROWS, extent - row), c, n, partial, at);
          }
        });
    for (int o = 0; blocks > 1 && o < outer; o++) {
      int start = o * blocks * inner;
      float[] own =
          outer == 1 ? partial : Arrays.copyOfRange(partial, start, start + blocks * inner);
      Sums.tree(own, blocks, inner);
      System.arraycopy(own, 0, out, o * inner, inner);
    }
  }

  /// The largest of `x[at ... at + n)`, NaN if any is, of two zeros the positive one.
  static float max(float[] x, int at, int n) {
    FloatVector best = VectorMath.all(Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      best = best.max(Lanes.load(x, at + i));
    }
    float most = Float.NEGATIVE_INFINITY;
    for (int lane = 0; i > 0 && lane < WIDTH; lane++) {
      most = Math.max(most, best.lane(lane));
    }
    for (; i < n; i++) {
      most = Math.max(most, x[at + i]);
    }
    return most;
  }

  static void max(Team team, float[] x, float[] out, int outer, int extent, int inner) {
    int chunk = Math.max(1, Elementwise.CHUNK / Math.max(1, extent * inner));
    team.split(
        outer,
        chunk,
        (NANOS * inner + 0.1) * extent,
        (from, to) -> {
          for (int o = from; o < to; o++) {
            int at = o * extent * inner;
            if (inner == 1) {
              out[o] = max(x, at, extent);
              continue;
            }
            System.arraycopy(x, at, out, o * inner, inner);
            for (int r = 1; r < extent; r++) {
              Binary.max(out, o * inner, x, at + r * inner, out, o * inner, inner);
            }
          }
        });
  }

  static void argMax(Team team, float[] x, int[] out, int outer, int extent, int inner) {
    team.split(
        outer * inner,
        Math.max(1, Elementwise.CHUNK / Math.max(1, extent)),
        extent,
        (from, to) -> {
          for (int p = from; p < to; p++) {
            out[p] = argMax(x, p / inner * extent * inner + p % inner, inner, extent);
          }
        });
  }

  /// Index of the first largest of `x[at + r step]`, or of the first NaN.
  private static int argMax(float[] x, int at, int step, int n) {
    int best = 0;
    float most = x[at];
    for (int r = 1; r < n && !Float.isNaN(most); r++) {
      float v = x[at + r * step];
      if (v > most || Float.isNaN(v)) {
        best = r;
        most = v;
      }
    }
    return best;
  }

  static void cumSum(Team team, float[] x, float[] out, int outer, int extent, int inner) {
    team.split(
        outer * inner,
        Math.max(1, Elementwise.CHUNK / Math.max(1, extent)),
        extent,
        (from, to) -> {
          for (int p = from; p < to; p++) {
            float sum = 0;
            int at = p / inner * extent * inner + p % inner;
            for (int r = 0; r < extent; r++) {
              sum += x[at + r * inner];
              out[at + r * inner] = sum;
            }
          }
        });
  }
}
