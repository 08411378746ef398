package telos.nn.text;

import java.util.Arrays;

/// A set of strings with an id each, walked character by character from [#ROOT].
final class Trie {
  static final int ROOT = 0;
  private final LongMap edges;
  private int[] ids = new int[16];
  private int nodes = 1;

  Trie(int expected) {
    edges = new LongMap(expected);
    Arrays.fill(ids, -1);
  }

  void add(String text, int id) {
    int node = ROOT;
    for (int i = 0; i < text.length(); i++) {
      int next = next(node, text.charAt(i));
      if (next < 0) {
        next = fresh();
        edges.put((long) node << 16 | text.charAt(i), next);
      }
      node = next;
    }
    ids[node] = id;
  }

  private int fresh() {
    if (nodes == ids.length) {
      ids = Arrays.copyOf(ids, 2 * nodes);
      Arrays.fill(ids, nodes, ids.length, -1);
    }
    return nodes++;
  }

  /// The node one character on, -1 if no string goes there.
  int next(int node, char character) {
    return edges.at((long) node << 16 | character);
  }

  /// The id of the string that ends at a node, -1 if none does.
  int id(int node) {
    return ids[node];
  }

  /// Where the longest string that begins at `from` ends, -1 if none begins there.
  int longest(CharSequence text, int from) {
    int node = ROOT;
    int end = -1;
    for (int i = from; i < text.length(); i++) {
      node = next(node, text.charAt(i));
      if (node < 0) {
        break;
      }
      if (ids[node] >= 0) {
        end = i + 1;
      }
    }
    return end;
  }

  /// The id of a whole string, -1 if it is not here.
  int find(CharSequence text, int from, int to) {
    int node = ROOT;
    for (int i = from; i < to && node >= 0; i++) {
      node = next(node, text.charAt(i));
    }
    return node < 0 ? -1 : ids[node];
  }
}
