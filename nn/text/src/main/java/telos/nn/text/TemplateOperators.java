package telos.nn.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import telos.nn.text.TemplateSource.Fault;
import telos.nn.text.TemplateValue.Dict;
import telos.nn.text.TemplateValue.Int;
import telos.nn.text.TemplateValue.Items;
import telos.nn.text.TemplateValue.Loop;
import telos.nn.text.TemplateValue.Namespace;
import telos.nn.text.TemplateValue.None;
import telos.nn.text.TemplateValue.Real;
import telos.nn.text.TemplateValue.Text;
import telos.nn.text.TemplateValue.Truth;
import telos.nn.text.TemplateValue.Undefined;

/// Truth, equality, order and arithmetic of values, as Python has them.
final class TemplateOperators {
  private final TemplateBudget budget;
  private final TemplateWriter writer;

  TemplateOperators(TemplateBudget budget) {
    this.budget = budget;
    writer = new TemplateWriter(budget);
  }

  static boolean truth(TemplateValue value) {
    return switch (value) {
      case Text text -> !text.chars().isEmpty();
      case Int(var number) -> number != 0;
      case Real(var number) -> number != 0;
      case Truth truth -> truth == Truth.TRUE;
      case None _, Undefined _ -> false;
      case Items(var items, _) -> !items.isEmpty();
      case Dict(var fields) -> !fields.isEmpty();
      default -> true;
    };
  }

  /// The items a loop goes through: of a string its characters, of a dictionary its keys.
  List<TemplateValue> items(TemplateValue value) {
    var items =
        switch (value) {
          case Items(var list, _) -> list;
          case Undefined _ -> List.<TemplateValue>of();
          case Dict(var fields) ->
              fields.keySet().stream().map(k -> (TemplateValue) Text.content(k)).toList();
          case Text(var text) -> characters(text);
          default -> throw new Fault("%s has no items".formatted(TemplateValue.kind(value)));
        };
    budget.spend(items.size());
    return items;
  }

  private List<TemplateValue> characters(TemplateText text) {
    budget.spend(8L * text.length());
    var characters = new ArrayList<TemplateValue>();
    for (int i = 0; i < text.length(); ) {
      int end = i + Character.charCount(text.chars().codePointAt(i));
      characters.add(new Text(text.slice(i, end)));
      i = end;
    }
    return characters;
  }

  boolean equal(TemplateValue a, TemplateValue b) {
    budget.enter();
    boolean equal =
        isNumber(a) && isNumber(b)
            ? a instanceof Real || b instanceof Real ? real(a) == real(b) : integer(a) == integer(b)
            : switch (a) {
              case Text text -> b instanceof Text other && text.chars().equals(other.chars());
              case None _ -> b instanceof None;
              case Undefined _ -> b instanceof Undefined;
              case Items(var items, var tuple) ->
                  b instanceof Items(var others, var otherTuple)
                      && tuple == otherTuple
                      && allEqual(items, others);
              case Dict(var fields) -> b instanceof Dict(var others) && allEqual(fields, others);
              default -> a == b;
            };
    budget.leave();
    return equal;
  }

  private boolean allEqual(List<TemplateValue> a, List<TemplateValue> b) {
    boolean equal = a.size() == b.size();
    for (int i = 0; equal && i < a.size(); i++) {
      equal = equal(a.get(i), b.get(i));
    }
    return equal;
  }

  private boolean allEqual(Map<String, TemplateValue> a, Map<String, TemplateValue> b) {
    if (!a.keySet().equals(b.keySet())) {
      return false;
    }
    for (var field : a.entrySet()) {
      var other = b.get(field.getKey());
      if (other == null || !equal(field.getValue(), other)) {
        return false;
      }
    }
    return true;
  }

  static boolean isNumber(TemplateValue value) {
    return value instanceof Int || value instanceof Real || value instanceof Truth;
  }

  static long integer(TemplateValue value) {
    return switch (value) {
      case Int(var number) -> number;
      case Truth truth -> truth == Truth.TRUE ? 1 : 0;
      default ->
          throw new Fault("%s stands where an integer must".formatted(TemplateValue.kind(value)));
    };
  }

  static double real(TemplateValue value) {
    return value instanceof Real(var number) ? number : integer(value);
  }

  boolean compare(String operator, TemplateValue a, TemplateValue b) {
    return switch (operator) {
      case "==" -> equal(a, b);
      case "!=" -> !equal(a, b);
      case "in" -> contains(b, a);
      case "not in" -> !contains(b, a);
      default -> ordered(operator, a, b);
    };
  }

