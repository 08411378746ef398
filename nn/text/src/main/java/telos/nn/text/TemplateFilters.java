package telos.nn.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import telos.nn.text.TemplateSource.Fault;
import telos.nn.text.TemplateValue.Dict;
import telos.nn.text.TemplateValue.Int;
import telos.nn.text.TemplateValue.Items;
import telos.nn.text.TemplateValue.None;
import telos.nn.text.TemplateValue.Real;
import telos.nn.text.TemplateValue.Text;
import telos.nn.text.TemplateValue.Undefined;

/// What may stand behind `|`.
final class TemplateFilters {
  static final Set<String> NAMES =
      Set.of(
          "trim",
          "length",
          "count",
          "tojson",
          "join",
          "first",
          "last",
          "default",
          "d",
          "upper",
          "lower",
          "capitalize",
          "title",
          "replace",
          "items",
          "list",
          "string",
          "map",
          "select",
          "reject",
          "selectattr",
          "rejectattr",
          "int",
          "float",
          "abs",
          "reverse",
          "safe");
  private static final int MAX_INDENT = 16;
  private final TemplateOperators operators;
  private final TemplateTests tests;
  private final TemplateMethods methods;
  private final TemplateWriter writer;
  private final TemplateBudget budget;

  TemplateFilters(TemplateBudget budget, TemplateOperators operators, TemplateTests tests) {
    this.budget = budget;
    this.operators = operators;
    this.tests = tests;
    writer = new TemplateWriter(budget);
    methods = new TemplateMethods(budget, operators);
  }

  TemplateValue apply(String name, TemplateValue value, TemplateArguments given) {
    return switch (name) {
      case "default", "d" -> otherwise(value, given);
      case "tojson" -> json(value, given);
      case "join" -> join(value, given);
      case "map" -> map(value, given);
      case "select", "reject" -> select(value, given, name.equals("select"));
      case "selectattr", "rejectattr" -> selectAttribute(value, given, name.equals("selectattr"));
      case "trim" -> {
        given.only("chars");
        var set = given.text(0, "chars").map(TemplateText::chars).orElse("");
        yield new Text(budget.paid(writer.string(value).stripped(set, true, true)));
      }
      case "replace" -> {
        given.only("old", "new", "count");
        yield methods.replace(writer.string(value), given);
      }
      case "int", "float" -> number(name, value, given);
      default -> {
        given.only();
        yield plain(name, value);
      }
    };
  }

  private TemplateValue plain(String name, TemplateValue value) {
    return switch (name) {
      case "length", "count" -> new Int(TemplateOperators.length(value));
      case "first" -> end(value, true);
      case "last" -> end(value, false);
      case "upper", "lower", "capitalize", "title" -> cased(name, writer.string(value));
      case "items" -> pairs(value);
      case "list" -> new Items(operators.items(value), false);
      case "string", "safe" -> new Text(writer.string(value));
      case "abs" ->
          value instanceof Real(var number)
              ? new Real(Math.abs(number))
              : TemplateOperators.integer(value) < 0 ? operators.negative(value) : value;
      default -> reversed(value);
    };
  }

  private Text cased(String name, TemplateText text) {
    budget.spend(text.length());
    var chars = text.chars();
    return new Text(
        text.rewritten(
            switch (name) {
              case "upper" -> chars.toUpperCase(Locale.ROOT);
              case "lower" -> chars.toLowerCase(Locale.ROOT);
              case "title" -> TemplateMethods.title(chars);
              default -> TemplateMethods.capitalized(chars);
            }));
  }

  private TemplateValue end(TemplateValue value, boolean first) {
    var items = operators.items(value);
    if (items.isEmpty()) {
      return new Undefined(first ? "the first item" : "the last item");
    }
    return first ? items.getFirst() : items.getLast();
  }

  private static TemplateValue pairs(TemplateValue value) {
    return switch (value) {
      case Dict(var fields) -> TemplateMethods.pairs(fields);
      case Undefined _ -> new Items(List.of(), false);
      default -> throw new Fault("%s has no items to pair".formatted(TemplateValue.kind(value)));
    };
  }

  private TemplateValue reversed(TemplateValue value) {
    var items = new ArrayList<>(operators.items(value));
    Collections.reverse(items);
    if (!(value instanceof Text)) {
      return new Items(items, false);
    }
    var text = new TemplateText.Builder();
    items.forEach(item -> text.add(writer.string(item)));
    return new Text(text.text());
  }

  private static TemplateValue otherwise(TemplateValue value, TemplateArguments given) {
    given.only("default_value", "boolean");
    boolean falsy = given.at(1, "boolean").map(TemplateOperators::truth).orElse(false);
    boolean missing = value instanceof Undefined || falsy && !TemplateOperators.truth(value);
    return missing ? given.at(0, "default_value").orElse(Text.literal("")) : value;
  }

