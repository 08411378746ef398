package telos.nn.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import telos.nn.Activation;
import telos.nn.Encoder;
import telos.nn.EncoderConfig;
import telos.nn.Pooling;
import telos.nn.SentenceEncoder;

/// A sentence encoder as a directory of Hugging Face: `config.json` of model type `bert` and
/// `model.safetensors`, with `modules.json` and the settings of the pooling where
/// sentence-transformers wrote it. A directory without them is pooled as sentence-transformers
/// would pool it: the mean, not normalised.
///
/// The tokenizer is a file of its own, `tokenizer.json`.
///
/// @param maxTokens longest sequence, special tokens included: the context, or less where
///   `sentence_bert_config.json` says so
public record BertDirectory(SentenceEncoder model, int maxTokens) {
  private static final long SMALL = 1 << 20;
  private static final String WEIGHTS = "model.safetensors";
  private static final String MODULES = "modules.json";
  private static final String LIMIT = "sentence_bert_config.json";
  private static final String MODULE_TYPE = "sentence_transformers.models.";

  private static final Map<String, Activation> ACTIVATIONS =
      Map.of(
          "gelu", Activation.GELU_ERF,
          "gelu_new", Activation.GELU,
          "gelu_pytorch_tanh", Activation.GELU,
          "relu", Activation.RELU,
          "silu", Activation.SILU,
          "tanh", Activation.TANH);

