package telos.nn.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import telos.nn.text.TemplateSource.Fault;
import telos.nn.text.TemplateValue.Dict;
import telos.nn.text.TemplateValue.Int;
import telos.nn.text.TemplateValue.Items;
import telos.nn.text.TemplateValue.Macro;
import telos.nn.text.TemplateValue.Namespace;
import telos.nn.text.TemplateValue.None;
import telos.nn.text.TemplateValue.Text;
import telos.nn.text.TemplateValue.Truth;
import telos.nn.text.TemplateValue.Undefined;

/// The value of an expression. Errors of operations get the place of the expression.
final class TemplateEvaluator {
  /// What a macro writes when it is called.
  interface MacroCall {
    TemplateText call(Macro macro, TemplateArguments given);
  }

  private static final Set<String> FUNCTIONS =
      Set.of("raise_exception", "range", "namespace", "dict");
  private static final int MAX_RANGE = 100_000;
  private final TemplateSource source;
  private final TemplateBudget budget;
  private final Optional<TemplateClock> clock;
  private final MacroCall macros;
  private final TemplateOperators operators;
  private final TemplateTests tests;
  private final TemplateFilters filters;
  private final TemplateMethods methods;

  TemplateEvaluator(
      TemplateSource source,
      TemplateBudget budget,
      Optional<TemplateClock> clock,
      MacroCall macros) {
    this.source = source;
    this.budget = budget;
    this.clock = clock;
    this.macros = macros;
    operators = new TemplateOperators(budget);
    tests = new TemplateTests(operators);
    filters = new TemplateFilters(budget, operators, tests);
    methods = new TemplateMethods(budget, operators);
  }

  TemplateValue value(TemplateExpression expression, TemplateScope scope) {
    try {
      budget.enter();
      var value = unlocated(expression, scope);
      budget.leave();
      return value;
    } catch (Fault fault) {
      throw source.fault(expression.at(), fault);
    }
  }

  boolean truth(TemplateExpression expression, TemplateScope scope) {
    return TemplateOperators.truth(value(expression, scope));
  }

  List<TemplateValue> items(TemplateExpression expression, TemplateScope scope) {
    var value = value(expression, scope);
    try {
      return operators.items(value);
    } catch (Fault fault) {
      throw source.fault(expression.at(), fault);
    }
  }

  private TemplateValue unlocated(TemplateExpression expression, TemplateScope scope) {
    return switch (expression) {
      case TemplateExpression.Constant(_, var value) -> value;
      case TemplateExpression.Name(_, var name) -> scope.at(name);
      case TemplateExpression.Sequence(_, var items, var tuple) ->
          new Items(values(items, scope), tuple);
      case TemplateExpression.Mapping mapping -> mapping(mapping, scope);
      case TemplateExpression.Unary(_, var operator, var operand) ->
          unary(operator, value(operand, scope));
      case TemplateExpression.Binary binary -> binary(binary, scope);
      case TemplateExpression.Comparison comparison -> comparison(comparison, scope);
      case TemplateExpression.Choice(_, var then, var condition, var otherwise) ->
          truth(condition, scope)
              ? value(then, scope)
              : otherwise.isPresent()
                  ? value(otherwise.get(), scope)
                  : new Undefined("the value without else");
      case TemplateExpression.Attribute(_, var target, var name) ->
          TemplateMethods.field(value(target, scope), name);
      case TemplateExpression.Subscript(_, var target, var index) ->
          subscript(value(target, scope), value(index, scope));
      case TemplateExpression.Slice slice -> slice(slice, scope);
      case TemplateExpression.Call call -> call(call, scope);
      case TemplateExpression.Filter(_, var target, var name, var arguments) ->
          filters.apply(name, value(target, scope), given(name, arguments, scope));
      case TemplateExpression.Test(_, var target, var name, var arguments) ->
          Truth.of(
              tests.test(name, tested(target, scope), given(name, arguments, scope).positional()));
    };
  }

  /// Functions are defined too; what they are does not matter.
  private TemplateValue tested(TemplateExpression target, TemplateScope scope) {
    var value = value(target, scope);
    return value instanceof Undefined(var name)
            && target instanceof TemplateExpression.Name
            && (FUNCTIONS.contains(name) || name.equals("strftime_now") && clock.isPresent())
        ? Truth.TRUE
        : value;
  }

