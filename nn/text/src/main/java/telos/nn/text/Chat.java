package telos.nn.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import telos.nn.format.Json;

/// A conversation as a [ChatTemplate] takes it.
///
/// @param messages each usually with `role` and `content`
/// @param tools JSON schemas of functions that the assistant may call; a template sees `none` for
///   an empty list
/// @param generationPrompt whether to end with the beginning of the assistant's next message
/// @param variables more names that the template may use, `enable_thinking` for example
public record Chat(
    List<Json.Obj> messages,
    List<Json> tools,
    boolean generationPrompt,
    Map<String, Json> variables) {
  /// Copies what it is given.
  public Chat {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
    variables = Map.copyOf(variables);
  }

  /// A conversation of nothing but messages.
  public static Chat of(Json.Obj... messages) {
    return new Chat(List.of(messages), List.of(), false, Map.of());
  }

  /// One message.
  ///
  /// @param role `system`, `user`, `assistant` or what else the template knows
  public static Json.Obj message(String role, String content) {
    var fields = new LinkedHashMap<String, Json>();
    fields.put("role", new Json.Str(role));
    fields.put("content", new Json.Str(content));
    return new Json.Obj(fields);
  }

  /// With one message more.
  public Chat plus(Json.Obj message) {
    var more = new ArrayList<>(messages);
    more.add(message);
    return new Chat(more, tools, generationPrompt, variables);
  }

  /// With the beginning of the assistant's next message, or without.
  public Chat withGenerationPrompt(boolean wanted) {
    return new Chat(messages, tools, wanted, variables);
  }

  /// With other tools.
  public Chat withTools(List<Json> others) {
    return new Chat(messages, others, generationPrompt, variables);
  }

  /// With one more variable.
  public Chat with(String name, Json value) {
    var more = new LinkedHashMap<>(variables);
    more.put(name, value);
    return new Chat(messages, tools, generationPrompt, more);
  }

  /// The first messages alone.
  Chat first(int count, boolean prompt) {
    return new Chat(messages.subList(0, count), tools, prompt, variables);
  }

  /// The role of a message, empty if it has none.
  String role(int message) {
    return messages.get(message).at("role") instanceof Json.Str(var role) ? role : "";
  }
}
