package telos.devices.cpu;

import static telos.devices.cpu.Heads.TILE;

import java.util.Arrays;

/// Attention of new query rows against cached blocks of keys and values; every row has the bits of
/// the same row of [CausalAttention].
///
/// Each row goes alone: its scores and its result stay in L1 while the cache streams by once.
final class CachedRows {
  private final Heads heads;
  private final float[] q;
  private final float[][] keys;
  private final float[][] values;
  private final int[] start;
  private final float[] out;

  private CachedRows(
      Heads heads, float[] q, float[][] keys, float[][] values, int[] start, float[] out) {
    this.heads = heads;
    this.q = q;
    this.keys = keys;
    this.values = values;
    this.start = start;
    this.out = out;
  }

  /// `out [B, n, H, D]` of queries of the same shape.
  ///
  /// @param heads its length is n, the new rows of each sequence
  /// @param keys blocks of 64 positions, `[B, K, D, 64]` each
  /// @param values blocks of 64 positions, `[B, K, 64, D]` each
  /// @param start position of each sequence's first new row
  static void run(
      Team team,
      Heads heads,
      float[] q,
      float[][] keys,
      float[][] values,
      int[] start,
      float[] out) {
    CachedRows rows = new CachedRows(heads, q, keys, values, start, out);
    double nanos = Team.NANOS_PER_FLOAT * 2 * keys.length * TILE * heads.size();
    team.each(heads.batch() * heads.length() * heads.heads(), nanos, rows::run);
  }

  private void run(int from, int to) {
    float[] weights = Scratch.take(keys.length * TILE);
    float[] block = Scratch.take(Math.max(TILE, heads.size()));
    for (int i = from; i < to; i++) {
      int head = i % heads.heads();
      int row = i / heads.heads();
      int item = row / heads.length();
      int length = start[item] + row % heads.length() + 1;
      int pair = item * heads.keyHeads() + head / heads.group();
      row(i * heads.size(), pair, length, weights, block);
    }
    Scratch.give(block);
    Scratch.give(weights);
  }

  /// The row at `at`, which sees the first `length` positions of a sequence's key head.
  private void row(int at, int pair, int length, float[] weights, float[] block) {
    int begin = heads.begin(length - 1);
    for (int i = begin / TILE; i * TILE < length; i++) {
      scores(at, keys[i], pair * heads.size() * TILE, weights, i * TILE, block);
    }
    int end = (length + TILE - 1) / TILE * TILE;
    var seen = AttentionRows.Seen.of(heads, length - 1, end);
    AttentionRows.softmax(weights, 0, end, 1, seen, heads.scale(), block, 0);
    for (int s = begin / MatMul.BLOCK * MatMul.BLOCK; s < length; s += MatMul.BLOCK) {
      Arrays.fill(block, 0, heads.size(), 0f);
      for (int i = Math.max(s, begin); i < Math.min(length, s + MatMul.BLOCK); i += TILE) {
        int rows = Math.min(TILE, length - i);
        int from = pair * TILE * heads.size();
        RowProduct.accumulate(
            rows, weights, i, 1, values[i / TILE], from, heads.size(), heads.size(), block, 0);
      }
      if (s <= begin) {
        System.arraycopy(block, 0, out, at, heads.size());
      } else {
        Tiles.add(block, 0, out, at, heads.size());
      }
    }
    AttentionRows.addZero(out, at, heads.size());
  }

  private void scores(int at, float[] keyBlock, int keyAt, float[] scores, int to, float[] block) {
    for (int d = 0; d < heads.size(); d += MatMul.BLOCK) {
      int depth = Math.min(MatMul.BLOCK, heads.size() - d);
      Arrays.fill(block, 0, TILE, 0f);
      int from = keyAt + d * TILE;
      RowProduct.accumulate(depth, q, at + d, 1, keyBlock, from, TILE, TILE, block, 0);
      if (d == 0) {
        System.arraycopy(block, 0, scores, to, TILE);
      } else {
        Tiles.add(block, 0, scores, to, TILE);
      }
    }
  }
}
