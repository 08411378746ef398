package telos.devices.cpu;

import static telos.devices.cpu.Heads.TILE;
import static telos.devices.cpu.Scratch.ALIGNED;

/// The derivative of causal attention, with the order of operations of its definition and without a
/// T x T matrix.
///
/// A task is one key head of one sequence, with all query heads that use it, so the sums that make dK
/// and dV have one owner. Query rows go in strips of 256, one block of [MatMul]'s inner index where
/// rows are summed over. For a strip, P is computed again from the kept maximum and sum, and
///
///     dV = P^T g,  dP = g V^T,  dS = P (dP - rowsum(g y)) scale,  dQ = dS K,  dK = dS^T Q.
///
/// Tiles above the diagonal or before the window, where P and dS are zero, are left out of all five
/// products.
final class CausalAttentionGrad {
  private static final int STRIP = MatMul.BLOCK;

  /// Rows of P and dS are read down as well as along: not a power of two apart, they meet different
  /// sets of the cache.
  private static final int APART = 16;

  private final Heads heads;
  private final float[] qkv;
  private final float[] y;
  private final float[] statistics;
  private final float[] g;
  private final float[] dQkv;

  private final int item;
  private final int keyHead;
  private final float[] keyBlocks;
  private final float[] valueBlocks;
  private final float[] room;
  private final float[] p;
  private final float[] dS;
  private final float[] lanes;
  private final float[] spare;

  private CausalAttentionGrad(
      Heads heads, float[] qkv, float[] y, float[] statistics, float[] g, float[] dQkv, int pair) {
    this.heads = heads;
    this.qkv = qkv;
    this.y = y;
    this.statistics = statistics;
    this.g = g;
    this.dQkv = dQkv;
    item = pair / heads.keyHeads();
    keyHead = pair % heads.keyHeads();
    int length = heads.paddedLength();
    keyBlocks = Scratch.take(length * heads.size());
    valueBlocks = Scratch.take(length * heads.size());
    room = Scratch.take((length + 2 * STRIP) * heads.paddedSize());
    p = Scratch.take(Math.min(STRIP, length) * (length + APART));
    dS = Scratch.take(Math.min(STRIP, length) * (length + APART));
    lanes = Scratch.take(TILE * (Lanes.LOGICAL + 1));
    spare = Scratch.take(TILE * Math.max(TILE, heads.paddedSize()));
  }

  /// `dQkv [B, T, H + 2K, D]` for the cotangent `g [B, T, H, D]` of [CausalAttention]'s results.
  static void run(
      Team team, Heads heads, float[] qkv, float[] y, float[] statistics, float[] g, float[] dQkv) {
    double nanos = heads.tileNanos(3) * heads.tiles() * heads.group();
    team.each(
        heads.batch() * heads.keyHeads(),
        nanos,
        (from, to) -> {
          for (int pair = from; pair < to; pair++) {
            new CausalAttentionGrad(heads, qkv, y, statistics, g, dQkv, pair).run();
          }
        });
  }

  private void run() {
    int keyAt = heads.keyAt(item, keyHead);
    int valueAt = heads.valueAt(item, keyHead);
    HeadRows.blocks(heads, qkv, keyAt, keyBlocks, ALIGNED);
    HeadRows.blocks(heads, qkv, valueAt, valueBlocks, ALIGNED);
    HeadRows keys = HeadRows.of(heads, qkv, keyAt, heads.row(), heads.length(), room, ALIGNED);
    int group = heads.group();
    if (group == 1) {
      head(keyHead, keys, dQkv, keyAt, dQkv, valueAt, heads.row());
    } else {
      int size = heads.length() * heads.size();
      float[] one = Scratch.take(2 * size);
      for (int i = 0; i < group; i++) {
        head(keyHead * group + i, keys, one, 0, one, size, heads.size());
        addHead(i == 0, one, 0, keyAt);
        addHead(i == 0, one, size, valueAt);
      }
      Scratch.give(one);
    }
    for (float[] used : new float[][] {keyBlocks, valueBlocks, room, p, dS, lanes, spare}) {
      Scratch.give(used);
    }
  }

  private void addHead(boolean first, float[] one, int from, int to) {
    int size = heads.size();
    if (first) {
      Tiles.copy(one, from, size, dQkv, to, heads.row(), heads.length(), size);
    } else {
      Tiles.add(one, from, size, dQkv, to, heads.row(), heads.length(), size);
    }
  }

