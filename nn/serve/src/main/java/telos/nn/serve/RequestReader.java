package telos.nn.serve;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import telos.nn.Sampling;
import telos.nn.Warp;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.nn.text.Chat;
import telos.tensor.Rng;

/// Reads the bodies of OpenAI's two requests. What is wrong is an [ApiError] that names the field.
final class RequestReader {
  private static final int DEFAULT_COMPLETION = 16;
  private static final int MOST_LIKELY = 20;
  private static final int LONGEST_STOP = 1000;

  /// Fields that change nothing in an answer.
  private static final List<String> INERT =
      List.of(
          "user",
          "metadata",
          "store",
          "service_tier",
          "safety_identifier",
          "prompt_cache_key",
          "prompt_cache_retention");

  private final ServedModel model;
  private final Limits limits;

  RequestReader(ServedModel model, Limits limits) {
    this.model = model;
    this.limits = limits;
  }

  /// The object a body holds.
  static Fields fields(byte[] body) {
    try {
      if (Json.read("The request", body) instanceof Json.Obj object) {
        return new Fields(object);
      }
    } catch (FormatException e) {
      throw ApiError.invalid(String.valueOf(e.getMessage()), null);
    }
    throw ApiError.invalid("The request is not a JSON object", null);
  }

  /// `POST /v1/chat/completions`.
  Question chat(Fields fields) {
    checkModel(fields);
    refuseTools(fields);
    int[] prompt = prompt(new Chat(messages(fields), List.of(), true, Map.of()));
    OptionalLong asked = fields.integer("max_completion_tokens", 1, limits.newTokens());
    OptionalLong older = fields.integer("max_tokens", 1, limits.newTokens());
    int room = Math.max(1, Math.min(limits.newTokens(), model.context() - prompt.length));
    int tokens = (int) asked.orElse(older.orElse(room));
    boolean scored = fields.flag("logprobs");
    int likely = (int) fields.integer("top_logprobs", 0, MOST_LIKELY).orElse(0);
    if (likely > 0 && !scored) {
      throw ApiError.invalid("'top_logprobs' needs 'logprobs' to be true", "top_logprobs");
    }
    return question(fields, List.of(prompt), tokens, scored, likely, "messages");
  }

  /// `POST /v1/completions`.
  Question completion(Fields fields) {
    checkModel(fields);
    fields.refuse("suffix", "");
    fields.refuse("echo", false);
    fields.refuse("best_of", 1);
    var prompts = prompts(fields);
    int tokens =
        (int) fields.integer("max_tokens", 1, limits.newTokens()).orElse(DEFAULT_COMPLETION);
    OptionalLong likely = fields.integer("logprobs", 0, MOST_LIKELY);
    return question(fields, prompts, tokens, likely.isPresent(), (int) likely.orElse(0), "prompt");
  }

  private void checkModel(Fields fields) {
    String name = fields.text("model").orElse(model.id());
    if (!name.equals(model.id())) {
      throw ApiError.invalid(
          404,
          "There is no model '%s' here; this server has '%s'".formatted(name, model.id()),
          "model",
          "model_not_found");
    }
  }

  private static void refuseTools(Fields fields) {
    fields.refuse("tools");
    fields.refuse("tool_choice", "none", "auto");
    fields.refuse("functions");
    fields.refuse("function_call", "none", "auto");
    fields.refuse("parallel_tool_calls", true, false);
    fields.refuse("response_format", Map.of("type", "text"));
    fields.refuse("modalities", List.of("text"));
    fields.refuse("audio");
    fields.refuse("prediction");
    fields.refuse("reasoning_effort");
    fields.refuse("verbosity");
    fields.refuse("web_search_options");
  }

  private Question question(
      Fields fields, List<int[]> prompts, int tokens, boolean scored, int likely, String param) {
    int samples = (int) fields.integer("n", 1, limits.choices()).orElse(1);
    if ((long) samples * prompts.size() > limits.choices()) {
      throw Fields.wrong("n", "at most %d for all prompts together".formatted(limits.choices()));
    }
    prompts.forEach(prompt -> checkFits(prompt, tokens, param));
    Sampling sampling = sampling(fields, tokens);
    long seed =
        fields
            .integer("seed", Long.MIN_VALUE, Long.MAX_VALUE)
            .orElseGet(() -> ThreadLocalRandom.current().nextLong());
    var passages = new ArrayList<Passage>();
    for (int p = 0; p < prompts.size(); p++) {
      for (int s = 0; s < samples; s++) {
        Rng key = Rng.of(seed).fold(p).fold(s);
        passages.add(new Passage(prompts.get(p), sampling, key, likely));
      }
    }
    int promptTokens = prompts.stream().mapToInt(prompt -> prompt.length).sum();
    boolean stream = fields.flag("stream");
    boolean usage = fields.object("stream_options").flag("include_usage");
    var stops = stops(fields);
    fields.pass(INERT);
    return new Question(passages, promptTokens, stops, scored, stream, usage, fields.unknown());
  }

  private void checkFits(int[] prompt, int tokens, String param) {
    if (prompt.length == 0) {
      throw ApiError.invalid("The prompt is empty; it needs at least one token", param);
    }
    if (prompt.length + tokens > model.context()) {
      throw ApiError.invalid(
          400,
          "The model's context is %d tokens; the prompt has %d and %d new ones were asked for"
              .formatted(model.context(), prompt.length, tokens),
          param,
          "context_length_exceeded");
    }
  }

