package telos.nn.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import telos.nn.format.Json;

/// A conversation as the variables of a template; counts the characters it has.
final class ChatInput {
  /// Roles are fixed words, not what a user typed, so that a template may make a special token of
  /// one (`<|` + role + `|>`); any other role is content.
  private static final Set<String> ROLES =
      Set.of("system", "developer", "user", "assistant", "tool", "function", "ipython", "model");

  private long length;

  long length() {
    return length;
  }

  TemplateScope scope(Chat chat, Map<String, String> tokens) {
    var scope = new TemplateScope(null);
    tokens.forEach((name, token) -> scope.set(name, TemplateValue.Text.literal(token)));
    chat.variables().forEach((name, value) -> scope.set(name, value(value)));
    var messages = new ArrayList<TemplateValue>();
    chat.messages().forEach(message -> messages.add(message(message)));
    scope.set("messages", new TemplateValue.Items(messages, false));
    scope.set(
        "tools",
        chat.tools().isEmpty() ? TemplateValue.None.NONE : value(new Json.Arr(chat.tools())));
    scope.set("add_generation_prompt", TemplateValue.Truth.of(chat.generationPrompt()));
    return scope;
  }

  private TemplateValue message(Json.Obj message) {
    if (!(value(message) instanceof TemplateValue.Dict(var fields))) {
      throw new IllegalStateException("an object is a dictionary");
    }
    if (message.at("role") instanceof Json.Str(var role) && ROLES.contains(role)) {
      fields.put("role", TemplateValue.Text.literal(role));
    }
    return new TemplateValue.Dict(fields);
  }

  private TemplateValue value(Json json) {
    length++;
    return switch (json) {
      case Json.Str(var text) -> {
        length += text.length();
        yield TemplateValue.Text.content(Utf8.wellFormed(text));
      }
      case Json.Num(var digits) -> number(digits);
      case Json.Bool(var truth) -> TemplateValue.Truth.of(truth);
      case Json.Null _ -> TemplateValue.None.NONE;
      case Json.Arr(var items) -> new TemplateValue.Items(values(items), false);
      case Json.Obj(var fields) -> {
        var values = new LinkedHashMap<String, TemplateValue>();
        fields.forEach((name, item) -> values.put(Utf8.wellFormed(name), value(item)));
        yield new TemplateValue.Dict(values);
      }
    };
  }

  private List<TemplateValue> values(List<Json> items) {
    var values = new ArrayList<TemplateValue>();
    items.forEach(item -> values.add(value(item)));
    return values;
  }

  private static TemplateValue number(String digits) {
    try {
      return digits.matches("-?[0-9]+")
          ? new TemplateValue.Int(Long.parseLong(digits))
          : new TemplateValue.Real(Double.parseDouble(digits));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "the number %s of a message does not fit into 64 bits".formatted(digits), e);
    }
  }
}
