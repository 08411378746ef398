package telos.nn.text;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Text that knows of each of its characters which characters of the original text it stands for.
/// Immutable. Positions are UTF-16, as in `String`.
final class Aligned {
  private final String text;
  private final int @Nullable [] spans;
  private final int from;

  /// @param spans start and end of each character in the original, from character number `from` on;
  ///   null for text that is unchanged: character i is then character `from + i` of the original
  private Aligned(String text, int @Nullable [] spans, int from) {
    this.text = text;
    this.spans = spans;
    this.from = from;
  }

  static Aligned of(String original) {
    return new Aligned(original, null, 0);
  }

  String text() {
    return text;
  }

  int length() {
    return text.length();
  }

  /// Where in the original character `i` begins.
  int start(int i) {
    return spans == null ? from + i : spans[2 * (from + i)];
  }

  /// Where in the original character `i` ends.
  int end(int i) {
    return spans == null ? from + i + 1 : spans[2 * (from + i) + 1];
  }

  Aligned slice(int start, int end) {
    return start == 0 && end == text.length()
        ? this
        : new Aligned(text.substring(start, end), spans, from + start);
  }

  /// Every code point replaced by a text, null to keep it; what replaces it stands for it.
  Aligned map(IntFunction<@Nullable String> change) {
    var out = new Builder(text.length());
    for (int i = 0, end; i < text.length(); i = end) {
      int c = text.codePointAt(i);
      end = i + Character.charCount(c);
      var changed = change.apply(c);
      if (changed == null) {
        out.keep(this, i, end);
      } else {
        out.put(changed, start(i), end(end - 1));
      }
    }
    return out.build();
  }

  /// With a text in front, aligned with the first character.
  Aligned prepend(String front) {
    var out = new Builder(text.length() + front.length());
    out.put(front, start(0), end(Character.charCount(text.codePointAt(0)) - 1));
    out.keep(this, 0, text.length());
    return out.build();
  }

  /// Collects characters and what they stand for.
  static final class Builder {
    private final StringBuilder text;
    private int[] spans;

    Builder(int expected) {
      text = new StringBuilder(expected);
      spans = new int[2 * expected + 8];
    }

    /// All characters of `added` stand for the original's `start` to `end`.
    void put(CharSequence added, int start, int end) {
      reserve(added.length());
      for (int i = 2 * text.length(), n = i + 2 * added.length(); i < n; i += 2) {
        spans[i] = start;
        spans[i + 1] = end;
      }
      text.append(added);
    }

    void put(char added, int start, int end) {
      reserve(1);
      spans[2 * text.length()] = start;
      spans[2 * text.length() + 1] = end;
      text.append(added);
    }

    void keep(Aligned source, int from, int to) {
      reserve(to - from);
      int at = 2 * text.length();
      for (int i = from; i < to; i++) {
        spans[at++] = source.start(i);
        spans[at++] = source.end(i);
      }
      text.append(source.text, from, to);
    }

    private void reserve(int more) {
      int needed = 2 * (text.length() + more);
      if (needed > spans.length) {
        spans = Arrays.copyOf(spans, Math.max(needed, spans.length + (spans.length >> 1)));
      }
    }

    Aligned build() {
      return new Aligned(text.toString(), spans, 0);
    }
  }
}
