package telos.nn.text;

import java.util.Arrays;

/// A map from longs to non-negative integers by open addressing: 12 bytes a place and no boxes, for
/// merges, tries and counts with hundreds of thousands of entries.
final class LongMap {
  private static final int EMPTY = -1;
  private long[] keys;
  private int[] values;
  private int size;

  LongMap(int expected) {
    int places = Integer.highestOneBit(Math.max(8, expected)) << 2;
    keys = new long[places];
    values = new int[places];
    Arrays.fill(values, EMPTY);
  }

  int size() {
    return size;
  }

  /// The value of a key, -1 if it has none.
  int at(long key) {
    return values[place(key)];
  }

  void put(long key, int value) {
    int place = place(key);
    if (values[place] == EMPTY) {
      size++;
      keys[place] = key;
    }
    values[place] = value;
    if (2 * size > keys.length) {
      grow();
    }
  }

  private int place(long key) {
    int mask = keys.length - 1;
    long mixed = (key ^ key >>> 32) * 0x9e3779b97f4a7c15L;
    int place = (int) (mixed >>> 32) & mask;
    while (values[place] != EMPTY && keys[place] != key) {
      place = place + 1 & mask;
    }
    return place;
  }

  private void grow() {
    var oldKeys = keys;
    var oldValues = values;
    keys = new long[2 * oldKeys.length];
    values = new int[keys.length];
    Arrays.fill(values, EMPTY);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldValues[i] != EMPTY) {
        int place = place(oldKeys[i]);
        keys[place] = oldKeys[i];
        values[place] = oldValues[i];
      }
    }
  }
}
