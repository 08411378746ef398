package telos.nn.text;

import java.util.Arrays;

/// A sequence of tokens to imitate, and which of them count.
///
/// @param ids the tokens
/// @param counted of each whether it shall be predicted; the first never can
/// @param line where it comes from: a line of the data, or 0
public record Demonstration(int[] ids, boolean[] counted, long line) {
  /// @throws IllegalArgumentException for unequal lengths, or if the first token counts
  public Demonstration {
    if (ids.length != counted.length || ids.length > 0 && counted[0]) {
      throw new IllegalArgumentException(
          "a demonstration of %d tokens and %d marks; needs one mark a token, the first unmarked"
              .formatted(ids.length, counted.length));
    }
  }

  /// A whole text: all but the first token count.
  public static Demonstration text(int... ids) {
    return after(1, ids);
  }

  /// A response: all but the first `prompt` tokens count.
  ///
  /// @param prompt at least 1
  public static Demonstration after(int prompt, int... ids) {
    if (prompt < 1 || prompt > ids.length) {
      throw new IllegalArgumentException(
          "a sequence of %d tokens has no prompt of %d".formatted(ids.length, prompt));
    }
    var counted = new boolean[ids.length];
    Arrays.fill(counted, prompt, ids.length, true);
    return new Demonstration(ids, counted, 0);
  }

  /// How many tokens count.
  public int weight() {
    int weight = 0;
    for (boolean one : counted) {
      weight += one ? 1 : 0;
    }
    return weight;
  }

  /// The first tokens alone.
  Demonstration first(int length) {
    return length >= ids.length
        ? this
        : new Demonstration(Arrays.copyOf(ids, length), Arrays.copyOf(counted, length), line);
  }
}
