package telos.nn.text;

import java.util.Arrays;
import java.util.List;

/// The tokens of a text and where they come from.
///
/// @param ids ids of the tokens
/// @param starts where in the original text (UTF-16, as in `String`) each token begins
/// @param ends where each ends; a token that stands for nothing in the text, such as a begin token,
///   begins and ends at 0
/// @param segments number of the text (token type) each belongs to
public record Encoding(int[] ids, int[] starts, int[] ends, int[] segments) {
  /// @throws IllegalArgumentException for unequal lengths
  public Encoding {
    if (starts.length != ids.length || ends.length != ids.length || segments.length != ids.length) {
      throw new IllegalArgumentException(
          "%d ids, %d starts, %d ends and %d segments do not belong together"
              .formatted(ids.length, starts.length, ends.length, segments.length));
    }
  }

  /// Number of tokens.
  public int size() {
    return ids.length;
  }

  /// This one with all tokens in a segment.
  Encoding segment(int segment) {
    var all = new int[ids.length];
    Arrays.fill(all, segment);
    return new Encoding(ids, starts, ends, all);
  }

  /// One after the other.
  static Encoding concat(List<Encoding> parts) {
    var collected = new Collector(parts.stream().mapToInt(Encoding::size).sum());
    for (var part : parts) {
      for (int i = 0; i < part.size(); i++) {
        collected.add(part.ids[i], part.starts[i], part.ends[i], part.segments[i]);
      }
    }
    return collected.encoding();
  }

  /// A token that stands for nothing in the text.
  static Encoding token(int id, int segment) {
    return new Encoding(new int[] {id}, new int[1], new int[1], new int[] {segment});
  }

  /// A growing encoding.
  static final class Collector {
    private int[][] columns;
    private int size;

    Collector(int expected) {
      columns = new int[4][Math.max(16, expected)];
    }

    void add(int... row) {
      if (size == columns[0].length) {
        for (int i = 0; i < 4; i++) {
          columns[i] = Arrays.copyOf(columns[i], 2 * size);
        }
      }
      for (int i = 0; i < 4; i++) {
        columns[i][size] = row[i];
      }
      size++;
    }

    Encoding encoding() {
      return new Encoding(
          Arrays.copyOf(columns[0], size),
          Arrays.copyOf(columns[1], size),
          Arrays.copyOf(columns[2], size),
          Arrays.copyOf(columns[3], size));
    }
  }
}
