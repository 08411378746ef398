package telos.nn.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import telos.nn.text.TemplateToken.Kind;

/// Cuts a template into tokens. White space around tags goes as chat templates are rendered by
/// Hugging Face's library: the line end after a block tag is dropped (`trim_blocks`), and so is the
/// indentation before one (`lstrip_blocks`); `-` drops all white space on its side, `+` none.
final class TemplateLexer {
  private static final Pattern WORD = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_]*");
  private static final Pattern NUMBER =
      Pattern.compile("[0-9][0-9_]*+(?<real>(?:\\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)");
  private static final List<String> OPERATORS =
      List.of(
          "**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{",
          "}", ">", "<", "=", ".", ":", "|", ",");
  private final TemplateSource source;
  private final String text;
  private final List<TemplateToken> tokens = new ArrayList<>();
  private int at;
  private boolean lineStart = true;

  private TemplateLexer(TemplateSource source) {
    this.source = source;
    text = source.text();
  }

  static List<TemplateToken> tokens(TemplateSource source) {
    var lexer = new TemplateLexer(source);
    while (lexer.at < lexer.text.length()) {
      lexer.section();
    }
    lexer.add(Kind.END, "", lexer.at);
    return lexer.tokens;
  }

  private void add(Kind kind, String content, int where) {
    tokens.add(new TemplateToken(kind, content, where));
  }

  /// Text up to the next tag, and the tag.
  private void section() {
    int open = open();
    int from = at;
    if (open < 0) {
      add(Kind.DATA, text.substring(from), from);
      at = text.length();
      return;
    }
    char tag = text.charAt(open + 1);
    char sign = open + 2 < text.length() ? text.charAt(open + 2) : ' ';
    var data = stripped(text.substring(from, open), tag, sign);
    if (!data.isEmpty()) {
      add(Kind.DATA, data, from);
    }
    at = open + (sign == '-' || sign == '+' ? 3 : 2);
    switch (tag) {
      case '#' -> comment(open);
      case '%' -> {
        add(Kind.BLOCK_BEGIN, "{%", open);
        inside(open, true);
      }
      default -> {
        add(Kind.OUTPUT_BEGIN, "{{", open);
        inside(open, false);
      }
    }
    lineStart = text.charAt(at - 1) == '\n';
  }

  private int open() {
    for (int i = text.indexOf('{', at);
        i >= 0 && i + 1 < text.length();
        i = text.indexOf('{', i + 1)) {
      if ("{%#".indexOf(text.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /// The text before a tag without the white space that the tag takes.
  private String stripped(String data, char tag, char sign) {
    if (sign == '-') {
      return data.substring(0, TemplateText.spaceBefore(data, data.length()));
    }
    int line = data.lastIndexOf('\n') + 1;
    boolean indentation = tag != '{' && sign != '+' && (line > 0 || lineStart);
    return indentation && TemplateText.spaceBefore(data, data.length()) <= line
        ? data.substring(0, line)
        : data;
  }

  private void comment(int open) {
    int close = text.indexOf("#}", at);
    if (close < 0) {
      throw source.fault(open, "the comment is not closed; \"#}\" is missing");
    }
    char sign = close > at ? text.charAt(close - 1) : ' ';
    at = close + 2;
    after(sign, true);
  }

  /// The white space after a tag.
  private void after(char sign, boolean block) {
    if (sign == '-') {
      at = TemplateText.spaceAfter(text, at);
    } else if (block && sign != '+' && at < text.length() && text.charAt(at) == '\n') {
      at++;
    }
  }

  /// Tokens of a tag up to its end; `}}` inside of braces is no end.
  private void inside(int open, boolean block) {
    var end = block ? "%}" : "}}";
    int braces = 0;
    while (true) {
      at = TemplateText.spaceAfter(text, at);
      if (at >= text.length()) {
        throw source.fault(open, "the tag is not closed; \"%s\" is missing".formatted(end));
      }
      char sign = text.charAt(at);
      boolean signed = (sign == '-' || block && sign == '+') && text.startsWith(end, at + 1);
      if (braces == 0 && (signed || text.startsWith(end, at))) {
        add(block ? Kind.BLOCK_END : Kind.OUTPUT_END, end, at);
        at += signed ? 3 : 2;
        after(signed ? sign : ' ', block);
        return;
      }
      braces += token();
    }
  }

  /// One token; how many brackets it opens.
  private int token() {
    char first = text.charAt(at);
    if (first == '"' || first == '\'') {
      string(first);
      return 0;
    }
    var word = WORD.matcher(text).region(at, text.length());
    var number = NUMBER.matcher(text).region(at, text.length());
    if (word.lookingAt()) {
      add(Kind.NAME, word.group(), at);
      at = word.end();
      return 0;
    }
    if (number.lookingAt()) {
      var real = number.group("real");
      add(real == null || real.isEmpty() ? Kind.INTEGER : Kind.REAL, number.group(), at);
      at = number.end();
      return 0;
    }
    for (var operator : OPERATORS) {
      if (text.startsWith(operator, at)) {
        add(Kind.OPERATOR, operator, at);
        at += operator.length();
        return "([{".contains(operator) ? 1 : ")]}".contains(operator) ? -1 : 0;
      }
    }
    throw source.fault(
        at, "\"%s\" has no meaning here".formatted(Character.toString(text.codePointAt(at))));
  }

  private void string(char quote) {
    int from = at++;
    var content = new StringBuilder();
    while (at < text.length() && text.charAt(at) != quote) {
      char c = text.charAt(at++);
      if (c == '\\' && at < text.length()) {
        escape(content);
      } else {
        content.append(c);
      }
    }
    if (at >= text.length()) {
      throw source.fault(from, "the string is not closed");
    }
    at++;
    add(Kind.STRING, content.toString(), from);
  }

  /// What stands behind a backslash, as in Python.
  private void escape(StringBuilder content) {
    char c = text.charAt(at++);
    switch (c) {
      case 'n' -> content.append('\n');
      case 't' -> content.append('\t');
      case 'r' -> content.append('\r');
      case 'b' -> content.append('\b');
      case 'f' -> content.append('\f');
      case '\\', '\'', '"' -> content.append(c);
      case '\n' -> {}
      case 'x' -> content.appendCodePoint(hexadecimal(2));
      case 'u' -> content.appendCodePoint(hexadecimal(4));
      case 'U' -> content.appendCodePoint(hexadecimal(8));
      case '0', '1', '2', '3', '4', '5', '6', '7', 'a', 'v', 'N' ->
          throw source.fault(at - 2, "the escape \"\\%s\" is not supported".formatted(c));
      default -> content.append('\\').append(c);
    }
  }

  private int hexadecimal(int digits) {
    int end = at + digits;
    if (end <= text.length() && text.substring(at, end).matches("[0-9a-fA-F]+")) {
      long point = Long.parseLong(text.substring(at, end), 16);
      if (point <= Character.MAX_CODE_POINT) {
        at = end;
        return (int) point;
      }
    }
    throw source.fault(at - 2, "the escape needs %d hexadecimal digits".formatted(digits));
  }
}
