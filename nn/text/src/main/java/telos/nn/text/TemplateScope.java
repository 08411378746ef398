package telos.nn.text;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The names that are visible at a place of a template: those of a loop's or macro's body, then
/// those around it.
final class TemplateScope {
  private final @Nullable TemplateScope outer;
  private final Map<String, TemplateValue> names = new HashMap<>();

  TemplateScope(@Nullable TemplateScope outer) {
    this.outer = outer;
  }

  TemplateValue at(String name) {
    for (var scope = this; scope != null; scope = scope.outer) {
      var value = scope.names.get(name);
      if (value != null) {
        return value;
      }
    }
    return new TemplateValue.Undefined(name);
  }

  void set(String name, TemplateValue value) {
    names.put(name, value);
  }
}
