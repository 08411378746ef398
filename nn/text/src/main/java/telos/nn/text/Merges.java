package telos.nn.text;

import java.util.Arrays;
import java.util.Set;

/// Byte-pair merges in the order of their rank, and the loop that applies them.
final class Merges {
  private final LongMap ranks;
  private final int[] merged;

  private Merges(LongMap ranks, int[] merged) {
    this.ranks = ranks;
    this.merged = merged;
  }

  /// Text never becomes a special token, not even by a merge that spells one: such merges are left
  /// out.
  static Merges of(TokenModel.BytePair model, Set<Integer> specials) {
    var ranks = new LongMap(model.merges().size());
    var merged = new int[model.merges().size()];
    for (int rank = 0; rank < merged.length; rank++) {
      var merge = model.merges().get(rank);
      var left = model.vocabulary().get(merge.left());
      var right = model.vocabulary().get(merge.right());
      var id = model.vocabulary().get(name(model, merge));
      if (left == null || right == null || id == null) {
        throw new IllegalArgumentException(
            "merge %d, %s, has a token that is not in the vocabulary".formatted(rank, merge));
      }
      merged[rank] = id;
      if (!specials.contains(id) && ranks.at(key(left, right)) < 0) {
        ranks.put(key(left, right), rank);
      }
    }
    return new Merges(ranks, merged);
  }

  /// The token that a merge makes: the right one loses its continuation mark.
  static String name(TokenModel.BytePair model, TokenModel.Merge merge) {
    var right = merge.right();
    return merge.left()
        + (right.startsWith(model.prefix()) ? right.substring(model.prefix().length()) : right);
  }

  static long key(int left, int right) {
    return (long) left << 32 | right;
  }

  /// Merges adjacent symbols, always the pair of least rank, the leftmost of equals, until none is
  /// left. All candidate pairs wait in a queue ordered by (rank, position); a candidate whose
  /// tokens have changed meanwhile is skipped. O(n log n) for n symbols.
  void apply(Symbols s) {
    if (s.size < 2) {
      return;
    }
    s.link();
    var queue = new LongHeap(s.size);
    for (int i = 0; i + 1 < s.size; i++) {
      offer(queue, s, i);
    }
    while (!queue.isEmpty()) {
      long candidate = queue.poll();
      int at = (int) candidate;
      int rank = (int) (candidate >>> 32);
      int right = s.next[at];
      if (s.ids[at] < 0 || right == s.size || ranks.at(key(s.ids[at], s.ids[right])) != rank) {
        continue;
      }
      s.join(at, merged[rank]);
      offer(queue, s, at);
      if (s.previous[at] >= 0) {
        offer(queue, s, s.previous[at]);
      }
    }
    s.compact();
  }

  private void offer(LongHeap queue, Symbols s, int left) {
    int right = s.next[left];
    int rank = right < s.size ? ranks.at(key(s.ids[left], s.ids[right])) : -1;
    if (rank >= 0) {
      queue.add((long) rank << 32 | left);
    }
  }

  /// The tokens of a piece while they are merged: a linked list in arrays.
  static final class Symbols {
    private int[] ids;
    private int[] starts;
    private int[] ends;
    private int[] next = {};
    private int[] previous = {};
    private int size;

    Symbols(int expected) {
      ids = new int[expected];
      starts = new int[expected];
      ends = new int[expected];
    }

    void add(int id, int start, int end) {
      if (size == ids.length) {
        ids = Arrays.copyOf(ids, 2 * size + 4);
        starts = Arrays.copyOf(starts, ids.length);
        ends = Arrays.copyOf(ends, ids.length);
      }
      ids[size] = id;
      starts[size] = start;
      ends[size++] = end;
    }

    /// Lengthens the last symbol if it is `id` and ends at `start`.
    boolean extend(int id, int start, int end) {
      boolean fits = size > 0 && ids[size - 1] == id && ends[size - 1] == start;
      if (fits) {
        ends[size - 1] = end;
      }
      return fits;
    }

    private void link() {
      next = new int[size];
      previous = new int[size];
      for (int i = 0; i < size; i++) {
        next[i] = i + 1;
        previous[i] = i - 1;
      }
    }

    private void join(int at, int merged) {
      int right = next[at];
      ids[at] = merged;
      ends[at] = ends[right];
      ids[right] = -1;
      next[at] = next[right];
      if (next[at] < size) {
        previous[next[at]] = at;
      }
    }

    private void compact() {
      int count = 0;
      for (int i = 0; i < size; i = next[i]) {
        ids[count] = ids[i];
        starts[count] = starts[i];
        ends[count++] = ends[i];
      }
      size = count;
    }

    void tell(Segmenter.Sink sink) {
      for (int i = 0; i < size; i++) {
        sink.token(ids[i], starts[i], ends[i]);
      }
    }
  }
}
