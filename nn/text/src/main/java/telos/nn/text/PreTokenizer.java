package telos.nn.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// How a text is cut into pieces before byte pairs are merged; merges never cross a cut. The set is
/// closed: a tokenizer file names one of these by its expression, and no expression from a file is
/// run.
///
/// The expressions are translated so that Java agrees with the originals: `\s` means Unicode white
/// space and case is folded in all of Unicode.
public enum PreTokenizer {
  /// GPT-2.
  GPT2("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"),

  /// Llama 3: letters with one leading character, digits in threes.
  LLAMA3(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),

  /// Qwen 2: as Llama 3 with single digits; the text is first put in normal form C.
  QWEN2(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

  private final String expression;
  private final Pattern pattern;

  PreTokenizer(String expression) {
    this.expression = expression;
    this.pattern =
        Pattern.compile(expression.replace("(?i:", "(?iu:"), Pattern.UNICODE_CHARACTER_CLASS);
  }

  /// The expression as files give it.
  String expression() {
    return expression;
  }

  /// The pieces in order; together they are the text.
  List<String> pieces(String text) {
    var pieces = new ArrayList<String>();
    var matcher = pattern.matcher(text);
    int end = 0;
    while (matcher.find()) {
      if (matcher.start() > end) {
        pieces.add(text.substring(end, matcher.start()));
      }
      pieces.add(matcher.group());
      end = matcher.end();
    }
    if (end < text.length()) {
      pieces.add(text.substring(end));
    }
    return pieces;
  }
}
