package telos.nn.text;

/// A token of a template.
///
/// @param kind what it is
/// @param text its text; of a string, with escapes resolved
/// @param at where it begins
record TemplateToken(Kind kind, String text, int at) {
  /// What a token is.
  enum Kind {
    /// Text outside of tags.
    DATA,
    /// `{%`
    BLOCK_BEGIN,
    /// `%}`
    BLOCK_END,
    /// `{{`
    OUTPUT_BEGIN,
    /// `}}`
    OUTPUT_END,
    /// A word.
    NAME,
    /// A string constant.
    STRING,
    /// Digits.
    INTEGER,
    /// Digits with a point or an exponent.
    REAL,
    /// An operator or a bracket.
    OPERATOR,
    /// The end of the template.
    END
  }

  boolean is(Kind other, String content) {
    return kind == other && text.equals(content);
  }

  /// How an error calls it.
  String shown() {
    return switch (kind) {
      case END -> "the end of the template";
      case DATA -> "text";
      default -> "\"%s\"".formatted(text);
    };
  }
}
