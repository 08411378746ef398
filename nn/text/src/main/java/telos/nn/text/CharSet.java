package telos.nn.text;

import java.util.function.IntPredicate;

/// A set of code points, fast for ASCII.
final class CharSet {
  private final boolean[] ascii = new boolean[128];
  private final IntPredicate rest;

  CharSet(IntPredicate members) {
    for (int c = 0; c < 128; c++) {
      ascii[c] = members.test(c);
    }
    rest = members;
  }

  static CharSet only(int member) {
    return new CharSet(c -> c == member);
  }

  /// The code points that differ from `member` in case only (simple folding), and itself.
  static CharSet anyCase(int member) {
    int folded = fold(member);
    return new CharSet(c -> fold(c) == folded);
  }

  private static int fold(int c) {
    return Character.toLowerCase(Character.toUpperCase(c));
  }

  boolean has(int c) {
    return c < 128 ? ascii[c] : rest.test(c);
  }

  CharSet or(CharSet other) {
    return new CharSet(c -> has(c) || other.has(c));
  }

  CharSet not() {
    return new CharSet(c -> !has(c));
  }

  CharSet foldCase() {
    return new CharSet(c ->
        has(c) || has(fold(c)) || has(Character.toLowerCase(c)) || has(Character.toUpperCase(c)));
  }
}
