package telos.nn.text;

import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import telos.nn.text.TemplateSource.Fault;
import telos.nn.text.TemplateValue.Dict;
import telos.nn.text.TemplateValue.Int;
import telos.nn.text.TemplateValue.Items;
import telos.nn.text.TemplateValue.None;
import telos.nn.text.TemplateValue.Real;
import telos.nn.text.TemplateValue.Text;
import telos.nn.text.TemplateValue.Truth;
import telos.nn.text.TemplateValue.Undefined;

/// What may stand behind `is`.
final class TemplateTests {
  private static final Set<String> PLAIN =
      Set.of(
          "defined",
          "undefined",
          "none",
          "boolean",
          "true",
          "false",
          "string",
          "number",
          "integer",
          "float",
          "mapping",
          "sequence",
          "iterable",
          "even",
          "odd",
          "lower",
          "upper");
  private static final Set<String> WITH_OPERAND =
      Set.of("divisibleby", "equalto", "eq", "ne", "lt", "le", "gt", "ge", "in");
  static final Set<String> NAMES =
      Stream.concat(PLAIN.stream(), WITH_OPERAND.stream()).collect(Collectors.toUnmodifiableSet());
  private final TemplateOperators operators;

  TemplateTests(TemplateOperators operators) {
    this.operators = operators;
  }

  boolean test(String name, TemplateValue value, List<TemplateValue> arguments) {
    int expected = WITH_OPERAND.contains(name) ? 1 : 0;
    if (arguments.size() != expected) {
      throw new Fault(
          "the test \"%s\" takes %d arguments, not %d".formatted(name, expected, arguments.size()));
    }
    return expected == 1 ? test(name, value, arguments.getFirst()) : test(name, value);
  }

  private static boolean test(String name, TemplateValue value) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value instanceof None;
      case "boolean" -> value instanceof Truth;
      case "true" -> value == Truth.TRUE;
      case "false" -> value == Truth.FALSE;
      case "string" -> value instanceof Text;
      case "number" -> TemplateOperators.isNumber(value);
      case "integer" -> value instanceof Int;
      case "float" -> value instanceof Real;
      case "mapping" -> value instanceof Dict;
      case "sequence", "iterable" ->
          value instanceof Text
              || value instanceof Items
              || value instanceof Dict
              || value instanceof Undefined;
      case "even" -> TemplateOperators.integer(value) % 2 == 0;
      case "odd" -> TemplateOperators.integer(value) % 2 != 0;
      case "lower" -> cased(text(value), Character::isLowerCase, Character::isUpperCase);
      default -> cased(text(value), Character::isUpperCase, Character::isLowerCase);
    };
  }

  private static String text(TemplateValue value) {
    if (value instanceof Text text) {
      return text.chars();
    }
    throw new Fault("%s has no case".formatted(TemplateValue.kind(value)));
  }

  private static boolean cased(String text, IntPredicate some, IntPredicate no) {
    return text.codePoints().anyMatch(some) && text.codePoints().noneMatch(no);
  }

  private boolean test(String name, TemplateValue value, TemplateValue other) {
    return switch (name) {
      case "divisibleby" -> operators.equal(operators.binary("%", value, other), new Int(0));
      case "in" -> operators.contains(other, value);
      case "ne" -> operators.compare("!=", value, other);
      case "lt" -> operators.compare("<", value, other);
      case "le" -> operators.compare("<=", value, other);
      case "gt" -> operators.compare(">", value, other);
      case "ge" -> operators.compare(">=", value, other);
      default -> operators.equal(value, other);
    };
  }
}
