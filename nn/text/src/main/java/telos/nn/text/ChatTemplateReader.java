package telos.nn.text;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.nn.format.JsonFields;

/// Finds the chat template of a model directory.
final class ChatTemplateReader {
  private static final long MAX_BYTES = 1L << 26;

  private ChatTemplateReader() {}

  static ChatTemplate read(Path directory) throws IOException {
    var file = directory.resolve("chat_template.jinja");
    var config = directory.resolve("tokenizer_config.json");
    var fields =
        Files.isRegularFile(config)
            ? JsonFields.of(
                config.toString(), "the file", Json.read(config.toString(), bytes(config)))
            : new JsonFields(config.toString(), "the file", new Json.Obj(Map.of()));
    boolean own = Files.isRegularFile(file);
    var name = (own ? file : config).toString();
    var template = own ? text(file) : template(fields);
    try {
      return ChatTemplate.parse(template).withTokens(tokens(fields));
    } catch (TemplateException e) {
      throw new FormatException("%s: %s".formatted(name, e.getMessage()), e);
    }
  }

  private static byte[] bytes(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new FormatException(
          "%s: is larger than the %d bytes it may have".formatted(file, MAX_BYTES));
    }
    return Files.readAllBytes(file);
  }

  private static String text(Path file) throws IOException {
    bytes(file);
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new FormatException("%s: is not well-formed UTF-8".formatted(file), e);
    }
  }

  private static String template(JsonFields config) throws FormatException {
    if (!config.has("chat_template")) {
      throw config.fault(
          "there is no chat template; it may stand here as \"chat_template\" or beside as"
              + " chat_template.jinja");
    }
    if (config.object().at("chat_template") instanceof Json.Str(var template)) {
      return template;
    }
    for (var named : config.objects("chat_template")) {
      if (named.text("name").equals("default")) {
        return named.text("template");
      }
    }
    throw config.fault("none of the chat templates has the name \"default\"");
  }

  /// The fields such as `bos_token`: a text, or an added token with its `content`.
  private static Map<String, String> tokens(JsonFields config) throws FormatException {
    var tokens = new HashMap<String, String>();
    for (var field : config.object().fields().entrySet()) {
      if (!field.getKey().endsWith("_token")) {
        continue;
      }
      if (field.getValue() instanceof Json.Str(var token)) {
        tokens.put(field.getKey(), token);
      } else if (field.getValue() instanceof Json.Obj) {
        tokens.put(field.getKey(), config.object(field.getKey()).text("content"));
      }
    }
    return tokens;
  }
}
