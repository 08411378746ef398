package telos.nn.text;

import java.util.Locale;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Classes of code points by their Unicode properties, as tokenizers name them.
final class UnicodeClass {
  private static final String CATEGORIES =
      "CnLuLlLtLmLoMnMeMcNdNlNoZsZlZp--CcCfCoCsPdPsPePcPoSmScSkSoPiPf";

  private UnicodeClass() {}

  /// The property White_Space.
  static boolean isSpace(int c) {
    return c >= 9 && c <= 13 || c == 0x85 || Character.isSpaceChar(c);
  }

  /// What `\w` means: letters, marks, decimal digits, connectors.
  static boolean isWord(int c) {
    int type = Character.getType(c);
    return Character.isAlphabetic(c)
        || isMark(c)
        || type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.CONNECTOR_PUNCTUATION
        || c == 0x200c
        || c == 0x200d;
  }

  /// Categories Mn, Mc and Me.
  static boolean isMark(int c) {
    int type = Character.getType(c);
    return type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK;
  }

  /// ASCII punctuation and symbols, and the categories P*.
  static boolean isPunctuation(int c) {
    if (c < 128) {
      return c > ' ' && c < 127 && !Character.isLetterOrDigit(c);
    }
    return category(c).charAt(0) == 'P';
  }

  /// The numbers of all scripts: Nd, Nl and No.
  static boolean isNumeric(int c) {
    return category(c).charAt(0) == 'N';
  }

  /// Two letters, such as Lu.
  static String category(int c) {
    int type = Character.getType(c);
    return CATEGORIES.substring(2 * type, 2 * type + 2);
  }

  /// The class of a property's name: a category (`L`, `Lu`), or a script (`Han`); null if unknown.
  static @Nullable IntPredicate named(String name) {
    if (name.equals("L&")) {
      return c -> category(c).matches("L[ult]");
    }
    if (name.length() == 1 && "LMNPSZC".contains(name)) {
      char group = name.charAt(0);
      return c -> category(c).charAt(0) == group;
    }
    int type = name.length() == 2 ? CATEGORIES.indexOf(name) : -1;
    if (type >= 0 && type % 2 == 0 && !name.equals("--")) {
      return c -> Character.getType(c) == type / 2;
    }
    try {
      var script = Character.UnicodeScript.forName(name.toUpperCase(Locale.ROOT));
      return c -> Character.UnicodeScript.of(c) == script;
    } catch (IllegalArgumentException _) {
      return null;
    }
  }
}