  private boolean ordered(String operator, TemplateValue a, TemplateValue b) {
    boolean less;
    boolean same;
    if (isNumber(a) && isNumber(b)) {
      boolean exact = !(a instanceof Real) && !(b instanceof Real);
      less = exact ? integer(a) < integer(b) : real(a) < real(b);
      same = equal(a, b);
    } else if (a instanceof Text left && b instanceof Text right) {
      budget.spend(Math.min(left.chars().length(), right.chars().length()));
      less = left.chars().compareTo(right.chars()) < 0;
      same = left.chars().equals(right.chars());
    } else {
      throw new Fault(
          "\"%s\" does not order %s and %s"
              .formatted(operator, TemplateValue.kind(a), TemplateValue.kind(b)));
    }
    return switch (operator) {
      case "<" -> less;
      case "<=" -> less || same;
      case ">" -> !less && !same;
      default -> !less;
    };
  }

  boolean contains(TemplateValue whole, TemplateValue part) {
    return switch (whole) {
      case Text text -> {
        if (!(part instanceof Text sought)) {
          throw new Fault("a string contains no %s".formatted(TemplateValue.kind(part)));
        }
        budget.spend(text.chars().length());
        yield text.chars().contains(sought.chars());
      }
      case Dict(var fields) -> part instanceof Text key && fields.containsKey(key.chars());
      case Items(var items, _) -> items.stream().anyMatch(item -> equal(item, part));
      case Undefined _ -> false;
      default ->
          throw new Fault("\"in\" does not look into %s".formatted(TemplateValue.kind(whole)));
    };
  }

  /// `a operator b` for arithmetic and `~`.
  TemplateValue binary(String operator, TemplateValue a, TemplateValue b) {
    if (operator.equals("~")) {
      return new Text(budget.paid(writer.string(a).plus(writer.string(b))));
    }
    if (operator.equals("+") && a instanceof Text(var left) && b instanceof Text(var right)) {
      return new Text(budget.paid(left.plus(right)));
    }
    if (operator.equals("+")
        && a instanceof Items left
        && b instanceof Items right
        && left.tuple() == right.tuple()) {
      return joined(left, right);
    }
    if (operator.equals("*") && a instanceof Text(var text) && b instanceof Int(var times)) {
      return repeated(text, times);
    }
    if (!isNumber(a) || !isNumber(b)) {
      throw new Fault(
          "\"%s\" does not fit %s and %s"
              .formatted(operator, TemplateValue.kind(a), TemplateValue.kind(b)));
    }
    try {
      return a instanceof Real || b instanceof Real || operator.equals("/")
          ? new Real(arithmetic(operator, real(a), real(b)))
          : new Int(arithmetic(operator, integer(a), integer(b)));
    } catch (ArithmeticException _) {
      throw new Fault(
          "%s %s %s has no result of 64 bits"
              .formatted(writer.string(a).chars(), operator, writer.string(b).chars()));
    }
  }

  private Items joined(Items left, Items right) {
    budget.spend(left.items().size() + right.items().size());
    var all = new ArrayList<>(left.items());
    all.addAll(right.items());
    return new Items(all, left.tuple());
  }

  private Text repeated(TemplateText text, long times) {
    long count = Math.clamp(times, 0, Integer.MAX_VALUE);
    budget.spend(count * text.length());
    return new Text(
        new TemplateText(text.chars().repeat((int) count), text.origin().repeat((int) count)));
  }

  private static double arithmetic(String operator, double a, double b) {
    if (b == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
      throw new ArithmeticException();
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "//" -> Math.floor(a / b);
      case "%" -> a - b * Math.floor(a / b);
      default -> Math.pow(a, b);
    };
  }

  private static long arithmetic(String operator, long a, long b) {
    return switch (operator) {
      case "+" -> Math.addExact(a, b);
      case "-" -> Math.subtractExact(a, b);
      case "*" -> Math.multiplyExact(a, b);
      case "//" -> Math.floorDivExact(a, b);
      case "%" -> Math.floorMod(a, b);
      default -> Math.powExact(a, Math.toIntExact(b));
    };
  }

  TemplateValue negative(TemplateValue value) {
    return value instanceof Real(var number)
        ? new Real(-number)
        : binary("-", new Int(0), new Int(integer(value)));
  }

  /// Number of characters (Unicode code points) or items.
  static long length(TemplateValue value) {
    return switch (value) {
      case Text text -> text.chars().codePointCount(0, text.chars().length());
      case Items(var items, _) -> items.size();
      case Dict(var fields) -> fields.size();
      case Undefined _ -> 0;
      case Loop(var items, _) -> items.size();
      case Namespace _, Int _, Real _, Truth _, None _, TemplateValue.Macro _ ->
          throw new Fault("%s has no length".formatted(TemplateValue.kind(value)));
    };
  }
}