  /// One query head: its dQ into place, its part of dK and dV to `dK` and `dV`.
  private void head(int head, HeadRows keys, float[] dK, int dKAt, float[] dV, int dVAt, int dRow) {
    int queriesAt = ALIGNED + heads.length() * heads.paddedSize();
    for (int t = 0; t < heads.length(); t += STRIP) {
      int rows = Math.min(STRIP, heads.length() - t);
      int width = (t + rows + TILE - 1) / TILE * TILE + APART;
      for (int i = 0; i < rows; i += TILE) {
        tile(head, keys, t + i, Math.min(TILE, rows - i), ALIGNED + i * width, width);
      }
      int queryAt = heads.queryAt(item, head) + t * heads.row();
      HeadRows queries = HeadRows.of(heads, qkv, queryAt, heads.row(), rows, room, queriesAt);
      int gAt = heads.resultAt(item, head) + t * heads.resultRow();
      HeadRows gs =
          HeadRows.of(
              heads, g, gAt, heads.resultRow(), rows, room, queriesAt + rows * heads.paddedSize());
      down(t, rows, dS, width, queries, dK, dKAt, dRow);
      down(t, rows, p, width, gs, dV, dVAt, dRow);
    }
  }

  /// P, dS and dQ of the tile of query rows that starts at position `t`; its rows of P and dS start
  /// at `at`.
  private void tile(int head, HeadRows keys, int t, int rows, int at, int width) {
    int tiles = t / TILE + 1;
    int begin = heads.begin(t);
    int first = begin / TILE;
    int end = tiles * TILE;
    int queryAt = heads.queryAt(item, head) + t * heads.row();
    int gAt = heads.resultAt(item, head) + t * heads.resultRow();
    int gRow = heads.resultRow();
    HeadRows.scores(
        heads,
        rows,
        qkv,
        queryAt,
        heads.row(),
        keyBlocks,
        ALIGNED,
        first,
        tiles,
        p,
        at,
        width,
        spare);
    HeadRows.scores(
        heads, rows, g, gAt, gRow, valueBlocks, ALIGNED, first, tiles, dS, at, width, spare);
    int notes = heads.statisticsAt(item, head, t);
    new AttentionGradRows(
            p,
            dS,
            at,
            width,
            rows,
            AttentionRows.Seen.of(heads, t, end),
            heads.scale(),
            statistics,
            notes,
            g,
            y,
            gAt,
            gRow,
            heads.size(),
            lanes)
        .run();
    keys.weighted(heads, rows, dS, at, width, begin, t, dQkv, queryAt, heads.row(), spare);
  }

  /// One strip's part of `X^T R`: adds up over the strip's rows, which are one block of the inner
  /// index. Key `s` meets the rows from its own position on, up to the last whose window holds it.
  private void down(
      int t, int rows, float[] x, int width, HeadRows r, float[] to, int toAt, int toRow) {
    int padded = heads.paddedSize();
    for (int s = heads.begin(t); s < t + rows; s += TILE) {
      int seen = (int) Math.min(rows, (long) s + TILE - 1 + heads.window() - t);
      int keys = Math.min(TILE, t + rows - s);
      boolean inPlace = s >= t && padded == heads.size();
      float[] y = inPlace ? to : spare;
      int yAt = inPlace ? toAt + s * toRow : 0;
      int yRow = inPlace ? toRow : padded;
      for (int i = 0; i < keys; i += s < t ? TILE : 6) {
        int some = s < t ? keys : Math.min(6, keys - i);
        int skip = Math.max(0, s + i - t);
        int from = r.at() + skip * r.step();
        int left = ALIGNED + skip * width + s + i;
        Tiles.panels(
            some,
            seen - skip,
            x,
            left,
            1,
            width,
            r.data(),
            from,
            r.step(),
            padded,
            y,
            yAt + i * yRow,
            yRow);
      }
      if (inPlace) {
        continue;
      }
      if (s >= t) {
        Tiles.copy(spare, padded, to, toAt + s * toRow, toRow, keys, heads.size());
      } else {
        Tiles.add(spare, padded, to, toAt + s * toRow, toRow, keys, heads.size());
      }
    }
  }
}
