package telos.nn.text;

import java.util.List;
import java.util.Optional;
import telos.nn.text.TemplateNode.Jump;
import telos.nn.text.TemplateNode.Target;
import telos.nn.text.TemplateSource.Fault;
import telos.nn.text.TemplateValue.Items;
import telos.nn.text.TemplateValue.Loop;
import telos.nn.text.TemplateValue.Macro;
import telos.nn.text.TemplateValue.Namespace;
import telos.nn.text.TemplateValue.Text;

/// Carries out the statements of a template, once.
final class TemplateRenderer {
  private final TemplateSource source;
  private final TemplateBudget budget;
  private final TemplateEvaluator evaluator;
  private final TemplateWriter writer;
  private TemplateText.Builder out = new TemplateText.Builder();
  private boolean assistant;

  TemplateRenderer(TemplateSource source, TemplateBudget budget, Optional<TemplateClock> clock) {
    this.source = source;
    this.budget = budget;
    evaluator = new TemplateEvaluator(source, budget, clock, this::call);
    writer = new TemplateWriter(budget);
  }

  TemplateText render(List<TemplateNode> nodes, TemplateScope scope) {
    try {
      run(nodes, scope);
      return out.text();
    } catch (Fault fault) {
      throw source.fault(0, fault);
    }
  }

  /// Whether a loop is to be left or gone on with.
  private Optional<Jump> run(List<TemplateNode> nodes, TemplateScope scope) {
    budget.enter();
    Optional<Jump> jump = Optional.empty();
    for (int i = 0; i < nodes.size() && jump.isEmpty(); i++) {
      budget.spend(TemplateBudget.STEP);
      jump = run(nodes.get(i), scope);
    }
    budget.leave();
    return jump;
  }

  private Optional<Jump> run(TemplateNode node, TemplateScope scope) {
    switch (node) {
      case TemplateNode.Data(var text) -> write(text);
      case TemplateNode.Output(var value) -> write(value, scope);
      case TemplateNode.For loop -> loop(loop, scope);
      case TemplateNode.If(var branches, var otherwise) -> {
        for (var branch : branches) {
          if (evaluator.truth(branch.condition(), scope)) {
            return run(branch.body(), scope);
          }
        }
        return run(otherwise, scope);
      }
      case TemplateNode.Assignment(var targets, var value) -> assign(targets, value, scope);
      case TemplateNode.Capture(var target, var body) ->
          set(target, new Text(captured(body, scope)), scope);
      case TemplateNode.MacroDefinition macro -> scope.set(macro.name(), new Macro(macro, scope));
      case TemplateNode.Generation(var body) -> {
        boolean before = assistant;
        assistant = true;
        var jump = run(body, new TemplateScope(scope));
        assistant = before;
        return jump;
      }
      case Jump jump -> {
        return Optional.of(jump);
      }
    }
    return Optional.empty();
  }

  private void write(TemplateText text) {
    budget.spend(text.length());
    if (assistant) {
      out.addAssistant(text);
    } else {
      out.add(text);
    }
  }

  private void write(TemplateExpression expression, TemplateScope scope) {
    var value = evaluator.value(expression, scope);
    try {
      write(writer.string(value));
    } catch (Fault fault) {
      throw source.fault(expression.at(), fault);
    }
  }

  /// What statements write, instead of writing it.
  private TemplateText captured(List<TemplateNode> body, TemplateScope scope) {
    var around = out;
    boolean before = assistant;
    out = new TemplateText.Builder();
    assistant = false;
    run(body, new TemplateScope(scope));
    var text = out.text();
    out = around;
    assistant = before;
    return text;
  }

  private void loop(TemplateNode.For loop, TemplateScope scope) {
    var items = evaluator.items(loop.items(), scope);
    if (loop.condition().isPresent()) {
      var condition = loop.condition().get();
      items =
          items.stream()
              .filter(item -> evaluator.truth(condition, bound(loop, item, scope)))
              .toList();
    }
    if (items.isEmpty()) {
      run(loop.otherwise(), new TemplateScope(scope));
      return;
    }
    for (int i = 0; i < items.size(); i++) {
      var inner = bound(loop, items.get(i), scope);
      inner.set("loop", new Loop(items, i));
      if (run(loop.body(), inner).equals(Optional.of(Jump.BREAK))) {
        break;
      }
    }
  }

  /// A scope with the loop's names bound to an item.
  private TemplateScope bound(TemplateNode.For loop, TemplateValue item, TemplateScope scope) {
    var inner = new TemplateScope(scope);
    if (loop.names().size() == 1) {
      inner.set(loop.names().getFirst(), item);
      return inner;
    }
    var parts = parts(loop.at(), item, loop.names().size());
    for (int i = 0; i < parts.size(); i++) {
      inner.set(loop.names().get(i), parts.get(i));
    }
    return inner;
  }

  private List<TemplateValue> parts(int at, TemplateValue value, int count) {
    if (value instanceof Items(var items, _) && items.size() == count) {
      return items;
    }
    throw source.fault(
        at, "%s does not fall into %d parts".formatted(TemplateValue.kind(value), count));
  }

  private void assign(List<Target> targets, TemplateExpression expression, TemplateScope scope) {
    var value = evaluator.value(expression, scope);
    if (targets.size() == 1) {
      set(targets.getFirst(), value, scope);
      return;
    }
    var parts = parts(expression.at(), value, targets.size());
    for (int i = 0; i < parts.size(); i++) {
      set(targets.get(i), parts.get(i), scope);
    }
  }

  private void set(Target target, TemplateValue value, TemplateScope scope) {
    if (target.field().isEmpty()) {
      scope.set(target.name(), value);
    } else if (scope.at(target.name()) instanceof Namespace namespace) {
      namespace.fields.put(target.field().get(), value);
    } else {
      throw source.fault(
          target.at(),
          "\"%s\" is no namespace; only its fields can be set".formatted(target.name()));
    }
  }

  private TemplateText call(Macro macro, TemplateArguments given) {
    var definition = macro.definition();
    given.only(
        definition.parameters().stream().map(TemplateNode.Parameter::name).toArray(String[]::new));
    var inner = new TemplateScope(macro.scope());
    for (int i = 0; i < definition.parameters().size(); i++) {
      var parameter = definition.parameters().get(i);
      var value = given.at(i, parameter.name());
      inner.set(
          parameter.name(),
          value.orElseGet(() ->
              parameter.otherwise().isPresent()
                  ? evaluator.value(parameter.otherwise().get(), inner)
                  : new TemplateValue.Undefined(parameter.name())));
    }
    return captured(definition.body(), inner);
  }
}