  private Sampling sampling(Fields fields, int tokens) {
    double temperature = fields.number("temperature", 0, 2).orElse(1);
    double topP = fields.number("top_p", 0, 1).orElse(1);
    if (topP == 0) {
      throw Fields.wrong("top_p", "greater than 0");
    }
    double presence = fields.number("presence_penalty", -2, 2).orElse(0);
    double frequency = fields.number("frequency_penalty", -2, 2).orElse(0);
    return Sampling.of(tokens, model.stopTokens().toArray(Integer[]::new))
        .with(
            new Warp.Bias(bias(fields)),
            new Warp.PresencePenalty(presence),
            new Warp.FrequencyPenalty(frequency),
            new Warp.Temperature(temperature),
            new Warp.TopP(topP));
  }

  private Map<Integer, Double> bias(Fields fields) {
    if (!fields.has("logit_bias")) {
      return Map.of();
    }
    if (!(fields.at("logit_bias") instanceof Json.Obj(var entries))) {
      throw Fields.wrong("logit_bias", "an object of token ids and numbers");
    }
    var bias = new LinkedHashMap<Integer, Double>();
    entries.forEach((token, value) -> {
      var entry = new Fields(JsonObject.of("logit_bias", value));
      double amount = entry.number("logit_bias", -100, 100).orElse(0);
      bias.put(id(token, "logit_bias"), amount);
    });
    return bias;
  }

  private int id(String digits, String field) {
    int vocabulary = model.gpt().config().vocabulary();
    if (digits.matches("[0-9]{1,9}") && Integer.parseInt(digits) < vocabulary) {
      return Integer.parseInt(digits);
    }
    throw Fields.wrong(field, "of token ids from 0 to %d".formatted(vocabulary - 1));
  }

  private List<String> stops(Fields fields) {
    var stops = fields.texts("stop", limits.stops());
    for (String stop : stops) {
      if (stop.isEmpty() || stop.length() > LONGEST_STOP) {
        throw Fields.wrong("stop", "of strings of 1 to %d characters".formatted(LONGEST_STOP));
      }
    }
    return stops;
  }

  // --- prompts ---

  private int[] prompt(Chat chat) {
    try {
      return model
          .prompt(chat)
          .orElseThrow(() ->
              ApiError.invalid(
                  "The model '%s' has no chat template; it answers /v1/completions"
                      .formatted(model.id()),
                  "messages"));
    } catch (IllegalArgumentException e) {
      throw ApiError.invalid("The messages do not fit: " + e.getMessage(), "messages");
    }
  }

  private List<Json.Obj> messages(Fields fields) {
    if (!(fields.at("messages") instanceof Json.Arr(var items))
        || items.isEmpty()
        || items.size() > limits.messages()) {
      throw Fields.wrong("messages", "a list of 1 to %d messages".formatted(limits.messages()));
    }
    return IntStream.range(0, items.size())
        .mapToObj(i -> message(items.get(i), "messages[%d]".formatted(i)))
        .toList();
  }

  private static Json.Obj message(Json item, String name) {
    if (!(item instanceof Json.Obj object)) {
      throw Fields.wrong(name, "an object with role and content");
    }
    String role = object.at("role") instanceof Json.Str(var text) ? text : "";
    return switch (role) {
      case "system", "user", "assistant" -> Chat.message(role, content(object, name));
      case "developer" -> Chat.message("system", content(object, name));
      case "tool", "function" ->
          throw ApiError.invalid(
              400, "This server does not support tools", name + ".role", "unsupported_parameter");
      default -> throw Fields.wrong(name + ".role", "system, developer, user or assistant");
    };
  }

  /// A text, or a list of parts that are texts.
  private static String content(Json.Obj message, String name) {
    return switch (message.at("content")) {
      case Json.Str(var text) -> text;
      case Json.Arr(var parts) -> {
        var all = new StringBuilder();
        parts.forEach(part -> all.append(part(part, name)));
        yield all.toString();
      }
      default -> throw Fields.wrong(name + ".content", "a string or a list of text parts");
    };
  }

  private static String part(Json part, String name) {
    if (part instanceof Json.Obj object
        && object.at("type").equals(new Json.Str("text"))
        && object.at("text") instanceof Json.Str(var text)) {
      return text;
    }
    throw Fields.wrong(name + ".content", "of parts {\"type\": \"text\", \"text\": ...}");
  }

  /// A string, strings, token ids, or lists of token ids.
  private List<int[]> prompts(Fields fields) {
    Json prompt = fields.at("prompt");
    if (prompt instanceof Json.Arr(var items)
        && !items.isEmpty()
        && !(items.getFirst() instanceof Json.Num)) {
      if (items.size() > limits.choices()) {
        throw Fields.wrong("prompt", "at most %d prompts".formatted(limits.choices()));
      }
      return items.stream().map(this::prompt).toList();
    }
    return List.of(prompt(prompt));
  }

  private int[] prompt(Json prompt) {
    return switch (prompt) {
      case Json.Str(var text) -> model.prompt(text);
      case Json.Arr(var items) ->
          items.stream()
              .mapToInt(i -> id(i instanceof Json.Num(var digits) ? digits : "", "prompt"))
              .toArray();
      default -> throw Fields.wrong("prompt", "a string, a list of token ids, or a list of those");
    };
  }
}
