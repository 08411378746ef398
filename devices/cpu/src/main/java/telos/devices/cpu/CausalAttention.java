package telos.devices.cpu;

import static telos.devices.cpu.Heads.TILE;

/// Causal attention, forward: bit for bit its definition, without a T x T matrix.
///
/// A task is a tile of 64 query rows of one head. Its scores against all keys up to the diagonal
/// stand in scratch (64 x T floats), each row takes an exact softmax, and the weights meet the
/// values. An exact softmax is faster here than one that is corrected block by block, and only it
/// has the bits of the definition:
///
/// - score `(q . k) scale`, the inner product as in [MatMul];
/// - weight `exp(score - max) (1 / sum)`, summed as in [Sums];
/// - result `sum of weight v` as in [MatMul] over positions, stopped at the tile of the diagonal
///   (the weights beyond are 0), `+ 0` at the end so that a zero of either sign comes out as +0.
final class CausalAttention {
  private CausalAttention() {}

  /// `out [B, T, H, D]` and `statistics [B, H, T, 2]` (maximum and one over the sum of each softmax
  /// row) of `qkv [B, T, H + 2K, D]`.
  static void run(Team team, Heads heads, float[] qkv, float[] out, float[] statistics) {
    int tiles = heads.tiles();
    int keyHeads = heads.keyHeads();
    int blockSize = heads.paddedLength() * heads.size();
    int rowSize = heads.length() * heads.paddedSize();
    int pairs = heads.batch() * keyHeads;
    float[] keys = Scratch.take(Math.multiplyExact(pairs, blockSize));
    boolean copied = heads.paddedSize() != heads.size();
    float[] values = copied ? Scratch.take(Math.multiplyExact(pairs, rowSize)) : qkv;
    HeadRows[] rows = new HeadRows[pairs];
    team.each(
        pairs,
        heads.length() * heads.size() * 0.3,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            int item = i / keyHeads;
            int keyHead = i % keyHeads;
            HeadRows.blocks(heads, qkv, heads.keyAt(item, keyHead), keys, i * blockSize);
            int at = heads.valueAt(item, keyHead);
            rows[i] = HeadRows.of(heads, qkv, at, heads.row(), heads.length(), values, i * rowSize);
          }
        });
    double nanos = heads.tileNanos(1) + TILE * heads.length() * 0.5;
    team.split(
        heads.batch() * heads.heads() * tiles,
        (int) Math.max(1, Team.WORTHWHILE_NANOS / nanos),
        nanos,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            int head = i / tiles % heads.heads();
            int item = i / tiles / heads.heads();
            int pair = item * keyHeads + head / heads.group();
            int keysAt = pair * blockSize;
            tile(heads, item, head, i % tiles, qkv, keys, keysAt, rows[pair], out, statistics);
          }
        });
    Scratch.give(keys);
    if (copied) {
      Scratch.give(values);
    }
  }

  private static void tile(
      Heads heads,
      int item,
      int head,
      int tile,
      float[] qkv,
      float[] keys,
      int keysAt,
      HeadRows values,
      float[] out,
      float[] statistics) {
    int t = tile * TILE;
    int rows = Math.min(TILE, heads.length() - t);
    int width = (tile + 1) * TILE;
    float[] scores = Scratch.take(rows * width);
    float[] spare = Scratch.take(TILE * Math.max(TILE, heads.paddedSize()));
    int queries = heads.queryAt(item, head) + t * heads.row();
    HeadRows.scores(
        heads, rows, qkv, queries, heads.row(), keys, keysAt, tile + 1, scores, 0, width, spare);
    for (int i = 0; i < rows; i++) {
      int to = heads.statisticsAt(item, head, t + i);
      AttentionRows.softmax(scores, i * width, t + i + 1, width, heads.scale(), statistics, to);
    }
    int at = heads.resultAt(item, head) + t * heads.resultRow();
    int row = heads.resultRow();
    values.weighted(heads, rows, scores, 0, width, t + rows, out, at, row, spare);
    for (int i = 0; i < rows; i++) {
      AttentionRows.addZero(out, at + i * row, heads.size());
    }
    Scratch.give(spare);
    Scratch.give(scores);
  }
}
