package telos.devices.cpu;

import static telos.devices.cpu.Heads.TILE;
import static telos.devices.cpu.Scratch.ALIGNED;

/// Causal attention, forward: bit for bit its definition, without a T x T matrix. Blocks of keys
/// before the window of a tile's first row are left out.
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
  /// With so many key heads in the batch a task is one of them, and its packed keys and values stay
  /// in the cache of its thread; with fewer a task is a tile.
  private static final int MANY = 32;

  private final Heads heads;
  private final float[] qkv;
  private final float[] out;
  private final float[] statistics;

  private CausalAttention(Heads heads, float[] qkv, float[] out, float[] statistics) {
    this.heads = heads;
    this.qkv = qkv;
    this.out = out;
    this.statistics = statistics;
  }

  /// `out [B, T, H, D]` and `statistics [B, H, T, 2]` (maximum and one over the sum of each softmax
  /// row) of `qkv [B, T, H + 2K, D]`.
  static void run(Team team, Heads heads, float[] qkv, float[] out, float[] statistics) {
    var attention = new CausalAttention(heads, qkv, out, statistics);
    if (heads.batch() * heads.keyHeads() >= MANY) {
      attention.byKeyHead(team);
    } else {
      attention.byTile(team);
    }
  }

  /// What the tiles of one key head share.
  private Packed pack(int pair, float[] room, int at) {
    int item = pair / heads.keyHeads();
    int keyHead = pair % heads.keyHeads();
    HeadRows.blocks(heads, qkv, heads.keyAt(item, keyHead), room, at);
    int values = at + heads.paddedLength() * heads.size();
    int from = heads.valueAt(item, keyHead);
    return new Packed(
        item,
        keyHead,
        room,
        at,
        HeadRows.of(heads, qkv, from, heads.row(), heads.length(), room, values));
  }

  /// One key head, ready for products.
  ///
  /// @param keys blocks `[D][64]` from `keysAt` on
  private record Packed(int item, int keyHead, float[] keys, int keysAt, HeadRows values) {}

  private int packedSize() {
    return heads.paddedLength() * heads.size() + heads.length() * heads.paddedSize();
  }

  private void byKeyHead(Team team) {
    int tiles = heads.tiles();
    double nanos = tileNanos() * heads.group() * tiles;
    team.each(
        heads.batch() * heads.keyHeads(),
        nanos,
        (from, to) -> {
          float[] room = Scratch.take(packedSize());
          for (int pair = from; pair < to; pair++) {
            Packed packed = pack(pair, room, ALIGNED);
            for (int i = 0; i < heads.group() * tiles; i++) {
              tile(packed, packed.keyHead() * heads.group() + i / tiles, i % tiles);
            }
          }
          Scratch.give(room);
        });
  }

  /// Tiles are dealt out from the longest to the shortest.
  private void byTile(Team team) {
    int pairs = heads.batch() * heads.keyHeads();
    int group = heads.group();
    Packed[] packed = new Packed[pairs];
    float[] room = Scratch.take(Math.multiplyExact(pairs, packedSize()));
    team.each(
        pairs,
        heads.length() * heads.size() * 0.4,
        (from, to) -> {
          for (int pair = from; pair < to; pair++) {
            packed[pair] = pack(pair, room, ALIGNED + pair * packedSize());
          }
        });
    int each = pairs * group;
    double nanos = tileNanos();
    team.each(
        each * heads.tiles(),
        nanos,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            Packed one = packed[i % each / group];
            tile(one, one.keyHead() * group + i % group, heads.tiles() - 1 - i / each);
          }
        });
    Scratch.give(room);
  }

  private double tileNanos() {
    return heads.tileNanos(1) + 0.3 * TILE * heads.length();
  }

  private void tile(Packed packed, int head, int tile) {
    int item = packed.item();
    int t = tile * TILE;
    int rows = Math.min(TILE, heads.length() - t);
    int width = (tile + 1) * TILE;
    float[] scores = Scratch.take(rows * width);
    float[] spare = Scratch.take(TILE * Math.max(TILE, heads.paddedSize()));
    int begin = heads.begin(t);
    int queries = heads.queryAt(item, head) + t * heads.row();
    HeadRows.scores(
        heads,
        rows,
        qkv,
        queries,
        heads.row(),
        packed.keys(),
        packed.keysAt(),
        begin / TILE,
        tile + 1,
        scores,
        ALIGNED,
        width,
        spare);
    int notes = heads.statisticsAt(item, head, t);
    var seen = AttentionRows.Seen.of(heads, t, width);
    AttentionRows.softmax(scores, ALIGNED, width, rows, seen, heads.scale(), statistics, notes);
    int at = heads.resultAt(item, head) + t * heads.resultRow();
    int row = heads.resultRow();
    packed.values().weighted(heads, rows, scores, ALIGNED, width, begin, t, out, at, row, spare);
    for (int i = 0; i < rows; i++) {
      AttentionRows.addZero(out, at + i * row, heads.size());
    }
    Scratch.give(spare);
    Scratch.give(scores);
  }
}
