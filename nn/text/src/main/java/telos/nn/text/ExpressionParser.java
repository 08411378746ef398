package telos.nn.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import telos.nn.text.TemplateExpression.Arguments;
import telos.nn.text.TemplateToken.Kind;

/// Expressions of a template, by recursive descent; from loose to tight binding: `if`, `or`, `and`,
/// `not`, comparisons, `+ -`, `~`, `* / // %`, `**`, signs, then calls, subscripts, filters and
/// tests.
final class ExpressionParser extends TemplateCursor {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", ">", "<=", ">=");
  private static final Set<String> NO_OPERAND =
      Set.of("else", "or", "and", "is", "if", "in", "not");
  private final TemplateSource source;

  ExpressionParser(TemplateSource source) {
    super(source);
    this.source = source;
  }

  /// An expression, or a tuple without brackets.
  TemplateExpression tuple() {
    int at = peek().at();
    var first = expression();
    if (!sees(Kind.OPERATOR, ",")) {
      return first;
    }
    var items = new ArrayList<>(List.of(first));
    while (takes(Kind.OPERATOR, ",") && peek().kind() != Kind.BLOCK_END) {
      items.add(expression());
    }
    return new TemplateExpression.Sequence(at, items, true);
  }

  TemplateExpression expression() {
    deeper();
    var then = disjunction();
    while (sees(Kind.NAME, "if")) {
      int at = take().at();
      var condition = disjunction();
      Optional<TemplateExpression> otherwise =
          takes(Kind.NAME, "else") ? Optional.of(expression()) : Optional.empty();
      then = new TemplateExpression.Choice(at, then, condition, otherwise);
    }
    shallower();
    return then;
  }

  /// An expression without `if`, as the items of a loop are.
  TemplateExpression disjunction() {
    var left = conjunction();
    while (sees(Kind.NAME, "or")) {
      int at = take().at();
      left = new TemplateExpression.Binary(at, "or", left, conjunction());
    }
    return left;
  }

  private TemplateExpression conjunction() {
    var left = negation();
    while (sees(Kind.NAME, "and")) {
      int at = take().at();
      left = new TemplateExpression.Binary(at, "and", left, negation());
    }
    return left;
  }

  private TemplateExpression negation() {
    if (!sees(Kind.NAME, "not")) {
      return comparison();
    }
    deeper();
    int at = take().at();
    var operand = negation();
    shallower();
    return new TemplateExpression.Unary(at, "not", operand);
  }

  private TemplateExpression comparison() {
    int at = peek().at();
    var first = sum();
    var operators = new ArrayList<String>();
    var others = new ArrayList<TemplateExpression>();
    for (var operator = comparator(); operator.isPresent(); operator = comparator()) {
      operators.add(operator.get());
      others.add(sum());
    }
    return operators.isEmpty()
        ? first
        : new TemplateExpression.Comparison(at, first, operators, others);
  }

