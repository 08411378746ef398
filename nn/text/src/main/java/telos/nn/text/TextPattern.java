package telos.nn.text;

/// What a tokenizer's component looks for in a text.
///
/// @param source a literal text, or a regular expression in Oniguruma's writing
/// @param regex which of the two
public record TextPattern(String source, boolean regex) {
  /// @throws IllegalArgumentException for an empty literal, and for an expression that is malformed
  ///   or uses what is not supported
  public TextPattern {
    if (source.isEmpty()) {
      throw new IllegalArgumentException("a pattern that is empty finds nothing");
    }
    if (regex) {
      Regex.of(source);
    }
  }

  /// A text that is looked for as it is.
  public static TextPattern literal(String text) {
    return new TextPattern(text, false);
  }

  /// A regular expression.
  public static TextPattern regex(String expression) {
    return new TextPattern(expression, true);
  }

  /// Finds all matches from left to right.
  Search search() {
    if (regex) {
      return Regex.of(source)::find;
    }
    return (text, found) -> {
      for (int at = text.indexOf(source);
          at >= 0;
          at = text.indexOf(source, at + source.length())) {
        found.match(at, at + source.length());
      }
    };
  }

  /// A search through one text.
  interface Search {
    void find(String text, Regex.Found found);
  }
}
