package telos.nn.text;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An expression of a template.
sealed interface TemplateExpression {
  /// Where it is in the template.
  int at();

  /// A constant.
  record Constant(int at, TemplateValue value) implements TemplateExpression {}

  /// A variable.
  record Name(int at, String name) implements TemplateExpression {}

  /// `[a, b]`, or a tuple.
  record Sequence(int at, List<TemplateExpression> items, boolean tuple)
      implements TemplateExpression {}

  /// `{"a": b}`.
  record Mapping(int at, List<TemplateExpression> keys, List<TemplateExpression> values)
      implements TemplateExpression {}

  /// `not a`, `-a`, `+a`.
  record Unary(int at, String operator, TemplateExpression operand) implements TemplateExpression {}

  /// Arithmetic, `~`, `and`, `or`.
  record Binary(int at, String operator, TemplateExpression left, TemplateExpression right)
      implements TemplateExpression {}

  /// `a < b < c`: each with the next.
  record Comparison(
      int at, TemplateExpression first, List<String> operators, List<TemplateExpression> others)
      implements TemplateExpression {}

  /// `a if condition else b`.
  record Choice(
      int at,
      TemplateExpression then,
      TemplateExpression condition,
      Optional<TemplateExpression> otherwise)
      implements TemplateExpression {}

  /// `a.name`.
  record Attribute(int at, TemplateExpression target, String name) implements TemplateExpression {}

  /// `a[i]`.
  record Subscript(int at, TemplateExpression target, TemplateExpression index)
      implements TemplateExpression {}

  /// `a[start:stop:step]`.
  record Slice(
      int at,
      TemplateExpression target,
      Optional<TemplateExpression> start,
      Optional<TemplateExpression> stop,
      Optional<TemplateExpression> step)
      implements TemplateExpression {}

  /// What stands between the brackets of a call.
  record Arguments(List<TemplateExpression> positional, Map<String, TemplateExpression> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());
  }

  /// `a(...)`.
  record Call(int at, TemplateExpression target, Arguments arguments)
      implements TemplateExpression {}

  /// `a | name(...)`.
  record Filter(int at, TemplateExpression target, String name, Arguments arguments)
      implements TemplateExpression {}

  /// `a is name(...)`.
  record Test(int at, TemplateExpression target, String name, Arguments arguments)
      implements TemplateExpression {}
}
