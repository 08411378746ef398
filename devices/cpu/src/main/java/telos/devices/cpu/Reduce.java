package telos.devices.cpu;

import java.util.Arrays;

/// Reductions along one axis of an F32 tensor seen as `[outer, extent, inner]`.
final class Reduce {
  /// Columns a thread takes at once.
  static final int COLUMNS = 1024;

  /// The same for what goes down whole columns.
  private static final int STRIP = 256;

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
          (from, rows, c, n, to, at) -> Columns.add(x, from + c, inner, rows, to, at, n),
          out);
    }
  }

  private static void rows(Team team, float[] x, float[] out, int outer, int extent) {
    int blocks = Sums.blocks(extent, Sums.BLOCK);
    if (blocks == 1) {
      int chunk = Math.max(Sums.GROUP, Pieces.chunk(outer * extent) / Math.max(1, extent));
      team.split(
          outer,
          chunk,
          NANOS * extent + 5,
          (from, to) -> {
            float[] lanes = new float[Sums.GROUP * Lanes.LOGICAL];
            for (int o = from; o < to; o += Sums.GROUP) {
              int count = Math.min(Sums.GROUP, to - o);
              Sums.blocks(x, o * extent, extent, extent, count, lanes, out, o);
            }
          });
    } else {
      longRows(team, x, out, outer, extent, blocks);
    }
  }

  /// A task is up to [Sums#GROUP] blocks of one row.
  private static void longRows(
      Team team, float[] x, float[] out, int outer, int extent, int blocks) {
    float[] partial = new float[Math.multiplyExact(outer, blocks)];
    int tasks = (blocks + Sums.GROUP - 1) / Sums.GROUP;
    team.split(
        outer * tasks,
        1,
        NANOS * Sums.BLOCK * Math.min(blocks, Sums.GROUP),
        (from, to) -> {
          float[] lanes = new float[Sums.GROUP * Lanes.LOGICAL];
          for (int p = from; p < to; p++) {
            int first = p % tasks * Sums.GROUP;
            int count = Math.min(Sums.GROUP, blocks - first);
            int start = p / tasks * extent + first * Sums.BLOCK;
            int k = p / tasks * blocks + first;
            int whole = Math.min(count, extent / Sums.BLOCK - first);
            Sums.blocks(x, start, Sums.BLOCK, Sums.BLOCK, whole, lanes, partial, k);
            if (whole < count) {
              int last = start + whole * Sums.BLOCK;
              int rest = extent % Sums.BLOCK;
              Sums.blocks(x, last, 0, rest, 1, lanes, partial, k + whole);
            }
          }
        });
    for (int o = 0; o < outer; o++) {
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
    int size = Math.max(1, width * Math.min(extent, Sums.ROWS));
    team.split(
        outer * blocks * pieces,
        Math.max(1, Elementwise.CHUNK / size),
        NANOS * size + 10,
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

  static void max(Team team, float[] x, float[] out, int outer, int extent, int inner) {
    int chunk = Math.max(1, Elementwise.CHUNK / Math.max(1, extent * inner));
    if (inner == 1) {
      team.split(
          outer,
          chunk,
          NANOS * extent + 5,
          (from, to) -> {
            for (int o = from; o < to; o++) {
              out[o] = Extremes.max(x, o * extent, extent);
            }
          });
      return;
    }
    strips(
        team,
        outer,
        extent,
        inner,
        (o, c, n) -> {
          int at = o * extent * inner + c;
          System.arraycopy(x, at, out, o * inner + c, n);
          Columns.max(x, at + inner, inner, extent - 1, out, o * inner + c, n);
        });
  }

  static void argMax(Team team, float[] x, int[] out, int outer, int extent, int inner) {
    int chunk = Math.max(1, Elementwise.CHUNK / Math.max(1, extent));
    if (inner == 1) {
      team.split(
          outer,
          chunk,
          2 * NANOS * extent + 5,
          (from, to) -> {
            for (int o = from; o < to; o++) {
              out[o] = Extremes.argMax(x, o * extent, extent);
            }
          });
      return;
    }
    strips(
        team,
        outer,
        extent,
        inner,
        (o, c, n) ->
            Extremes.argMax(x, o * extent * inner + c, inner, extent, out, o * inner + c, n));
  }

  /// A strip of `n` columns from `c` on of one of the outer matrices.
  private interface Strip {
    void run(int o, int c, int n);
  }

  /// Whole columns, side by side: for what has no blocks.
  private static void strips(Team team, int outer, int extent, int inner, Strip strip) {
    int pieces = (inner + STRIP - 1) / STRIP;
    int size = Math.max(1, extent * Math.min(inner, STRIP));
    team.split(
        outer * pieces,
        Math.max(1, Elementwise.CHUNK / size),
        NANOS * size + 10,
        (from, to) -> {
          for (int p = from; p < to; p++) {
            int c = p % pieces * STRIP;
            strip.run(p / pieces, c, Math.min(STRIP, inner - c));
          }
        });
  }

  static void cumSum(Team team, float[] x, float[] out, int outer, int extent, int inner) {
    if (inner > 1) {
      strips(
          team,
          outer,
          extent,
          inner,
          (o, c, n) -> Columns.cumSum(x, out, o * extent * inner + c, inner, extent, n));
      return;
    }
    int chunk = Math.max(8, Elementwise.CHUNK / Math.max(1, extent));
    team.split(
        outer,
        chunk,
        2 * NANOS * extent + 5,
        (from, to) -> Columns.cumSumRows(x, out, from, to, extent));
  }
}
