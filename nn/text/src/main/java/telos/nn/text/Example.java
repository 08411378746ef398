package telos.nn.text;

import java.util.ArrayList;
import java.util.List;
import telos.nn.format.FormatException;
import telos.nn.format.Json;

/// One example of supervised fine-tuning, in the forms that TRL's data sets have.
public sealed interface Example {
  /// A whole text: column `text`, or a part of a plain text file.
  ///
  /// @param whole whether the text ends here, so that the model shall learn to end it; a part of a
  ///   file goes on
  record Text(String text, boolean whole) implements Example {}

  /// A prompt and what shall follow it: columns `prompt` and `completion`. A space between them
  /// belongs to the completion.
  record Completion(String prompt, String completion) implements Example {}

  /// A conversation: column `messages`, or lists of messages in `prompt` and `completion`; `tools`
  /// besides.
  ///
  /// @param prompt how many of the messages are given, whoever says them
  record Conversation(Chat chat, int prompt) implements Example {
    /// Adds the answer to what is wanted.
    static Conversation of(List<Json.Obj> prompt, List<Json.Obj> rest, List<Json> tools) {
      var messages = new ArrayList<>(prompt);
      messages.addAll(rest);
      return new Conversation(new Chat(messages, tools, false, java.util.Map.of()), prompt.size());
    }
  }

  /// Reads one line of JSON.
  ///
  /// @param where what to call the line in an error
  /// @throws FormatException when it is malformed or has none of these forms, saying which columns
  ///   it has
  static Example read(String where, byte[] line) throws FormatException {
    if (!(Json.read(where, line) instanceof Json.Obj columns)) {
      throw new FormatException("%s: is not a JSON object".formatted(where));
    }
    var completion = columns.at("completion");
    if (!(columns.at("messages") instanceof Json.Null)) {
      var messages = messages(where, columns, "messages");
      return Conversation.of(List.of(), messages, tools(where, columns));
    }
    if (completion instanceof Json.Arr) {
      return Conversation.of(
          messages(where, columns, "prompt"),
          messages(where, columns, "completion"),
          tools(where, columns));
    }
    if (!(completion instanceof Json.Null)) {
      return new Completion(text(where, columns, "prompt"), text(where, columns, "completion"));
    }
    if (!(columns.at("text") instanceof Json.Null)) {
      return new Text(text(where, columns, "text"), true);
    }
    throw new FormatException(
        "%s: has the columns %s; fine-tuning needs \"text\", \"messages\", or \"prompt\" and \"completion\""
            .formatted(where, columns.fields().keySet()));
  }

  private static String text(String where, Json.Obj columns, String name) throws FormatException {
    if (columns.at(name) instanceof Json.Str(var text)) {
      return text;
    }
    throw new FormatException("%s: \"%s\" is missing or not a string".formatted(where, name));
  }

  private static List<Json> tools(String where, Json.Obj columns) throws FormatException {
    return switch (columns.at("tools")) {
      case Json.Null _ -> List.of();
      case Json.Arr(var tools) -> tools;
      default -> throw new FormatException("%s: \"tools\" is not a list".formatted(where));
    };
  }

  private static List<Json.Obj> messages(String where, Json.Obj columns, String name)
      throws FormatException {
    if (!(columns.at(name) instanceof Json.Arr(var items)) || items.isEmpty()) {
      throw new FormatException("%s: \"%s\" is no list of messages".formatted(where, name));
    }
    var messages = new ArrayList<Json.Obj>();
    for (var item : items) {
      if (!(item instanceof Json.Obj message) || !(message.at("role") instanceof Json.Str)) {
        throw new FormatException(
            "%s: message %d of \"%s\" has no role".formatted(where, messages.size() + 1, name));
      }
      messages.add(message);
    }
    return messages;
  }
}
