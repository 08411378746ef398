package telos.nn.text;

import java.util.ArrayList;
import java.util.List;
import telos.nn.text.RegexNode.Alternatives;
import telos.nn.text.RegexNode.Anchor;
import telos.nn.text.RegexNode.Chars;
import telos.nn.text.RegexNode.Look;
import telos.nn.text.RegexNode.Repeat;
import telos.nn.text.RegexNode.Run;

/// Reads a regular expression as Oniguruma does, for what tokenizers use: alternatives, classes
/// with ranges and properties, groups without capture, `(?i)`, greedy, lazy and (on one character)
/// possessive repeats, anchors, and looking one character ahead or behind.
final class RegexParser {
  private static final int MAX_DEPTH = 50;
  private static final int MAX_REPEAT = 1000;
  private static final int MAX_REPEATS = 4;
  private final String source;
  private int at;
  private int depth;
  private boolean anyCase;

  private RegexParser(String source) {
    this.source = source;
  }

  /// @throws IllegalArgumentException when the expression is malformed or uses something else
  static RegexNode parse(String source) {
    var parser = new RegexParser(source);
    var node = parser.alternatives();
    if (parser.at < source.length()) {
      throw parser.fault("a closing parenthesis without an opening one");
    }
    return node;
  }

  private IllegalArgumentException fault(String what) {
    return new IllegalArgumentException(
        "the regular expression %s has %s at character %d".formatted(source, what, at));
  }

  private boolean end() {
    return at == source.length();
  }

  private boolean looking(String text) {
    return source.startsWith(text, at);
  }

  private boolean take(String text) {
    boolean here = looking(text);
    at += here ? text.length() : 0;
    return here;
  }

  private int character() {
    if (end()) {
      throw fault("its end in the middle of something");
    }
    int c = source.codePointAt(at);
    at += Character.charCount(c);
    return c;
  }

  private RegexNode alternatives() {
    if (++depth > MAX_DEPTH) {
      throw fault("more than %d nested groups".formatted(MAX_DEPTH));
    }
    boolean outside = anyCase;
    var branches = new ArrayList<RegexNode>();
    do {
      branches.add(run());
    } while (take("|"));
    anyCase = outside;
    depth--;
    return branches.size() == 1 ? branches.getFirst() : new Alternatives(branches);
  }

  private RegexNode run() {
    var parts = new ArrayList<RegexNode>();
    while (!end() && !looking("|") && !looking(")")) {
      if (take("(?i)")) {
        anyCase = true;
      } else {
        parts.add(repeated(atom()));
      }
    }
    return new Run(parts);
  }

  private RegexNode repeated(RegexNode atom) {
    var node = atom;
    int repeats = 0;
    while (!end() && "?*+{".indexOf(source.charAt(at)) >= 0) {
      if (++repeats > MAX_REPEATS) {
        throw fault("more than %d repeats of repeats".formatted(MAX_REPEATS));
      }
      boolean counted = looking("{");
      int[] range = range();
      if (node.nullable() && range[1] == Repeat.UNBOUNDED) {
        throw fault("an unbounded repeat of what can be empty");
      }
      var greed = greed(counted);
      if (greed == Repeat.Greed.POSSESSIVE && !(node instanceof Chars)) {
        throw fault("a possessive repeat of more than one character, which is not supported");
      }
      node = new Repeat(node, range[0], range[1], greed);
    }
    return node;
  }

  /// A plus after a count is no mark of possession in Oniguruma but a repeat of the repeat.
  private Repeat.Greed greed(boolean counted) {
    if (!counted && take("+")) {
      return Repeat.Greed.POSSESSIVE;
    }
    return take("?") ? Repeat.Greed.LAZY : Repeat.Greed.GREEDY;
  }

  private int[] range() {
    return switch (character()) {
      case '?' -> new int[] {0, 1};
      case '*' -> new int[] {0, Repeat.UNBOUNDED};
      case '+' -> new int[] {1, Repeat.UNBOUNDED};
      default -> counted();
    };
  }

  private int[] counted() {
    int close = source.indexOf('}', at);
    var inside = close < 0 ? "" : source.substring(at, close);
    if (!inside.matches("\\d{1,4}(,\\d{0,4})?|,\\d{1,4}")) {
      throw fault("a malformed count");
    }
    at = close + 1;
    var parts = inside.split(",", 2);
    int min = parts[0].isEmpty() ? 0 : Integer.parseInt(parts[0]);
    int max = min;
    if (parts.length > 1) {
      max = parts[1].isEmpty() ? Repeat.UNBOUNDED : Integer.parseInt(parts[1]);
    }
    if (max != Repeat.UNBOUNDED && max < min || Math.max(min, max) > MAX_REPEAT) {
      throw fault("a count out of range (0 to %d)".formatted(MAX_REPEAT));
    }
    return new int[] {min, max};
  }

  private RegexNode atom() {
    int c = character();
    return switch (c) {
      case '(' -> group();
      case '[' -> new Chars(cased(characterClass()));
      case '.' -> new Chars(CharSet.only('\n').not());
      case '^' -> Anchor.LINE_START;
      case '$' -> Anchor.LINE_END;
      case '\\' -> escaped();
      case '?', '*', '+' -> throw fault("a repeat of nothing");
      default -> new Chars(anyCase ? CharSet.anyCase(c) : CharSet.only(c));
    };
  }