  private TemplateValue json(TemplateValue value, TemplateArguments given) {
    given.only("ensure_ascii", "indent", "separators");
    if (given.at(0, "ensure_ascii").map(TemplateOperators::truth).orElse(false)) {
      throw new Fault("\"tojson\" writes Unicode as it is; \"ensure_ascii\" is not supported");
    }
    long indent = given.integer(1, "indent").orElse(-1L);
    if (indent > MAX_INDENT) {
      throw new Fault("an indent of %d is more than %d".formatted(indent, MAX_INDENT));
    }
    var layout =
        new TemplateWriter.Layout((int) Math.max(indent, -1), indent < 0 ? ", " : ",", ": ");
    var separators = given.at(2, "separators").orElse(None.NONE);
    if (separators instanceof Items(var pair, _)
        && pair.size() == 2
        && pair.getFirst() instanceof Text comma
        && pair.getLast() instanceof Text colon) {
      layout = new TemplateWriter.Layout(layout.indent(), comma.chars(), colon.chars());
    } else if (!(separators instanceof None)) {
      throw new Fault("\"separators\" of \"tojson\" must be two strings");
    }
    return new Text(writer.json(value, layout));
  }

  private TemplateValue join(TemplateValue value, TemplateArguments given) {
    given.only("d", "attribute");
    var separator = given.text(0, "d").orElse(TemplateText.EMPTY);
    var attribute = given.text(1, "attribute");
    var items = operators.items(value);
    return methods.join(
        separator,
        attribute.isEmpty()
            ? items
            : items.stream().map(i -> attribute(i, attribute.get().chars())).toList());
  }

  /// A field by its path, `a.b`.
  private static TemplateValue attribute(TemplateValue item, String path) {
    var value = item;
    for (var name : path.split("\\.", -1)) {
      value = TemplateMethods.field(value, name);
    }
    return value;
  }

  private TemplateValue map(TemplateValue value, TemplateArguments given) {
    var items = operators.items(value);
    if (given.positional().isEmpty()) {
      given.only("attribute", "default");
      var path = given.requiredText(0, "attribute").chars();
      var otherwise = given.at(1, "default");
      return new Items(
          items.stream()
              .map(item -> attribute(item, path))
              .map(field -> field instanceof Undefined ? otherwise.orElse(field) : field)
              .toList(),
          false);
    }
    var name = given.requiredText(0, "filter").chars();
    if (!NAMES.contains(name) || name.equals("map")) {
      throw new Fault("\"map\" does not support the filter \"%s\"".formatted(name));
    }
    var rest = new TemplateArguments(quoted(name), rest(given, 1), given.named());
    return new Items(items.stream().map(item -> apply(name, item, rest)).toList(), false);
  }

  private static String quoted(String name) {
    return "\"%s\"".formatted(name);
  }

  private static List<TemplateValue> rest(TemplateArguments given, int from) {
    var all = given.positional();
    return all.subList(Math.min(from, all.size()), all.size());
  }

  private TemplateValue select(TemplateValue value, TemplateArguments given, boolean wanted) {
    return selected(value, item -> item, given, 0, wanted);
  }

  private TemplateValue selectAttribute(
      TemplateValue value, TemplateArguments given, boolean wanted) {
    var path = given.requiredText(0, "attribute").chars();
    return selected(value, item -> attribute(item, path), given, 1, wanted);
  }

  /// Items of which something passes a test (is true, if none is named).
  private TemplateValue selected(
      TemplateValue value,
      UnaryOperator<TemplateValue> tested,
      TemplateArguments given,
      int from,
      boolean wanted) {
    if (!given.named().isEmpty()) {
      throw new Fault("%s takes no named arguments".formatted(given.of()));
    }
    var rest = rest(given, from);
    var selected = new ArrayList<TemplateValue>();
    for (var item : operators.items(value)) {
      var field = tested.apply(item);
      boolean passes =
          rest.isEmpty()
              ? TemplateOperators.truth(field)
              : tests.test(testName(given, from), field, rest.subList(1, rest.size()));
      if (passes == wanted) {
        selected.add(item);
      }
    }
    return new Items(selected, false);
  }

  /// Here, unlike behind `is`, tests are also named by operators.
  private static String testName(TemplateArguments given, int place) {
    var name = given.requiredText(place, "test").chars();
    var test =
        Map.of("==", "eq", "!=", "ne", "<", "lt", "<=", "le", ">", "gt", ">=", "ge")
            .getOrDefault(name, name);
    if (!TemplateTests.NAMES.contains(test)) {
      throw new Fault("the test \"%s\" is not supported".formatted(name));
    }
    return test;
  }

  private static TemplateValue number(String name, TemplateValue value, TemplateArguments given) {
    given.only("default");
    boolean whole = name.equals("int");
    var otherwise = given.at(0, "default").orElse(whole ? new Int(0) : new Real(0));
    try {
      return switch (value) {
        case Text text when whole && text.chars().strip().matches("[+-]?[0-9]+") ->
            new Int(Long.parseLong(text.chars().strip()));
        case Text text -> converted(whole, Double.parseDouble(text.chars().strip()));
        case Int _, Real _, TemplateValue.Truth _ ->
            value instanceof Int && whole ? value : converted(whole, TemplateOperators.real(value));
        default -> otherwise;
      };
    } catch (NumberFormatException _) {
      return otherwise;
    }
  }

  private static TemplateValue converted(boolean whole, double number) {
    if (whole && (Double.isNaN(number) || Math.abs(number) >= 0x1p63)) {
      throw new Fault("%s is no integer of 64 bits".formatted(TemplateWriter.real(number)));
    }
    return whole ? new Int((long) number) : new Real(number);
  }
}
