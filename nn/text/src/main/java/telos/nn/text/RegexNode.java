package telos.nn.text;

import java.util.List;

/// A parsed regular expression.
sealed interface RegexNode {
  /// One character of a set.
  record Chars(CharSet set) implements RegexNode {}

  /// One after the other.
  record Run(List<RegexNode> parts) implements RegexNode {}

  /// The first that leads to a match.
  record Alternatives(List<RegexNode> branches) implements RegexNode {}

  /// `min` to `max` times.
  record Repeat(RegexNode body, int min, int max, Greed greed) implements RegexNode {
    static final int UNBOUNDED = -1;

    /// Whether more or fewer repeats are tried first, or only the most there are.
    enum Greed {
      GREEDY,
      LAZY,
      POSSESSIVE
    }
  }

  /// Whether the next (or, `behind`, the last) character is of a set, or, `negated`, is not.
  record Look(CharSet set, boolean negated, boolean behind) implements RegexNode {}

  /// A place.
  enum Anchor implements RegexNode {
    LINE_START,
    LINE_END,
    START,
    END
  }

  /// Whether it matches the empty text.
  default boolean nullable() {
    return switch (this) {
      case Chars _ -> false;
      case Run(var parts) -> parts.stream().allMatch(RegexNode::nullable);
      case Alternatives(var branches) -> branches.stream().anyMatch(RegexNode::nullable);
      case Repeat repeat -> repeat.min() == 0 || repeat.body().nullable();
      case Look _ -> true;
      case Anchor _ -> true;
    };
  }
}
