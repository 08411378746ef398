package telos.nn;

import java.util.Arrays;
import java.util.stream.IntStream;

/// The tokens that may be drawn, of one row of probabilities. Everything is added in a fixed order
/// in double: the draw depends on the row and the uniform number alone.
///
/// @param p probabilities of the vocabulary from `from` on, not necessarily normalised
/// @param tokens those that may be drawn: all in order of index, or in the order of what chose them
@SuppressWarnings("ArrayRecordComponent") // never compared
record Candidates(float[] p, int from, int[] tokens) {
  /// All tokens of a row.
  static Candidates all(float[] p, int from, int size) {
    return new Candidates(p, from, IntStream.range(0, size).toArray());
  }

  /// A token and the logarithm of the probability with which it was drawn.
  record Draw(int token, double logProb) {}

  /// @param u uniform in `[0, 1)`
  Draw draw(double u) {
    double total = total();
    double target = u * total;
    double sum = 0;
    int drawn = tokens[0];
    for (int i = 0; i < tokens.length && sum <= target; i++) {
      float probability = at(tokens[i]);
      if (probability > 0) {
        drawn = tokens[i];
      }
      sum += probability;
    }
    return new Draw(drawn, StrictMath.log(at(drawn) / total));
  }

  private float at(int token) {
    return p[from + token];
  }

  private double total() {
    double total = 0;
    for (int token : tokens) {
      total += at(token);
    }
    return total;
  }

  /// The `count` most likely ones, lower indices first among equals.
  Candidates mostLikely(int count) {
    return count >= tokens.length ? this : first(byLikelihood(), count, Double.POSITIVE_INFINITY);
  }

  /// The fewest most likely ones that hold this share of the probability.
  Candidates reaching(double share) {
    return first(byLikelihood(), tokens.length, share * total());
  }

  /// Those at least `share` as likely as the most likely.
  Candidates atLeast(double share) {
    double most = 0;
    for (int token : tokens) {
      most = Math.max(most, at(token));
    }
    double least = share * most;
    return new Candidates(p, from, Arrays.stream(tokens).filter(t -> at(t) >= least).toArray());
  }

  /// The fewest that hold this share, those of the most typical surprise first, lower indices first
  /// among equals (in float).
  Candidates typical(double share) {
    double total = total();
    double entropy = 0;
    for (int token : tokens) {
      double q = at(token) / total;
      entropy -= q > 0 ? q * StrictMath.log(q) : 0;
    }
    long[] keys = new long[tokens.length];
    for (int i = 0; i < keys.length; i++) {
      double surprise = -StrictMath.log(at(tokens[i]) / total);
      keys[i] = key((float) Math.abs(surprise - entropy), tokens[i]);
    }
    return first(new Ascending(keys), tokens.length, share * total);
  }

  /// Most likely first, lower index first among equals.
  private Ascending byLikelihood() {
    long[] keys = new long[tokens.length];
    for (int i = 0; i < keys.length; i++) {
      int bits = Integer.MAX_VALUE - Float.floatToIntBits(at(tokens[i]));
      keys[i] = (long) bits << 32 | tokens[i];
    }
    return new Ascending(keys);
  }

  /// Bits of a non-negative float order as it does.
  private static long key(float value, int token) {
    return (long) Float.floatToIntBits(value) << 32 | token;
  }

  /// The first tokens of an order: at most `count`, and no more than reach `mass`.
  private Candidates first(Ascending order, int count, double mass) {
    int[] kept = new int[count];
    double sum = 0;
    int size = 0;
    while (size < count && sum < mass) {
      kept[size] = (int) order.next();
      sum += at(kept[size++]);
    }
    return new Candidates(p, from, Arrays.copyOf(kept, size));
  }

  /// Numbers in rising order, as far as they are asked for: a heap, where of a vocabulary of 50 000
  /// rarely more than a few dozen are.
  private static final class Ascending {
    private final long[] heap;
    private int size;

    Ascending(long[] numbers) {
      heap = numbers;
      size = numbers.length;
      for (int i = size / 2 - 1; i >= 0; i--) {
        sink(i);
      }
    }

    long next() {
      long smallest = heap[0];
      heap[0] = heap[--size];
      sink(0);
      return smallest;
    }

    private void sink(int at) {
      long number = heap[at];
      int i = at;
      for (int child = 2 * i + 1; child < size; child = 2 * i + 1) {
        if (child + 1 < size && heap[child + 1] < heap[child]) {
          child++;
        }
        if (heap[child] >= number) {
          break;
        }
        heap[i] = heap[child];
        i = child;
      }
      heap[i] = number;
    }
  }
}
