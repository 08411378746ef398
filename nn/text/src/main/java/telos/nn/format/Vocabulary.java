package telos.nn.format;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Optional;
import telos.nn.text.ChatTemplate;
import telos.nn.text.SubwordTokenizer;

/// What stands beside the weights in a model's directory: how text becomes tokens, and which tokens
/// mean something.
///
/// @param tokenizer from `tokenizer.json`, empty where there is none
/// @param chatTemplate from `chat_template.jinja` or `tokenizer_config.json`, empty where there is
///   none
/// @param defaults from `generation_config.json` and `config.json`
record Vocabulary(
    Optional<SubwordTokenizer> tokenizer,
    Optional<ChatTemplate> chatTemplate,
    GenerationDefaults defaults) {
  /// @param size of the model's vocabulary
  static Vocabulary read(ModelDirectory directory, JsonFields config, int size) throws IOException {
    var tokenizer = directory.find("tokenizer.json");
    var settings = directory.findJson("tokenizer_config.json");
    boolean chats =
        directory.find("chat_template.jinja").isPresent()
            || settings.isPresent() && settings.get().has("chat_template");
    var vocabulary =
        new Vocabulary(
            tokenizer.isPresent()
                ? Optional.of(SubwordTokenizer.load(tokenizer.get()))
                : Optional.empty(),
            chats ? Optional.of(ChatTemplate.load(directory.path())) : Optional.empty(),
            GenerationDefaults.read(config, directory.findJson("generation_config.json")));
    var fault = vocabulary.fault(size);
    if (fault.isPresent()) {
      throw new FormatException("%s: %s".formatted(directory.path(), fault.get()));
    }
    return vocabulary;
  }

  /// Why this does not fit a model of a vocabulary, if it does not. A model may have more tokens:
  /// embeddings are often padded to a round number.
  Optional<String> fault(int vocabulary) {
    int tokens = tokenizer.map(SubwordTokenizer::vocabularySize).orElse(0);
    if (tokens > vocabulary) {
      return Optional.of(
          "the tokenizer has %d tokens, the model only %d".formatted(tokens, vocabulary));
    }
    return defaults
        .tokens()
        .filter(id -> id >= vocabulary)
        .findFirst()
        .map(id ->
            "the special token %d is outside the model's vocabulary of %d"
                .formatted(id, vocabulary));
  }

  void addTo(ModelFiles files, int context) {
    files.add("generation_config.json", defaults.json());
    tokenizer.ifPresent(it -> files.add("tokenizer.json", it.json()));
    if (tokenizer.isPresent() || chatTemplate.isPresent()) {
      files.add("tokenizer_config.json", settings(context));
    }
  }

  private Json.Obj settings(int context) {
    var fields = new LinkedHashMap<String, Json>();
    fields.put("tokenizer_class", new Json.Str("PreTrainedTokenizerFast"));
    fields.put("model_max_length", Json.of(context));
    fields.put("clean_up_tokenization_spaces", Json.of(false));
    defaults.bos().ifPresent(id -> put(fields, "bos_token", id));
    defaults.eos().stream().findFirst().ifPresent(id -> put(fields, "eos_token", id));
    defaults.pad().ifPresent(id -> put(fields, "pad_token", id));
    chatTemplate.ifPresent(it -> fields.put("chat_template", new Json.Str(it.template())));
    return new Json.Obj(fields);
  }

  private void put(LinkedHashMap<String, Json> fields, String name, int id) {
    tokenizer
        .filter(it -> id < it.vocabularySize())
        .ifPresent(it -> fields.put(name, new Json.Str(it.token(id))));
  }
}
