package telos.nn.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

final class RegexTest {
  private static final String LLAMA3 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final List<String> EXPRESSIONS =
      List.of(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          LLAMA3,
          "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{M}]*[\\p{Ll}\\p{M}]+(?i:'s|'t)?|\\p{N}{1,3}|\\s+",
          "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+");

  private static List<String> found(String expression, String text) {
    var found = new ArrayList<String>();
    Regex.of(expression).find(text, (start, end) -> found.add(start + "-" + end));
    return found;
  }

  private static List<String> expected(String expression, String text) {
    var found = new ArrayList<String>();
    var matcher =
        Pattern.compile(
                expression.replace("(?i:", "(?iu:"),
                Pattern.UNICODE_CHARACTER_CLASS | Pattern.MULTILINE | Pattern.UNIX_LINES)
            .matcher(text);
    while (matcher.find()) {
      if (matcher.end() > matcher.start()) {
        found.add(matcher.start() + "-" + matcher.end());
      }
    }
    return found;
  }

  @Provide
  Arbitrary<String> texts() {
    var interesting =
        Arbitraries.of(
            "a",
            "B",
            "'s",
            "'LL",
            "'\u017f",
            " ",
            "  ",
            "\n",
            "\r\n",
            "\t",
            "1",
            "23",
            "\u0663",
            "\u00e9",
            "e\u0301",
            "\u00a0",
            "\u3000",
            "!",
            "--",
            "\ud83d\ude00",
            "\u65e5",
            "\u2167");
    return Arbitraries.oneOf(
        interesting.list().ofMaxSize(20).map(l -> String.join("", l)),
        Arbitraries.strings().ofMaxLength(20));
  }

  @Property(tries = 300)
  void agreesWithJavaOnTheExpressionsOfTokenizers(@ForAll("texts") String text) {
    for (var expression : EXPRESSIONS) {
      var formed = Utf8.wellFormed(text);
      assertEquals(expected(expression, formed), found(expression, formed), expression);
    }
  }

  @Provide
  Arbitrary<String> expressions() {
    var atoms =
        Arbitraries.of(
            "a",
            "b",
            ".",
            "[ab]",
            "[^a]",
            "(?:a|bc)",
            "(ab)",
            "(?!b)",
            "(?=c)",
            "(?<=a)",
            "\\b?c",
            "(?<!c)",
            "^",
            "$",
            "(?i:B)",
            "[a-b\\s]",
            "\\p{Lu}",
            "\\x61",
            "\\w",
            "\\D");
    var repeats = Arbitraries.of("", "", "", "?", "+", "*", "{1,2}", "{2}", "+?", "*?", "??");
    Arbitrary<String> part =
        Arbitraries.of(true, false)
            .flatMap(_ -> atoms.flatMap(atom -> repeats.map(r -> repeated(atom, r))));
    return part.list()
        .ofMinSize(1)
        .ofMaxSize(4)
        .map(parts -> String.join("", parts))
        .list()
        .ofMinSize(1)
        .ofMaxSize(3)
        .map(branches -> String.join("|", branches));
  }

  private static String repeated(String atom, String repeat) {
    boolean place = atom.startsWith("(?!") || atom.startsWith("(?=") || atom.startsWith("(?<");
    return place || "^$".contains(atom) || atom.startsWith("\\b")
        ? atom.replace("\\b?", "")
        : atom + repeat;
  }

  @Property(tries = 1500)
  void agreesWithJavaOnAnyExpression(
      @ForAll("expressions") String expression,
      @ForAll @StringLength(max = 12) @CharRange(from = 'a', to = 'c') String text) {
    var mixed = text.replace("cc", "\n").replace("ca", "B ");
    assertEquals(expected(expression, mixed), found(expression, mixed));
  }

  /// Each of these is exponential or quadratic for a machine that forgets where it failed.
  @Test
  void hostileExpressionsTakeLinearTime() {
    var run = "a".repeat(100_000);
    for (var expression : List.of("(?:a+)+b", "(?:a|a)*c|a", "a*a*a*a*b|a", "(?:a?){9}b|aa")) {
      assertTimeout(Duration.ofSeconds(10), () -> found(expression, run), expression);
    }
    assertEquals(100_000, found("a*b|a", run).size());
  }

  @Test
  void whatIsNotSupportedIsRefusedByName() {
    Map.of(
            "(a", "not closed",
            "a)", "without an opening one",
            "[a", "its end",
            "*a", "a repeat of nothing",
            "a{3,1}", "out of range",
            "(?<name>a)", "is not supported",
            "\\1", "the escape \\1",
            "\\p{Nonsense}", "the unknown property \\p{Nonsense}",
            "(?:a*)*", "can be empty",
            "(?!ab)c", "more than one character")
        .forEach((expression, message) -> {
          var fault = assertThrows(IllegalArgumentException.class, () -> Regex.of(expression));
          assertTrue(fault.getMessage().contains(message), fault.getMessage());
        });
    assertThrows(IllegalArgumentException.class, () -> Regex.of("(?:(?:a{99}){99}){99}"));
    assertThrows(IllegalArgumentException.class, () -> Regex.of("(".repeat(100_000)));
    assertThrows(IllegalArgumentException.class, () -> Regex.of("a" + "?".repeat(100_000)));
    assertThrows(IllegalArgumentException.class, () -> Regex.of("a|".repeat(100_000)));
    assertThrows(IllegalArgumentException.class, () -> Regex.of("(?:(?:(?:){1000}){1000}){1000}"));
  }
}
