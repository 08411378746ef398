package telos.nn;

import java.util.Arrays;

/// Draws from one row of probabilities after top-k and top-p (Holtzman et al. 2020). Everything is
/// added in a fixed order in double: the draw depends on the row and the uniform number alone.
final class Nucleus {
  private final int topK;
  private final double topP;

  Nucleus(Sampling sampling) {
    topK = sampling.topK();
    topP = sampling.topP();
  }

  /// A token and the logarithm of the probability with which it was drawn.
  record Draw(int token, double logProb) {}

  /// @param p probabilities of `size` tokens from `from` on, not necessarily normalised
  /// @param u uniform in `[0, 1)`
  Draw draw(float[] p, int from, int size, double u) {
    int[] kept = kept(p, from, size);
    double total = 0;
    for (int token : kept) {
      total += p[from + token];
    }
    double target = u * total;
    double sum = 0;
    int drawn = kept[0];
    for (int i = 0; i < kept.length && sum <= target; i++) {
      float probability = p[from + kept[i]];
      if (probability > 0) {
        drawn = kept[i];
      }
      sum += probability;
    }
    return new Draw(drawn, StrictMath.log(p[from + drawn] / total));
  }

  /// The tokens that may be drawn: all in order of index, or the most likely in falling order.
  int[] kept(float[] p, int from, int size) {
    boolean all = (topK == 0 || topK >= size) && topP == 1;
    if (all) {
      int[] tokens = new int[size];
      Arrays.setAll(tokens, i -> i);
      return tokens;
    }
    long[] ranked = ranked(p, from, size);
    int count = topP == 1 ? ranked.length : reaching(p, from, ranked);
    int[] tokens = new int[count];
    Arrays.setAll(tokens, i -> (int) ranked[i]);
    return tokens;
  }

  /// Most likely first, lower index first among equals: bits of a non-negative float order as it
  /// does, so the upper half of each key is the falling probability, the lower half the index.
  private long[] ranked(float[] p, int from, int size) {
    int count = topK == 0 || topK >= size ? size : topK;
    long[] keys = new long[count];
    for (int i = 0; i < count; i++) {
      keys[i] = key(p, from, i);
    }
    if (count < size) {
      smallest(keys, p, from, size);
    }
    Arrays.sort(keys);
    return keys;
  }

  private static long key(float[] p, int from, int i) {
    return (long) (Integer.MAX_VALUE - Float.floatToIntBits(p[from + i])) << 32 | i;
  }

  /// Leaves the smallest keys of the whole row in `heap`, which holds the first ones: a heap with
  /// the largest on top, where a vocabulary of 50 000 rarely replaces one of a few dozen.
  private static void smallest(long[] heap, float[] p, int from, int size) {
    for (int i = heap.length / 2 - 1; i >= 0; i--) {
      sink(heap, i);
    }
    for (int i = heap.length; i < size; i++) {
      long key = key(p, from, i);
      if (key < heap[0]) {
        heap[0] = key;
        sink(heap, 0);
      }
    }
  }

  private static void sink(long[] heap, int at) {
    long key = heap[at];
    int i = at;
    for (int child = 2 * i + 1; child < heap.length; child = 2 * i + 1) {
      if (child + 1 < heap.length && heap[child + 1] > heap[child]) {
        child++;
      }
      if (heap[child] <= key) {
        break;
      }
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = key;
  }

  private int reaching(float[] p, int from, long[] ranked) {
    double total = 0;
    for (long key : ranked) {
      total += p[from + (int) key];
    }
    double sum = 0;
    for (int i = 0; i < ranked.length; i++) {
      sum += p[from + (int) ranked[i]];
      if (sum >= topP * total) {
        return i + 1;
      }
    }
    return ranked.length;
  }
}
