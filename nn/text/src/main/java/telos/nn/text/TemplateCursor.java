package telos.nn.text;

import java.util.List;
import telos.nn.text.TemplateToken.Kind;

/// The tokens of a template, read one after the other.
sealed class TemplateCursor permits ExpressionParser {
  private static final int MAX_DEPTH = 100;
  private final TemplateSource source;
  private final List<TemplateToken> tokens;
  private int next;
  private int depth;

  TemplateCursor(TemplateSource source) {
    this.source = source;
    tokens = TemplateLexer.tokens(source);
  }

  /// The token some places after the next one, or before it.
  TemplateToken peek(int places) {
    return tokens.get(Math.clamp(next + places, 0, tokens.size() - 1));
  }

  TemplateToken peek() {
    return peek(0);
  }

  TemplateToken take() {
    var token = tokens.get(next);
    next = Math.min(next + 1, tokens.size() - 1);
    return token;
  }

  boolean sees(Kind kind, String text) {
    return peek().is(kind, text);
  }

  boolean takes(Kind kind, String text) {
    boolean seen = sees(kind, text);
    if (seen) {
      take();
    }
    return seen;
  }

  TemplateToken expect(Kind kind, String what) {
    if (peek().kind() != kind) {
      throw fault("%s was expected, not %s".formatted(what, peek().shown()));
    }
    return take();
  }

  void expectOperator(String operator) {
    if (!takes(Kind.OPERATOR, operator)) {
      throw fault("\"%s\" was expected, not %s".formatted(operator, peek().shown()));
    }
  }

  TemplateException fault(String what) {
    return source.fault(peek().at(), what);
  }

  /// Counts how deep things are nested, which bounds the recursion.
  void deeper() {
    if (++depth > MAX_DEPTH) {
      throw fault("this is nested deeper than %d".formatted(MAX_DEPTH));
    }
  }

  void shallower() {
    depth--;
  }
}