  private List<TemplateValue> values(List<TemplateExpression> expressions, TemplateScope scope) {
    var values = new ArrayList<TemplateValue>(expressions.size());
    for (var expression : expressions) {
      values.add(value(expression, scope));
    }
    return values;
  }

  private TemplateArguments given(
      String name, TemplateExpression.Arguments arguments, TemplateScope scope) {
    var named = new LinkedHashMap<String, TemplateValue>();
    arguments.named().forEach((parameter, value) -> named.put(parameter, value(value, scope)));
    return new TemplateArguments(
        "\"%s\"".formatted(name), values(arguments.positional(), scope), named);
  }

  private Dict mapping(TemplateExpression.Mapping mapping, TemplateScope scope) {
    var fields = new LinkedHashMap<String, TemplateValue>();
    for (int i = 0; i < mapping.keys().size(); i++) {
      if (!(value(mapping.keys().get(i), scope) instanceof Text key)) {
        throw new Fault("the keys of a dictionary must be strings");
      }
      fields.put(key.chars(), value(mapping.values().get(i), scope));
    }
    return new Dict(fields);
  }

  private TemplateValue unary(String operator, TemplateValue value) {
    return switch (operator) {
      case "not" -> Truth.of(!TemplateOperators.truth(value));
      case "-" -> operators.negative(value);
      default -> operators.binary("+", new Int(0), value);
    };
  }

  private TemplateValue binary(TemplateExpression.Binary binary, TemplateScope scope) {
    var left = value(binary.left(), scope);
    return switch (binary.operator()) {
      case "and" -> TemplateOperators.truth(left) ? value(binary.right(), scope) : left;
      case "or" -> TemplateOperators.truth(left) ? left : value(binary.right(), scope);
      default -> operators.binary(binary.operator(), left, value(binary.right(), scope));
    };
  }

  private TemplateValue comparison(TemplateExpression.Comparison comparison, TemplateScope scope) {
    var left = value(comparison.first(), scope);
    for (int i = 0; i < comparison.operators().size(); i++) {
      var right = value(comparison.others().get(i), scope);
      if (!operators.compare(comparison.operators().get(i), left, right)) {
        return Truth.FALSE;
      }
      left = right;
    }
    return Truth.TRUE;
  }

  private static TemplateValue subscript(TemplateValue target, TemplateValue index) {
    return switch (target) {
      case Dict(var fields) ->
          index instanceof Text key
              ? fields.getOrDefault(key.chars(), new Undefined(key.chars()))
              : new Undefined("the field");
      case Items(var items, _) when TemplateOperators.isNumber(index) -> {
        int at = place(TemplateOperators.integer(index), items.size());
        yield at < 0 ? new Undefined("the item") : items.get(at);
      }
      case Text(var text) when TemplateOperators.isNumber(index) -> {
        int at = place(TemplateOperators.integer(index), (int) TemplateOperators.length(target));
        yield at < 0 ? new Undefined("the character") : new Text(characters(text, at, at + 1));
      }
      default ->
          index instanceof Text name
              ? TemplateMethods.field(target, name.chars())
              : target instanceof Undefined
                  ? TemplateMethods.field(target, "an item")
                  : new Undefined("the item");
    };
  }

  /// An index from the front or, negative, from the end; -1 outside.
  private static int place(long index, int size) {
    long at = index < 0 ? index + size : index;
    return at < 0 || at >= size ? -1 : (int) at;
  }

  /// Places count code points.
  private static TemplateText characters(TemplateText text, int from, int to) {
    int start = text.chars().offsetByCodePoints(0, from);
    return text.slice(start, text.chars().offsetByCodePoints(start, Math.max(0, to - from)));
  }

  private TemplateValue slice(TemplateExpression.Slice slice, TemplateScope scope) {
    var target = value(slice.target(), scope);
    long step = bound(slice.step(), scope).orElse(1L);
    var start = bound(slice.start(), scope);
    var stop = bound(slice.stop(), scope);
    if (target instanceof Undefined) {
      return TemplateMethods.field(target, "a slice");
    }
    if (step == 0) {
      throw new Fault("the step of a slice is 0");
    }
    int size = (int) TemplateOperators.length(target);
    budget.spend(size);
    long from = clamp(start, step > 0 ? 0 : size - 1, size, step);
    long to = clamp(stop, step > 0 ? size : -1, size, step);
    if (target instanceof Text(var text) && step == 1) {
      return new Text(characters(text, (int) from, (int) Math.max(from, to)));
    }
    var all = operators.items(target);
    var picked = new ArrayList<TemplateValue>();
    for (long i = from;
        step > 0 ? i < to : i > to;
        i = Math.addExact(i, Math.clamp(step, -size - 1, size + 1))) {
      picked.add(all.get((int) i));
    }
    if (target instanceof Text) {
      var out = new TemplateText.Builder();
      picked.forEach(c -> out.add(((Text) c).text()));
      return new Text(out.text());
    }
    if (target instanceof Items(_, var tuple)) {
      return new Items(picked, tuple);
    }
    throw new Fault("%s cannot be sliced".formatted(TemplateValue.kind(target)));
  }