  private Optional<String> comparator() {
    var token = peek();
    if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
      return Optional.of(take().text());
    }
    if (takes(Kind.NAME, "in")) {
      return Optional.of("in");
    }
    if (sees(Kind.NAME, "not") && peek(1).is(Kind.NAME, "in")) {
      take();
      take();
      return Optional.of("not in");
    }
    return Optional.empty();
  }

  private TemplateExpression sum() {
    var left = concatenation();
    while (sees(Kind.OPERATOR, "+") || sees(Kind.OPERATOR, "-")) {
      var operator = take();
      left = new TemplateExpression.Binary(operator.at(), operator.text(), left, concatenation());
    }
    return left;
  }

  private TemplateExpression concatenation() {
    var left = product();
    while (sees(Kind.OPERATOR, "~")) {
      int at = take().at();
      left = new TemplateExpression.Binary(at, "~", left, product());
    }
    return left;
  }

  private TemplateExpression product() {
    var left = power();
    while (peek().kind() == Kind.OPERATOR && Set.of("*", "/", "//", "%").contains(peek().text())) {
      var operator = take();
      left = new TemplateExpression.Binary(operator.at(), operator.text(), left, power());
    }
    return left;
  }

  private TemplateExpression power() {
    var left = signed(true);
    while (sees(Kind.OPERATOR, "**")) {
      int at = take().at();
      left = new TemplateExpression.Binary(at, "**", left, signed(true));
    }
    return left;
  }

  private TemplateExpression signed(boolean filtered) {
    deeper();
    var token = peek();
    boolean sign = token.is(Kind.OPERATOR, "-") || token.is(Kind.OPERATOR, "+");
    TemplateExpression value;
    if (sign) {
      take();
      value = new TemplateExpression.Unary(token.at(), token.text(), signed(false));
    } else {
      value = primary();
    }
    value = postfix(value);
    value = filtered ? filters(value) : value;
    shallower();
    return value;
  }

  private TemplateExpression primary() {
    var token = peek();
    return switch (token.kind()) {
      case NAME -> name();
      case STRING -> string();
      case INTEGER -> new TemplateExpression.Constant(take().at(), integer(token));
      case REAL ->
          new TemplateExpression.Constant(
              take().at(),
              new TemplateValue.Real(Double.parseDouble(token.text().replace("_", ""))));
      case OPERATOR -> bracketed(take());
      default -> throw fault("a value was expected, not %s".formatted(token.shown()));
    };
  }

  private TemplateValue integer(TemplateToken token) {
    try {
      return new TemplateValue.Int(Long.parseLong(token.text().replace("_", "")));
    } catch (NumberFormatException _) {
      throw source.fault(token.at(), "the number does not fit into 64 bits");
    }
  }

  private TemplateExpression name() {
    var token = take();
    return switch (token.text()) {
      case "true", "True" -> new TemplateExpression.Constant(token.at(), TemplateValue.Truth.TRUE);
      case "false", "False" ->
          new TemplateExpression.Constant(token.at(), TemplateValue.Truth.FALSE);
      case "none", "None" -> new TemplateExpression.Constant(token.at(), TemplateValue.None.NONE);
      default -> {
        if (NO_OPERAND.contains(token.text())) {
          throw source.fault(token.at(), "a value was expected, not %s".formatted(token.shown()));
        }
        yield new TemplateExpression.Name(token.at(), token.text());
      }
    };
  }

  /// Strings one after the other are one.
  private TemplateExpression string() {
    int at = peek().at();
    var content = new StringBuilder();
    while (peek().kind() == Kind.STRING) {
      content.append(take().text());
    }
    return new TemplateExpression.Constant(at, TemplateValue.Text.literal(content.toString()));
  }

  private TemplateExpression bracketed(TemplateToken open) {
    return switch (open.text()) {
      case "[" -> new TemplateExpression.Sequence(open.at(), items("]"), false);
      case "{" -> mapping(open.at());
      case "(" -> {
        boolean empty = sees(Kind.OPERATOR, ")");
        var items = items(")");
        boolean comma = !empty && peek(-2).is(Kind.OPERATOR, ",");
        yield items.size() == 1 && !comma
            ? items.getFirst()
            : new TemplateExpression.Sequence(open.at(), items, true);
      }
      default ->
          throw source.fault(open.at(), "a value was expected, not %s".formatted(open.shown()));
    };
  }

  private List<TemplateExpression> items(String close) {
    var items = new ArrayList<TemplateExpression>();
    while (!takes(Kind.OPERATOR, close)) {
      items.add(expression());
      if (!sees(Kind.OPERATOR, close)) {
        expectOperator(",");
      }
    }
    return items;
  }

  private TemplateExpression mapping(int at) {
    var keys = new ArrayList<TemplateExpression>();
    var values = new ArrayList<TemplateExpression>();
    while (!takes(Kind.OPERATOR, "}")) {
      keys.add(expression());
      expectOperator(":");
      values.add(expression());
      if (!sees(Kind.OPERATOR, "}")) {
        expectOperator(",");
      }
    }
    return new TemplateExpression.Mapping(at, keys, values);
  }

  private TemplateExpression postfix(TemplateExpression target) {
    var value = target;
    while (true) {
      int at = peek().at();
      if (takes(Kind.OPERATOR, ".")) {
        value =
            peek().kind() == Kind.INTEGER
                ? new TemplateExpression.Subscript(
                    at, value, new TemplateExpression.Constant(at, integer(take())))
                : new TemplateExpression.Attribute(at, value, expect(Kind.NAME, "a name").text());
      } else if (takes(Kind.OPERATOR, "[")) {
        value = subscript(at, value);
      } else if (takes(Kind.OPERATOR, "(")) {
        value = new TemplateExpression.Call(at, value, arguments());
      } else {
        return value;
      }
    }
  }

  private TemplateExpression subscript(int at, TemplateExpression target) {
    var start = part(":");
    if (!takes(Kind.OPERATOR, ":")) {
      expectOperator("]");
      return new TemplateExpression.Subscript(
          at, target, start.orElseThrow(() -> fault("an index was expected")));
    }
    var stop = part(":");
    Optional<TemplateExpression> step = takes(Kind.OPERATOR, ":") ? part("]") : Optional.empty();
    expectOperator("]");
    return new TemplateExpression.Slice(at, target, start, stop, step);
  }

  private Optional<TemplateExpression> part(String end) {
    return sees(Kind.OPERATOR, end) || sees(Kind.OPERATOR, "]")
        ? Optional.empty()
        : Optional.of(expression());
  }

  /// Arguments up to the closing bracket; the opening one is taken.
  private Arguments arguments() {
    var positional = new ArrayList<TemplateExpression>();
    var named = new LinkedHashMap<String, TemplateExpression>();
    while (!takes(Kind.OPERATOR, ")")) {
      if (peek().kind() == Kind.NAME && peek(1).is(Kind.OPERATOR, "=")) {
        var name = take().text();
        take();
        named.put(name, expression());
      } else if (named.isEmpty()) {
        positional.add(expression());
      } else {
        throw fault("arguments without a name come before those with one");
      }
      if (!sees(Kind.OPERATOR, ")")) {
        expectOperator(",");
      }
    }
    return new Arguments(positional, named);
  }

  private TemplateExpression filters(TemplateExpression target) {
    var value = target;
    while (true) {
      int at = peek().at();
      if (takes(Kind.OPERATOR, "|")) {
        var name = expect(Kind.NAME, "the name of a filter");
        known(name, "filter", TemplateFilters.NAMES);
        var arguments = takes(Kind.OPERATOR, "(") ? arguments() : Arguments.NONE;
        value = new TemplateExpression.Filter(at, value, name.text(), arguments);
      } else if (takes(Kind.NAME, "is")) {
        value = test(at, value);
      } else if (takes(Kind.OPERATOR, "(")) {
        value = new TemplateExpression.Call(at, value, arguments());
      } else {
        return value;
      }
    }
  }

  private TemplateExpression test(int at, TemplateExpression target) {
    boolean negated = takes(Kind.NAME, "not");
    var name = expect(Kind.NAME, "the name of a test");
    known(name, "test", TemplateTests.NAMES);
    var arguments = Arguments.NONE;
    if (takes(Kind.OPERATOR, "(")) {
      arguments = arguments();
    } else if (operand()) {
      arguments = new Arguments(List.of(postfix(primary())), Map.of());
    }
    var test = new TemplateExpression.Test(at, target, name.text(), arguments);
    return negated ? new TemplateExpression.Unary(at, "not", test) : test;
  }

  /// Whether a value follows, as in `n is divisibleby 2`.
  private boolean operand() {
    return switch (peek().kind()) {
      case NAME -> !NO_OPERAND.contains(peek().text());
      case STRING, INTEGER, REAL -> true;
      case OPERATOR -> "[{".contains(peek().text());
      default -> false;
    };
  }

  private void known(TemplateToken name, String what, Set<String> names) {
    if (!names.contains(name.text())) {
      throw source.fault(
          name.at(),
          "the %s \"%s\" is not supported; there are %s"
              .formatted(what, name.text(), names.stream().sorted().toList()));
    }
  }
}