  private RegexNode escaped() {
    if (take("A")) {
      return Anchor.START;
    }
    if (take("z")) {
      return Anchor.END;
    }
    return new Chars(cased(escape()));
  }

  private CharSet cased(CharSet set) {
    return anyCase ? set.foldCase() : set;
  }

  private RegexNode group() {
    boolean outside = anyCase;
    for (var look : List.of("?=", "?!", "?<=", "?<!")) {
      if (take(look)) {
        return new Look(single(closed()), look.endsWith("!"), look.contains("<"));
      }
    }
    if (take("?i:")) {
      anyCase = true;
    } else if (looking("?") && !take("?:")) {
      throw fault("a group of a kind that is not supported");
    }
    var inside = closed();
    anyCase = outside;
    return inside;
  }

  private RegexNode closed() {
    var inside = alternatives();
    if (!take(")")) {
      throw fault("a group that is not closed");
    }
    return inside;
  }

  private CharSet single(RegexNode node) {
    return switch (node) {
      case Chars(var set) -> set;
      case Run(var parts) when parts.size() == 1 -> single(parts.getFirst());
      case Alternatives(var branches) ->
          branches.stream().map(this::single).reduce(CharSet::or).orElseThrow();
      default -> throw fault("a look at more than one character, which is not supported");
    };
  }

  private CharSet characterClass() {
    if (++depth > MAX_DEPTH) {
      throw fault("more than %d nested classes".formatted(MAX_DEPTH));
    }
    boolean negated = take("^");
    var members = new ArrayList<CharSet>();
    do {
      members.add(member());
    } while (!take("]"));
    depth--;
    CharSet any = new CharSet(c -> members.stream().anyMatch(m -> m.has(c)));
    return negated ? any.not() : any;
  }

  private CharSet member() {
    if (looking("[:") || looking("&&")) {
      throw fault("a POSIX class or an intersection, which are not supported");
    }
    if (take("[")) {
      return characterClass();
    }
    int before = at;
    int first = character();
    if (first == '\\') {
      int literal = literal();
      if (literal < 0) {
        return escape();
      }
      first = literal;
    }
    if (!looking("-") || source.startsWith("-]", at)) {
      return CharSet.only(first);
    }
    at++;
    int last = character();
    last = last == '\\' ? literal() : last;
    if (last < first) {
      at = before;
      throw fault("a range that runs backwards");
    }
    int low = first;
    int high = last;
    return new CharSet(c -> c >= low && c <= high);
  }

  /// After a backslash: the one character it stands for, or -1 (and nothing taken) for a class.
  private int literal() {
    int before = at;
    int c = character();
    int plain =
        switch (c) {
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          case 'f' -> '\f';
          case 'v' -> 0x0b;
          case 'a' -> 7;
          case 'e' -> 27;
          case 'x' -> hexadecimal(2);
          case 'u' -> hexadecimal(4);
          default -> Character.isLetterOrDigit(c) ? -1 : c;
        };
    if (plain < 0) {
      at = before;
    }
    return plain;
  }

  private int hexadecimal(int digits) {
    boolean braces = take("{");
    int close = braces ? source.indexOf('}', at) : at + digits;
    var inside = close < at || close > source.length() ? "" : source.substring(at, close);
    if (!inside.matches("[0-9a-fA-F]{1,6}")) {
      throw fault("a malformed character number");
    }
    at = close + (braces ? 1 : 0);
    return Integer.parseInt(inside, 16);
  }

  private CharSet escape() {
    int literal = literal();
    if (literal >= 0) {
      return anyCase ? CharSet.anyCase(literal) : CharSet.only(literal);
    }
    int c = character();
    return switch (c) {
      case 's' -> new CharSet(UnicodeClass::isSpace);
      case 'S' -> new CharSet(UnicodeClass::isSpace).not();
      case 'd' -> new CharSet(Character::isDigit);
      case 'D' -> new CharSet(Character::isDigit).not();
      case 'w' -> new CharSet(RegexParser::isWord);
      case 'W' -> new CharSet(RegexParser::isWord).not();
      case 'p' -> property();
      case 'P' -> property().not();
      default ->
          throw fault("the escape \\%s, which is not supported".formatted(Character.toString(c)));
    };
  }

  /// Oniguruma's word characters leave out the two joiners.
  private static boolean isWord(int c) {
    return c != 0x200c && c != 0x200d && UnicodeClass.isWord(c);
  }

  private CharSet property() {
    if (!take("{")) {
      return named(Character.toString(character()));
    }
    boolean negated = take("^");
    int close = source.indexOf('}', at);
    if (close < 0) {
      throw fault("a property that is not closed");
    }
    var name = source.substring(at, close);
    at = close + 1;
    return negated ? named(name).not() : named(name);
  }

  private CharSet named(String name) {
    var found = UnicodeClass.named(name);
    if (found == null) {
      throw fault("the unknown property \\p{%s}".formatted(name));
    }
    return new CharSet(found);
  }
}
