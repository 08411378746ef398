package telos.nn.text;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Does what a [Normalizer] says, keeping track of where characters come from.
final class Normalization {
  private Normalization() {}

  static UnaryOperator<Aligned> of(Normalizer normalizer) {
    return switch (normalizer) {
      case Normalizer.Sequence(var parts) ->
          sequence(parts.stream().map(Normalization::of).toList());
      case Normalizer.Form(var form) -> text -> NormalForm.apply(form, text);
      case Normalizer.Lowercase _ -> mapping(Normalization::lower);
      case Normalizer.StripAccents _ -> mapping(c -> UnicodeClass.isMark(c) ? "" : null);
      case Normalizer.Strip(var left, var right) -> text -> strip(text, left, right);
      case Normalizer.Nmt _ -> mapping(Normalization::translation);
      case Normalizer.Prepend(var front) -> text -> text.length() == 0 ? text : text.prepend(front);
      case Normalizer.Replace(var pattern, var content) -> replacing(pattern.search(), content);
      case Normalizer.Bert bert -> bert(bert);
      case Normalizer.Precompiled(var rules) -> Charsmap.of(rules)::apply;
      case Normalizer.ByteLevel _ -> Normalization::bytes;
    };
  }

  private static UnaryOperator<Aligned> sequence(java.util.List<UnaryOperator<Aligned>> parts) {
    return text -> {
      var now = text;
      for (var part : parts) {
        now = part.apply(now);
      }
      return now;
    };
  }

  /// What a code point becomes, null for itself.
  private interface Change {
    @Nullable String of(int c);
  }

  /// A text without a changed code point is returned as it is.
  private static UnaryOperator<Aligned> mapping(Change change) {
    return text ->
        text.text().codePoints().allMatch(c -> change.of(c) == null) ? text : text.map(change::of);
  }

  private static @Nullable String lower(int c) {
    if (c == 0x130) {
      return "i\u0307";
    }
    int lower = Character.toLowerCase(c);
    return lower == c ? null : Character.toString(lower);
  }

  private static @Nullable String translation(int c) {
    boolean dropped =
        c >= 1 && c <= 8
            || c == 0xb
            || c >= 0xe && c <= 0x1f
            || c == 0x7f
            || c == 0x8f
            || c == 0x9f;
    if (dropped) {
      return "";
    }
    boolean space =
        c == 9
            || c == 0xa
            || c == 0xc
            || c == 0xd
            || c == 0x1680
            || c >= 0x200b && c <= 0x200f
            || c == 0x2028
            || c == 0x2029
            || c == 0x2581
            || c == 0xfeff
            || c == 0xfffd;
    return space ? " " : null;
  }

  private static Aligned strip(Aligned text, boolean left, boolean right) {
    int start = 0;
    int end = text.length();
    while (left && start < end && UnicodeClass.isSpace(text.text().charAt(start))) {
      start++;
    }
    while (right && end > start && UnicodeClass.isSpace(text.text().charAt(end - 1))) {
      end--;
    }
    return text.slice(start, end);
  }

  private static UnaryOperator<Aligned> replacing(TextPattern.Search search, String content) {
    return text -> {
      var out = new Aligned.Builder(text.length());
      int[] kept = {0};
      search.find(
          text.text(),
          (start, end) -> {
            out.keep(text, kept[0], start);
            out.put(content, text.start(start), text.end(end - 1));
            kept[0] = end;
          });
      if (kept[0] == 0) {
        return text;
      }
      out.keep(text, kept[0], text.length());
      return out.build();
    };
  }

  private static UnaryOperator<Aligned> bert(Normalizer.Bert bert) {
    var parts = new java.util.ArrayList<UnaryOperator<Aligned>>();
    if (bert.cleanText()) {
      parts.add(mapping(Normalization::clean));
    }
    if (bert.chinese()) {
      parts.add(text -> hasIdeograph(text.text()) ? apart(text) : text);
    }
    if (bert.stripAccents().orElse(bert.lowercase())) {
      parts.add(text -> NormalForm.apply(java.text.Normalizer.Form.NFD, text));
      parts.add(mapping(c -> Character.getType(c) == Character.NON_SPACING_MARK ? "" : null));
    }
    if (bert.lowercase()) {
      parts.add(mapping(Normalization::lower));
    }
    return sequence(parts);
  }

  private static @Nullable String clean(int c) {
    if (UnicodeClass.isSpace(c)) {
      return c == ' ' ? null : c == 0xb || c == 0xc || c == 0x85 ? "" : " ";
    }
    int type = Character.getType(c);
    boolean control =
        type == Character.CONTROL || type == Character.FORMAT || type == Character.PRIVATE_USE;
    return control || c == 0xfffd ? "" : null;
  }

  private static boolean hasIdeograph(String text) {
    return text.codePoints().anyMatch(Normalization::isIdeograph);
  }

  private static Aligned apart(Aligned text) {
    var out = new Aligned.Builder(2 * text.length());
    var raw = text.text();
    for (int i = 0, end; i < raw.length(); i = end) {
      int c = raw.codePointAt(i);
      end = i + Character.charCount(c);
      boolean ideograph = isIdeograph(c);
      if (ideograph) {
        out.put(' ', text.start(i), text.start(i));
      }
      out.keep(text, i, end);
      if (ideograph) {
        out.put(' ', text.end(end - 1), text.end(end - 1));
      }
    }
    return out.build();
  }

  private static boolean isIdeograph(int c) {
    return c >= 0x4e00 && c <= 0x9fff
        || c >= 0x3400 && c <= 0x4dbf
        || c >= 0x20000 && c <= 0x2a6df
        || c >= 0x2a700 && c <= 0x2b73f
        || c >= 0x2b740 && c <= 0x2b81f
        || c >= 0x2b820 && c <= 0x2ceaf
        || c >= 0xf900 && c <= 0xfaff
        || c >= 0x2f800 && c <= 0x2fa1f;
  }

  /// Each character's bytes, in [ByteAlphabet], stand for the whole character.
  static Aligned bytes(Aligned text) {
    var out = new Aligned.Builder(text.length() + text.length() / 8);
    var raw = text.text();
    for (int i = 0, end; i < raw.length(); i = end) {
      int c = raw.codePointAt(i);
      end = i + Character.charCount(c);
      if (c < 128) {
        out.put(ByteAlphabet.character(c), text.start(i), text.end(i));
      } else {
        byte[] bytes = Utf8.bytes(Character.toString(c));
        out.put(ByteAlphabet.characters(bytes), text.start(i), text.end(end - 1));
      }
    }
    return out.build();
  }
}
