package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static telos.devices.cpu.Heads.TILE;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import java.util.Arrays;

/// The rows of one head as the right operand of a product: element `(t, d)` at `data[at + t * step
/// + d]`, readable up to the padded head size.
record HeadRows(float[] data, int at, int step) {
  /// Rows of a tile whose part of the diagonal lies in the first half of a block, a multiple of
  /// six.
  private static final int UPPER = 30;

  /// Rows that lie `step` apart, copied into `room` one after the other, with zeros up to the
  /// padded size: a product passes over them many times, and where they lie each is on a page of
  /// its own.
  static HeadRows of(Heads heads, float[] x, int at, int step, int rows, float[] room, int roomAt) {
    int padded = heads.paddedSize();
    for (int i = 0; i < rows; i++) {
      int to = roomAt + i * padded;
      copy(x, at + i * step, heads.size(), room, to, padded);
    }
    return new HeadRows(room, roomAt, padded);
  }

  private static void copy(float[] x, int at, int n, float[] y, int to, int padded) {
    int bound = FLOAT.loopBound(n);
    for (int j = 0; j < bound; j += WIDTH) {
      fromArray(FLOAT, x, at + j).intoArray(y, to + j);
    }
    for (int j = bound; j < n; j++) {
      y[to + j] = x[at + j];
    }
    Arrays.fill(y, to + n, to + padded, 0f);
  }

  /// Turns rows over into blocks `[D][64 positions]`, so that positions are lanes. Columns behind
  /// the last position hold anything.
  static void blocks(Heads heads, float[] x, int at, float[] room, int roomAt) {
    for (int tile = 0; tile < heads.tiles(); tile++) {
      block(heads, x, at, tile, room, roomAt);
    }
  }

  /// One block of them.
  static void block(Heads heads, float[] x, int at, int tile, float[] room, int roomAt) {
    block(heads, x, at, heads.row(), tile, room, roomAt);
  }

  private static void block(
      Heads heads, float[] x, int at, int step, int tile, float[] room, int roomAt) {
    int rows = Math.min(TILE, heads.length() - tile * TILE);
    int to = roomAt + tile * TILE * heads.size();
    Transposition.copy(x, at + tile * TILE * step, step, rows, heads.size(), room, to, TILE);
  }

  /// Inner products of a tile of rows of `x` with the positions of blocks `first .. tiles - 1`, to
  /// `scores`, whose rows are `scoresRow` apart. The last block is that of the rows themselves:
  /// what stands above its diagonal is arbitrary. Order: [MatMul], over the head size.
  static void scores(
      Heads heads,
      int rows,
      float[] x,
      int xAt,
      int xRow,
      float[] blocks,
      int blocksAt,
      int first,
      int tiles,
      float[] scores,
      int scoresAt,
      int scoresRow,
      float[] spare) {
    int each = TILE * heads.size();
    for (int tile = first; tile < tiles - 1; tile++) {
      int at = blocksAt + tile * each;
      int to = scoresAt + tile * TILE;
      block(heads, rows, x, xAt, xRow, blocks, at, TILE, scores, to, scoresRow, spare);
    }
    int at = blocksAt + (tiles - 1) * each;
    int to = scoresAt + (tiles - 1) * TILE;
    int upper = Math.min(rows, UPPER);
    block(heads, upper, x, xAt, xRow, blocks, at, TILE / 2, scores, to, scoresRow, spare);
    if (rows > upper) {
      int from = xAt + upper * xRow;
      int below = to + upper * scoresRow;
      block(heads, rows - upper, x, from, xRow, blocks, at, TILE, scores, below, scoresRow, spare);
    }
  }

  /// The same with the first `columns` positions of one block.
  private static void block(
      Heads heads,
      int rows,
      float[] x,
      int xAt,
      int xRow,
      float[] block,
      int at,
      int columns,
      float[] scores,
      int to,
      int scoresRow,
      float[] spare) {
    int depth = Math.min(MatMul.BLOCK, heads.size());
    Tiles.panels(rows, depth, x, xAt, xRow, 1, block, at, TILE, columns, scores, to, scoresRow);
    for (int d = MatMul.BLOCK; d < heads.size(); d += MatMul.BLOCK) {
      depth = Math.min(MatMul.BLOCK, heads.size() - d);
      int from = at + d * TILE;
      Tiles.panels(rows, depth, x, xAt + d, xRow, 1, block, from, TILE, columns, spare, 0, TILE);
      Tiles.add(spare, TILE, scores, to, scoresRow, rows, columns);
    }
  }

  /// `y = P X` for the tile of rows of weights P that starts at position `t`: row `i` has weights
  /// for positions from `begin` up to `t + i`, then zeros. Order: [MatMul], over positions.
  void weighted(
      Heads heads,
      int rows,
      float[] p,
      int pAt,
      int pRow,
      int begin,
      int t,
      float[] y,
      int yAt,
      int yRow,
      float[] spare) {
    int padded = heads.paddedSize();
    for (int s = begin; s < t + rows; s = blockEnd(s)) {
      if (s == begin && padded == heads.size()) {
        block(rows, p, pAt, pRow, s, t, padded, y, yAt, yRow);
        continue;
      }
      block(rows, p, pAt, pRow, s, t, padded, spare, 0, padded);
      if (s == begin) {
        Tiles.copy(spare, padded, y, yAt, yRow, rows, heads.size());
      } else {
        Tiles.add(spare, padded, y, yAt, yRow, rows, heads.size());
      }
    }
  }

  /// The end of the block of [MatMul]'s inner index in which position `s` lies.
  private static int blockEnd(int s) {
    return (s / MatMul.BLOCK + 1) * MatMul.BLOCK;
  }

  /// One block of positions; if the tile starts in it, six rows at a time, up to the last of them.
  private void block(
      int rows,
      float[] p,
      int pAt,
      int pRow,
      int s,
      int t,
      int padded,
      float[] y,
      int yAt,
      int yRow) {
    int from = at + s * step;
    int depthOfAll = blockEnd(s) - s;
    if (t - s >= depthOfAll) {
      Tiles.panels(rows, depthOfAll, p, pAt + s, pRow, 1, data, from, step, padded, y, yAt, yRow);
      return;
    }
    for (int i = 0; i < rows; i += 6) {
      int some = Math.min(6, rows - i);
      int to = yAt + i * yRow;
      int left = pAt + s + i * pRow;
      int depth = t + i + some - s;
      Tiles.panels(some, depth, p, left, pRow, 1, data, from, step, padded, y, to, yRow);
    }
  }
}