  private Optional<Long> bound(Optional<TemplateExpression> bound, TemplateScope scope) {
    if (bound.isEmpty() || value(bound.get(), scope) instanceof None) {
      return Optional.empty();
    }
    return Optional.of(TemplateOperators.integer(value(bound.get(), scope)));
  }

  private static long clamp(Optional<Long> bound, long otherwise, int size, long step) {
    if (bound.isEmpty()) {
      return otherwise;
    }
    long at = bound.get() < 0 ? bound.get() + size : bound.get();
    return step > 0 ? Math.clamp(at, 0, size) : Math.clamp(at, -1, size - 1);
  }

  private TemplateValue call(TemplateExpression.Call call, TemplateScope scope) {
    if (call.target() instanceof TemplateExpression.Attribute(_, var target, var name)) {
      var value = value(target, scope);
      if (value instanceof Namespace namespace
          && namespace.fields.get(name) instanceof Macro macro) {
        return new Text(macros.call(macro, given(name, call.arguments(), scope)));
      }
      return methods.call(value, name, given(name, call.arguments(), scope));
    }
    if (!(call.target() instanceof TemplateExpression.Name(_, var name))) {
      throw new Fault("only names and methods can be called");
    }
    var given = given(name, call.arguments(), scope);
    return switch (scope.at(name)) {
      case Macro macro -> new Text(macros.call(macro, given));
      case Undefined _ -> global(name, given);
      case TemplateValue other ->
          throw new Fault("%s cannot be called".formatted(TemplateValue.kind(other)));
    };
  }

  private TemplateValue global(String name, TemplateArguments given) {
    return switch (name) {
      case "raise_exception" -> {
        given.only("message");
        throw new Fault(
            new TemplateWriter(budget).string(given.required(0, "message")).chars(), true);
      }
      case "range" -> range(given);
      case "namespace" -> {
        var namespace = new Namespace();
        namespace.fields.putAll(fields(given));
        yield namespace;
      }
      case "dict" -> new Dict(fields(given));
      case "strftime_now" -> {
        given.only("format");
        var now =
            clock.orElseThrow(
                () -> new Fault("\"strftime_now\" needs a clock, and none was given"));
        yield Text.literal(now.format(given.requiredText(0, "format").chars()));
      }
      default ->
          throw new Fault(
              "\"%s\" is neither a macro nor a function; there are raise_exception, range, namespace, dict, strftime_now"
                  .formatted(name));
    };
  }

  private static Map<String, TemplateValue> fields(TemplateArguments given) {
    var fields = new LinkedHashMap<String, TemplateValue>();
    for (var value : given.positional()) {
      if (!(value instanceof Dict(var more)) || given.positional().size() > 1) {
        throw new Fault("%s takes names with values, or one dictionary".formatted(given.of()));
      }
      fields.putAll(more);
    }
    fields.putAll(given.named());
    return fields;
  }

  private TemplateValue range(TemplateArguments given) {
    given.only("start", "stop", "step");
    boolean one = given.positional().size() == 1;
    long start = one ? 0 : TemplateOperators.integer(given.required(0, "start"));
    long stop = TemplateOperators.integer(given.required(one ? 0 : 1, "stop"));
    long step = given.integer(2, "step").orElse(1L);
    if (step == 0) {
      throw new Fault("the step of a range is 0");
    }
    var numbers = new ArrayList<TemplateValue>();
    for (long i = start; step > 0 ? i < stop : i > stop; i = Math.addExact(i, step)) {
      numbers.add(new Int(i));
      if (numbers.size() > MAX_RANGE) {
        throw new Fault("a range has at most %d numbers".formatted(MAX_RANGE));
      }
    }
    budget.spend(8L * numbers.size());
    return new Items(numbers, false);
  }
}
