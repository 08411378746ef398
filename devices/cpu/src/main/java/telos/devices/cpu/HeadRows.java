package telos.devices.cpu;

import static telos.devices.cpu.Heads.TILE;

import java.util.Arrays;

/// The rows of one head as the right operand of a product: element `(t, d)` at `data[at + t * step
/// + d]`, readable up to the padded head size.
record HeadRows(float[] data, int at, int step) {
  /// Rows that lie `step` apart: where they are, if the head size needs no padding, or else copied
  /// into `room` with zeros behind each row.
  static HeadRows of(Heads heads, float[] x, int at, int step, int rows, float[] room, int roomAt) {
    int padded = heads.paddedSize();
    if (padded == heads.size()) {
      return new HeadRows(x, at, step);
    }
    for (int i = 0; i < rows; i++) {
      int to = roomAt + i * padded;
      System.arraycopy(x, at + i * step, room, to, heads.size());
      Arrays.fill(room, to + heads.size(), to + padded, 0f);
    }
    return new HeadRows(room, roomAt, padded);
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

  /// Inner products of a tile of rows of `x` with the positions of blocks `0 .. tiles - 1`, to
  /// `scores`, whose rows are `scoresRow` apart. Order: [MatMul], over the head size.
  static void scores(
      Heads heads,
      int rows,
      float[] x,
      int xAt,
      int xRow,
      float[] blocks,
      int blocksAt,
      int tiles,
      float[] scores,
      int scoresAt,
      int scoresRow,
      float[] spare) {
    int size = heads.size();
    for (int tile = 0; tile < tiles; tile++) {
      int at = blocksAt + tile * TILE * size;
      int to = scoresAt + tile * TILE;
      int depth = Math.min(MatMul.BLOCK, size);
      Tiles.panels(rows, depth, x, xAt, xRow, 1, blocks, at, TILE, TILE, scores, to, scoresRow);
      for (int d = MatMul.BLOCK; d < size; d += MatMul.BLOCK) {
        depth = Math.min(MatMul.BLOCK, size - d);
        int from = at + d * TILE;
        Tiles.panels(rows, depth, x, xAt + d, xRow, 1, blocks, from, TILE, TILE, spare, 0, TILE);
        Tiles.add(spare, TILE, scores, to, scoresRow, rows, TILE);
      }
    }
  }

  /// `y = P X` for a tile of rows of weights P over the first `length` of these rows. Order:
  /// [MatMul], over positions.
  void weighted(
      Heads heads,
      int rows,
      float[] p,
      int pAt,
      int pRow,
      int length,
      float[] y,
      int yAt,
      int yRow,
      float[] spare) {
    int padded = heads.paddedSize();
    for (int s = 0; s < length; s += MatMul.BLOCK) {
      int depth = Math.min(MatMul.BLOCK, length - s);
      int from = at + s * step;
      Tiles.panels(rows, depth, p, pAt + s, pRow, 1, data, from, step, padded, spare, 0, padded);
      if (s == 0) {
        Tiles.copy(spare, padded, y, yAt, yRow, rows, heads.size());
      } else {
        Tiles.add(spare, padded, y, yAt, yRow, rows, heads.size());
      }
    }
  }
}
