package telos.nn.text;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Byte-pair merges in the order of their rank, and the loop that applies them.
final class Merges {
  /// One merge: the tokens `left` and `right`, side by side, become `merged`.
  record Merge(int left, int right, int merged) {}

  private final List<Merge> list;
  private final Map<Long, Integer> ranks = new HashMap<>();

  Merges(List<Merge> list) {
    this.list = List.copyOf(list);
    for (int rank = 0; rank < list.size(); rank++) {
      ranks.putIfAbsent(key(list.get(rank).left(), list.get(rank).right()), rank);
    }
  }

  /// Rank of the merge of two tokens, -1 if there is none.
  int rank(int left, int right) {
    return ranks.getOrDefault(key(left, right), -1);
  }

  static long key(int left, int right) {
    return (long) left << 32 | right;
  }

  /// Merges adjacent ids, always the pair of least rank, the leftmost of equals, until none is
  /// left. All candidate pairs wait in a queue ordered by (rank, position); a candidate whose
  /// tokens have changed meanwhile is skipped. O(n log n) for n ids.
  ///
  /// @param ids changed by the merges
  /// @return how many ids remain at the front of `ids`
  int apply(int[] ids) {
    int n = ids.length;
    var next = new int[n];
    var previous = new int[n];
    var queue = new LongHeap(n);
    for (int i = 0; i < n; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
    }
    for (int i = 0; i + 1 < n; i++) {
      offer(queue, ids, i, i + 1);
    }
    while (!queue.isEmpty()) {
      long candidate = queue.poll();
      int at = (int) candidate;
      var merge = list.get((int) (candidate >>> 32));
      int right = next[at];
      if (ids[at] != merge.left() || right >= n || ids[right] != merge.right()) {
        continue;
      }
      ids[at] = merge.merged();
      ids[right] = -1;
      next[at] = next[right];
      if (next[at] < n) {
        previous[next[at]] = at;
        offer(queue, ids, at, next[at]);
      }
      if (previous[at] >= 0) {
        offer(queue, ids, previous[at], at);
      }
    }
    return compact(ids, next);
  }

  private void offer(LongHeap queue, int[] ids, int left, int right) {
    var rank = ranks.get(key(ids[left], ids[right]));
    if (rank != null) {
      queue.add((long) rank << 32 | left);
    }
  }

  private static int compact(int[] ids, int[] next) {
    int count = 0;
    for (int i = 0; i < ids.length; i = next[i]) {
      ids[count++] = ids[i];
    }
    return count;
  }

  /// A binary heap of non-negative longs, least first.
  private static final class LongHeap {
    private long[] heap;
    private int size;

    LongHeap(int expected) {
      heap = new long[Math.max(4, expected)];
    }

    boolean isEmpty() {
      return size == 0;
    }

    void add(long value) {
      if (size == heap.length) {
        heap = Arrays.copyOf(heap, 2 * size);
      }
      int i = size++;
      while (i > 0 && heap[(i - 1) / 2] > value) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
      }
      heap[i] = value;
    }

    long poll() {
      long least = heap[0];
      long last = heap[--size];
      int i = 0;
      while (2 * i + 1 < size) {
        int child = 2 * i + 1;
        if (child + 1 < size && heap[child + 1] < heap[child]) {
          child++;
        }
        if (heap[child] >= last) {
          break;
        }
        heap[i] = heap[child];
        i = child;
      }
      heap[i] = last;
      return least;
    }
  }
}
