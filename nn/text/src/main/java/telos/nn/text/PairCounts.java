package telos.nn.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Learns merges: all distinct pieces of a corpus lie in one linked list of tokens, and every pair
/// of neighbours knows its count and its places. A merge visits the places of one pair only and
/// corrects the counts of their neighbours, so learning costs the work of the merges, not merges
/// times corpus.
///
/// Counts of a pair are taken at every place where it stands, overlaps included, weighted by how
/// often the piece occurs. The most frequent pair is merged, the lexicographically least of equals.
final class PairCounts {
  /// A pair in the queue with the count it had when it was put there. Whenever a count rises the
  /// pair is put there again; an entry whose count has fallen is put back with the right one.
  private record Candidate(long count, long pair) {}

  private static final Comparator<Candidate> ORDER =
      Comparator.comparingLong(Candidate::count).reversed().thenComparingLong(Candidate::pair);

  private final int[] tokens;
  private final int[] next;
  private final int[] previous;
  private final long[] weights;
  private final Map<Long, Places> places = new HashMap<>();
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>(ORDER);

  /// Where a pair stands, and how often that is in the corpus.
  private static final class Places {
    long count;
    int[] at = new int[4];
    int size;

    void add(int position, long weight) {
      if (size == at.length) {
        at = Arrays.copyOf(at, 2 * size);
      }
      at[size++] = position;
      count += weight;
    }
  }

  /// @param pieces distinct pieces in [ByteAlphabet], with how often each occurs
  /// @param vocabulary the tokens of the bytes
  private PairCounts(Map<String, Long> pieces, Map<String, Integer> vocabulary) {
    int total = pieces.keySet().stream().mapToInt(String::length).reduce(0, Math::addExact);
    tokens = new int[total];
    next = new int[total];
    previous = new int[total];
    weights = new long[total];
    var seen = new LinkedHashSet<Long>();
    var alphabet = alphabet(vocabulary);
    int start = 0;
    for (var piece : pieces.entrySet()) {
      var characters = piece.getKey();
      for (int i = 0; i < characters.length(); i++) {
        tokens[start + i] = alphabet[characters.charAt(i)];
      }
      link(start, start + characters.length(), piece.getValue(), seen);
      start += characters.length();
    }
    enqueue(seen);
  }

  /// The token of each character of [ByteAlphabet].
  private static int[] alphabet(Map<String, Integer> vocabulary) {
    var alphabet = new int[0x180];
    for (int b = 0; b < 256; b++) {
      char c = ByteAlphabet.character(b);
      alphabet[c] = vocabulary.getOrDefault(Character.toString(c), 0);
    }
    return alphabet;
  }

  private void link(int start, int end, long weight, Set<Long> seen) {
    for (int i = start; i < end; i++) {
      next[i] = i + 1 < end ? i + 1 : -1;
      previous[i] = i > start ? i - 1 : -1;
      weights[i] = weight;
      if (i > start) {
        add(i - 1, i, seen);
      }
    }
  }

  /// Merges a pair at all its places, from left to right.
  private void merge(long pair, int merged) {
    int left = (int) (pair >>> 32);
    int right = (int) pair;
    var found = places.remove(pair);
    if (found == null) {
      return;
    }
    var seen = new LinkedHashSet<Long>();
    Arrays.sort(found.at, 0, found.size);
    for (int i = 0; i < found.size; i++) {
      int at = found.at[i];
      if (tokens[at] == left && next[at] >= 0 && tokens[next[at]] == right) {
        join(at, merged, seen);
      }
    }
    enqueue(seen);
  }

  /// The most frequent pair, null if none occurs as often as `least`.
  private @Nullable Candidate best(long least) {
    while (true) {
      var top = queue.poll();
      if (top == null) {
        return null;
      }
      var now = places.get(top.pair());
      long count = now == null ? 0 : now.count;
      if (count == top.count()) {
        return count < least ? null : top;
      }
      if (count > 0) {
        queue.add(new Candidate(count, top.pair()));
      }
    }
  }

  private void join(int at, int merged, Set<Long> seen) {
    int right = next[at];
    int before = previous[at];
    int after = next[right];
    if (before >= 0) {
      remove(before, at);
    }
    if (after >= 0) {
      remove(right, after);
    }
    tokens[at] = merged;
    tokens[right] = -1;
    next[at] = after;
    if (after >= 0) {
      previous[after] = at;
      add(at, after, seen);
    }
    if (before >= 0) {
      add(before, at, seen);
    }
  }

  private void add(int left, int right, Set<Long> seen) {
    long pair = Merges.key(tokens[left], tokens[right]);
    places.computeIfAbsent(pair, _ -> new Places()).add(left, weights[left]);
    seen.add(pair);
  }

  /// The place itself stays listed and is found stale when its pair is merged.
  private void remove(int left, int right) {
    var there = places.get(Merges.key(tokens[left], tokens[right]));
    if (there != null) {
      there.count -= weights[left];
    }
  }

  private void enqueue(Set<Long> pairs) {
    for (long pair : pairs) {
      var there = places.get(pair);
      if (there != null && there.count > 0) {
        queue.add(new Candidate(there.count, pair));
      }
    }
  }

  /// Learns merges until the vocabulary has `size` tokens or no pair occurs `least` times. Two
  /// merges may spell one token (ab+c, a+bc): they share its id, and a pair that comes back because
  /// of that is merged again without a second entry, just as encoding does it.
  ///
  /// @param pieces distinct pieces in [ByteAlphabet], with how often each occurs
  /// @param vocabulary token to id, ids from 0 without gaps, in order; the learnt tokens are
  ///   appended
  static List<TokenModel.Merge> learn(
      Map<String, Long> pieces, Map<String, Integer> vocabulary, int size, long least) {
    var counts = new PairCounts(pieces, vocabulary);
    var names = new ArrayList<>(vocabulary.keySet());
    var merges = new LinkedHashMap<Long, TokenModel.Merge>();
    while (names.size() < size) {
      var best = counts.best(least);
      if (best == null) {
        break;
      }
      var left = names.get((int) (best.pair() >>> 32));
      var right = names.get((int) best.pair());
      var id = vocabulary.putIfAbsent(left + right, names.size());
      if (id == null) {
        id = names.size();
        names.add(left + right);
      }
      merges.putIfAbsent(best.pair(), new TokenModel.Merge(left, right));
      counts.merge(best.pair(), id);
    }
    return List.copyOf(merges.values());
  }
}