  /// Settings of `config.json` that say nothing about the states of the encoder: how it was
  /// trained, what heads are for, what libraries note.
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "_name_or_path",
          "architectures",
          "attention_probs_dropout_prob",
          "bos_token_id",
          "classifier_dropout",
          "directionality",
          "dtype",
          "eos_token_id",
          "gradient_checkpointing",
          "hidden_dropout_prob",
          "id2label",
          "initializer_range",
          "label2id",
          "model_type",
          "pad_token_id",
          "problem_type",
          "tie_word_embeddings",
          "torch_dtype",
          "transformers_version",
          "use_cache");

  /// Settings that are read; of the last three only the value that means "plain BERT".
  private static final Set<String> READ =
      Set.of(
          "hidden_act",
          "hidden_size",
          "intermediate_size",
          "layer_norm_eps",
          "max_position_embeddings",
          "num_attention_heads",
          "num_hidden_layers",
          "type_vocab_size",
          "vocab_size",
          "add_cross_attention",
          "is_decoder",
          "position_embedding_type");

  /// Reads a directory on the current device.
  ///
  /// @throws FormatException when a file is malformed, or asks for what is not supported
  public static BertDirectory read(Path directory) throws IOException {
    var config = config(fields(directory.resolve("config.json")));
    var weights = directory.resolve(WEIGHTS);
    var encoder = BertWeights.encoder(weights.toString(), SafeTensors.read(weights), config);
    var modules = Modules.read(directory);
    return new BertDirectory(
        new SentenceEncoder(encoder, modules.pooling(), modules.normalised()),
        limit(directory, config));
  }

  private static EncoderConfig config(Fields fields) throws FormatException {
    if (!fields.text("model_type").equals("bert")) {
      throw fields.fault("model_type", "must be \"bert\"");
    }
    for (var name : fields.json().fields().keySet()) {
      if (!READ.contains(name) && !WITHOUT_EFFECT.contains(name)) {
        throw fields.fault(name, "is a setting that is not supported");
      }
    }
    fields.require("add_cross_attention", "false");
    fields.require("is_decoder", "false");
    fields.require("position_embedding_type", "\"absolute\"");
    var activation = ACTIVATIONS.get(fields.text("hidden_act"));
    if (activation == null) {
      throw fields.fault("hidden_act", "must be one of " + ACTIVATIONS.keySet());
    }
    try {
      return new EncoderConfig(
          fields.number("num_hidden_layers"),
          fields.number("num_attention_heads"),
          fields.number("hidden_size"),
          fields.number("intermediate_size"),
          fields.number("max_position_embeddings"),
          fields.number("vocab_size"),
          fields.number("type_vocab_size"),
          activation,
          fields.real("layer_norm_eps", 1e-12),
          false);
    } catch (IllegalArgumentException e) {
      throw new FormatException("%s: %s".formatted(fields.file(), e.getMessage()), e);
    }
  }

  private static int limit(Path directory, EncoderConfig config) throws IOException {
    var file = directory.resolve(LIMIT);
    if (!Files.exists(file)) {
      return config.context();
    }
    var fields = fields(file);
    return fields.json().at("max_seq_length") instanceof Json.Null
        ? config.context()
        : Math.min(config.context(), fields.number("max_seq_length"));
  }

  /// Writes the directory, each file whole or absent, so that transformers and
  /// sentence-transformers read it; the tokenizer is saved beside it by its own `save`.
  public void write(Path directory) throws IOException {
    if (model.encoder().config().preNorm()) {
      throw new IllegalArgumentException("bert: a pre-norm encoder has no form in this format");
    }
    Files.createDirectories(directory);
    Encoder encoder = model.encoder();
    SafeTensors.write(directory.resolve(WEIGHTS), BertWeights.named(encoder));
    write(directory.resolve("config.json"), settings(encoder.config()));
    write(directory.resolve(LIMIT), Map.of("max_seq_length", maxTokens));
    new Modules(model.pooling(), model.normalised()).write(directory, encoder.config().width());
  }

  private static Map<String, Object> settings(EncoderConfig config) {
    var settings = new LinkedHashMap<String, Object>();
    settings.put("architectures", List.of("BertModel"));
    settings.put("model_type", "bert");
    settings.put("vocab_size", config.vocabulary());
    settings.put("hidden_size", config.width());
    settings.put("num_hidden_layers", config.layers());
    settings.put("num_attention_heads", config.heads());
    settings.put("intermediate_size", config.mlpWidth());
    settings.put("hidden_act", name(config.activation()));
    settings.put("max_position_embeddings", config.context());
    settings.put("type_vocab_size", config.types());
    settings.put("layer_norm_eps", config.eps());
    return settings;
  }

  private static String name(Activation activation) {
    return ACTIVATIONS.entrySet().stream()
        .filter(entry -> entry.getValue() == activation)
        .map(Map.Entry::getKey)
        .sorted()
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("BERT has no activation " + activation));
  }

  private static void write(Path file, Map<String, ?> settings) throws IOException {
    byte[] text = Json.of(settings).text().getBytes(StandardCharsets.UTF_8);
    AtomicFiles.write(file, out -> out.write(text));
  }

  private static Fields fields(Path file) throws IOException {
    return new Fields(file.toString(), object(file, json(file)));
  }

  private static Json.Obj object(Path file, Json json) throws FormatException {
    if (json instanceof Json.Obj object) {
      return object;
    }
    throw new FormatException("%s: is not an object".formatted(file));
  }

  private static Json json(Path file) throws IOException {
    try {
      if (Files.size(file) > SMALL) {
        throw new FormatException("%s: is larger than 1 MiB".formatted(file));
      }
      return Json.read(file.toString(), Files.readAllBytes(file));
    } catch (FormatException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException("cannot read %s: %s".formatted(file, AtomicFiles.reason(e)), e);
    }
  }

  /// The settings of one file.
  private record Fields(String file, Json.Obj json) {
    FormatException fault(String name, String what) {
      return new FormatException(
          "%s: \"%s\" is %s; it %s".formatted(file, name, json.at(name).text(), what));
    }

    String text(String name) throws FormatException {
      if (json.at(name) instanceof Json.Str(var value)) {
        return value;
      }
      throw fault(name, "must be a text");
    }

    int number(String name) throws FormatException {
      if (json.at(name) instanceof Json.Num(var digits) && digits.matches("\\d{1,9}")) {
        return Integer.parseInt(digits);
      }
      throw fault(name, "must be a small whole number");
    }

    double real(String name, double otherwise) throws FormatException {
      return switch (json.at(name)) {
        case Json.Null _ -> otherwise;
        case Json.Num(var digits) -> Double.parseDouble(digits);
        default -> throw fault(name, "must be a number");
      };
    }

    boolean truth(String name) throws FormatException {
      return switch (json.at(name)) {
        case Json.Null _ -> false;
        case Json.Bool(var value) -> value;
        default -> throw fault(name, "must be true or false");
      };
    }

    void require(String name, String only) throws FormatException {
      var value = json.at(name);
      if (!(value instanceof Json.Null) && !value.text().equals(only)) {
        throw fault(name, "must be " + only);
      }
    }
  }

  /// What sentence-transformers puts after the encoder.
  private record Modules(Pooling pooling, boolean normalised) {
    static Modules read(Path directory) throws IOException {
      var file = directory.resolve(MODULES);
      if (!Files.exists(file)) {
        return new Modules(Pooling.MEAN, false);
      }
      if (!(json(file) instanceof Json.Arr(var items))) {
        throw new FormatException("%s: is not a list".formatted(file));
      }
      var modules = new ArrayList<Fields>();
      for (var item : items) {
        modules.add(new Fields(file.toString(), object(file, item)));
      }
      return of(directory, modules);
    }

    private static Modules of(Path directory, List<Fields> modules) throws IOException {
      var kinds = new ArrayList<String>();
      for (var module : modules) {
        kinds.add(kind(module));
      }
      boolean normalised = kinds.equals(List.of("Transformer", "Pooling", "Normalize"));
      if (!normalised && !kinds.equals(List.of("Transformer", "Pooling"))) {
        throw new FormatException(
            "%s: the modules are %s; supported are Transformer, Pooling and, last, Normalize"
                .formatted(directory.resolve(MODULES), kinds));
      }
      if (!modules.getFirst().text("path").isEmpty()) {
        throw modules.getFirst().fault("path", "must be empty: the encoder is read from the top");
      }
      return new Modules(pooling(directory, modules.get(1)), normalised);
    }

    private static String kind(Fields module) throws FormatException {
      var type = module.text("type");
      return type.substring(type.lastIndexOf('.') + 1);
    }

    private static Pooling pooling(Path directory, Fields module) throws IOException {
      var path = module.text("path");
      if (!path.matches("\\w+")) {
        throw module.fault("path", "must be the plain name of a folder");
      }
      var fields = fields(directory.resolve(path).resolve("config.json"));
      if (fields.json().at("pooling_mode") instanceof Json.Str(var mode)) {
        return switch (mode) {
          case "mean" -> Pooling.MEAN;
          case "cls" -> Pooling.CLS;
          default -> throw fields.fault("pooling_mode", "must be mean or cls");
        };
      }
      return flagged(fields);
    }

    /// Older files have a flag for each way of pooling; more than one would join their results.
    private static Pooling flagged(Fields fields) throws FormatException {
      var chosen = new ArrayList<String>();
      for (var name : fields.json().fields().keySet()) {
        if (name.startsWith("pooling_mode_") && fields.truth(name)) {
          chosen.add(name.substring("pooling_mode_".length()));
        }
      }
      if (chosen.equals(List.of("mean_tokens"))) {
        return Pooling.MEAN;
      }
      if (chosen.equals(List.of("cls_token"))) {
        return Pooling.CLS;
      }
      throw new FormatException(
          "%s: pools by %s; supported is one of mean_tokens and cls_token"
              .formatted(fields.file(), chosen));
    }

    void write(Path directory, int width) throws IOException {
      var folder = directory.resolve("1_Pooling");
      Files.createDirectories(folder);
      BertDirectory.write(
          folder.resolve("config.json"),
          Map.of(
              "word_embedding_dimension", width,
              "pooling_mode_cls_token", pooling == Pooling.CLS,
              "pooling_mode_mean_tokens", pooling == Pooling.MEAN));
      var modules = new ArrayList<Map<String, Object>>();
      modules.add(module(0, "", "Transformer"));
      modules.add(module(1, "1_Pooling", "Pooling"));
      if (normalised) {
        Files.createDirectories(directory.resolve("2_Normalize"));
        modules.add(module(2, "2_Normalize", "Normalize"));
      }
      byte[] text = Json.of(modules).text().getBytes(StandardCharsets.UTF_8);
      AtomicFiles.write(directory.resolve(MODULES), out -> out.write(text));
    }

    private static Map<String, Object> module(int index, String path, String kind) {
      var module = new LinkedHashMap<String, Object>();
      module.put("idx", index);
      module.put("name", Integer.toString(index));
      module.put("path", path);
      module.put("type", MODULE_TYPE + kind);
      return module;
    }
  }
}
