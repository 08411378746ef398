package telos.nn.text;

/// Text that remembers, of each character, where it comes from: so a special token that a template
/// writes can be told from the same characters in a message, and what an assistant says from what
/// it is told.
///
/// @param chars the text
/// @param origin one character for each of `chars`: 0, or the sum of [#CONTENT] and [#ASSISTANT]
record TemplateText(String chars, String origin) {
  /// From the messages, or computed from what is.
  static final char CONTENT = 1;

  /// Inside of `{% generation %}`.
  static final char ASSISTANT = 2;

  static final TemplateText EMPTY = new TemplateText("", "");

  /// What the template itself says.
  static TemplateText literal(String chars) {
    return new TemplateText(chars, "\0".repeat(chars.length()));
  }

  static TemplateText content(String chars) {
    return new TemplateText(chars, "\1".repeat(chars.length()));
  }

  int length() {
    return chars.length();
  }

  TemplateText slice(int from, int to) {
    return from >= to
        ? EMPTY
        : new TemplateText(chars.substring(from, to), origin.substring(from, to));
  }

  TemplateText plus(TemplateText next) {
    return new TemplateText(chars + next.chars, origin + next.origin);
  }

  /// Another writing of this text: characters keep their origin if their number is the same,
  /// otherwise all are content.
  TemplateText rewritten(String other) {
    return other.length() == chars.length() ? new TemplateText(other, origin) : content(other);
  }

  /// Without the characters of a set at the ends; without white space for an empty one.
  TemplateText stripped(String set, boolean front, boolean back) {
    int from = 0;
    int to = chars.length();
    while (front && from < to && strips(set, chars.charAt(from))) {
      from++;
    }
    while (back && to > from && strips(set, chars.charAt(to - 1))) {
      to--;
    }
    return slice(from, to);
  }

  private static boolean strips(String set, char c) {
    return set.isEmpty() ? isSpace(c) : set.indexOf(c) >= 0;
  }

  /// White space as Python has it, which is Unicode's and the four separators of ASCII.
  static boolean isSpace(char c) {
    return UnicodeClass.isSpace(c) || c >= 0x1c && c <= 0x1f;
  }

  static int spaceBefore(String text, int end) {
    int from = end;
    while (from > 0 && isSpace(text.charAt(from - 1))) {
      from--;
    }
    return from;
  }

  static int spaceAfter(String text, int start) {
    int to = start;
    while (to < text.length() && isSpace(text.charAt(to))) {
      to++;
    }
    return to;
  }

  /// Characters that come one after the other.
  static final class Builder {
    private final StringBuilder chars = new StringBuilder();
    private final StringBuilder origin = new StringBuilder();

    Builder add(TemplateText text) {
      chars.append(text.chars);
      origin.append(text.origin);
      return this;
    }

    Builder addAssistant(TemplateText text) {
      chars.append(text.chars);
      text.origin.chars().forEach(o -> origin.append((char) (o | ASSISTANT)));
      return this;
    }

    int length() {
      return chars.length();
    }

    TemplateText text() {
      return new TemplateText(chars.toString(), origin.toString());
    }
  }
}
