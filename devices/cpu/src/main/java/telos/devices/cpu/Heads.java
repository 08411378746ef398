package telos.devices.cpu;

import telos.tensor.fused.Attention;

/// The extents of attention over one packed tensor `[B, T, H + 2K, D]`, and where its rows lie.
///
/// @param batch B
/// @param length T
/// @param heads H query heads
/// @param keyHeads K key and value heads; query head `h` uses key head `h / (H/K)`
/// @param size D elements of a head
/// @param scale factor of the scores
/// @param window W positions that each sees, its own included
record Heads(int batch, int length, int heads, int keyHeads, int size, float scale, int window) {
  /// Keys in one block of scores, and query rows in one tile.
  static final int TILE = 64;

  /// Without a window.
  Heads(int batch, int length, int heads, int keyHeads, int size, float scale) {
    this(batch, length, heads, keyHeads, size, scale, Attention.ALL);
  }

  /// The first position that position `t` sees.
  int firstSeen(int t) {
    return Math.max(0, t + 1 - window);
  }

  /// The first position of the block of keys in which [#firstSeen] lies: the blocks before it are
  /// left out.
  int begin(int t) {
    return firstSeen(t) / TILE * TILE;
  }

  /// Distance of neighbouring positions in the packed tensor.
  int row() {
    return (heads + 2 * keyHeads) * size;
  }

  /// Distance of neighbouring positions in the result `[B, T, H, D]`.
  int resultRow() {
    return heads * size;
  }

  /// Query heads that share one key head.
  int group() {
    return heads / keyHeads;
  }

  int queryAt(int item, int head) {
    return item * length * row() + head * size;
  }

  int keyAt(int item, int keyHead) {
    return queryAt(item, heads + keyHead);
  }

  int valueAt(int item, int keyHead) {
    return queryAt(item, heads + keyHeads + keyHead);
  }

  int resultAt(int item, int head) {
    return item * length * resultRow() + head * size;
  }

  /// Where position `t`'s maximum and one over its sum stand in `[B, H, T, 2]`.
  int statisticsAt(int item, int head, int t) {
    return 2 * ((item * heads + head) * length + t);
  }

  /// Tiles of positions.
  int tiles() {
    return (length + TILE - 1) / TILE;
  }

  /// Positions in whole tiles.
  int paddedLength() {
    return tiles() * TILE;
  }

  /// D as the micro-kernels need it.
  int paddedSize() {
    return PackedMatrix.padded(size);
  }

  /// Rough nanoseconds of `products` products between a tile of queries and all keys.
  double tileNanos(int products) {
    return 0.01 * products * TILE * length * size;
  }
}
