package telos.nn.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Quantize;
import telos.nn.text.ChatTemplate;
import telos.nn.text.SubwordTokenizer;

/// A language model as Hugging Face's library keeps it in a directory: `config.json`,
/// `model.safetensors` (or several with an index), and beside them, where there are such files, the
/// tokenizer, the chat template and the defaults of generation.
///
///     var pretrained = Pretrained.load(Path.of("SmolLM2-135M"));
///     Tensor logits = pretrained.model().logits(ids);
///
/// Architectures: GPT-2, Llama (SmolLM is one), Mistral, Qwen2, Qwen3. A setting that would make
/// another model of it, and that telos does not compute, is an error that names it.
///
/// A model with I8 weights (see [Quantize#int8]) is saved and loaded as such, in a layout that only
/// telos reads; one with BF16 weights is saved as any other.
///
/// @param model its weights F32, whatever the file has, but for I8 of our own
/// @param tokenizer empty where the directory has no `tokenizer.json`
/// @param chatTemplate empty where the directory has none
/// @param defaults how the model asks to be sampled
public record Pretrained(
    Gpt model,
    Optional<SubwordTokenizer> tokenizer,
    Optional<ChatTemplate> chatTemplate,
    GenerationDefaults defaults) {
  /// Bytes of weights in one file, unless more are asked for.
  public static final long SHARD = 5_000_000_000L;

  /// @throws IllegalArgumentException when the tokenizer or the defaults have tokens that the model
  ///   has not
  public Pretrained {
    checkFit(model, new Vocabulary(tokenizer, chatTemplate, defaults));
  }

  static void checkFit(Gpt model, Vocabulary vocabulary) {
    vocabulary
        .fault(model.config().vocabulary())
        .ifPresent(fault -> {
          throw new IllegalArgumentException(fault);
        });
  }

  /// A model alone.
  public static Pretrained of(Gpt model) {
    return new Pretrained(
        model,
        Optional.empty(),
        Optional.empty(),
        GenerationDefaults.greedy(OptionalInt.empty(), List.of(), OptionalInt.empty()));
  }

  /// Reads a directory.
  ///
  /// @throws FormatException when a file is missing, malformed, a link, or asks for something that
  ///   telos does not compute; when tensors are missing, left over or of a wrong shape; when the
  ///   tokenizer has more tokens than the model
  public static Pretrained load(Path directory) throws IOException {
    var files = ModelDirectory.of(directory);
    var config = files.json("config.json");
    var architecture = Architecture.of(config, false);
    var shape = ConfigReader.read(config, architecture, false);
    var vocabulary = Vocabulary.read(files, config, shape.vocabulary());
    return new Pretrained(
        Int8Weights.isMarked(config)
            ? Int8Weights.read(files.file(WeightFiles.SINGLE), shape)
            : weights(files, architecture, shape),
        vocabulary.tokenizer(),
        vocabulary.chatTemplate(),
        vocabulary.defaults());
  }

  private static Gpt weights(ModelDirectory files, Architecture architecture, GptConfig shape)
      throws IOException {
    try (var weights = WeightFiles.open(files)) {
      return GptWeights.read(weights, architecture, shape);
    }
  }

  /// As [#save(Path, StoredType, long)], with F32 weights in files of at most [#SHARD] bytes.
  public void save(Path directory) throws IOException {
    save(directory, StoredType.F32, SHARD);
  }

  /// Writes a directory that [#load] reads, to the same bits if `floats` is F32, and that Hugging
  /// Face's library reads. A model that the directory holds is replaced; other files stay.
  ///
  /// @param floats how F32 weights are stored: F32, BF16 or F16
  /// @param shard most bytes of weights in one file
  /// @throws IllegalArgumentException when no architecture there has a model of this shape
  public void save(Path directory, StoredType floats, long shard) throws IOException {
    var shape = model.config();
    var architecture = Architecture.of(shape);
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("architectures", List.of(architecture.causal));
    config.putAll(ConfigWriter.fields(architecture, shape, floats));
    config.putAll(defaults.ids());
    var files = new ModelFiles();
    if (Int8Weights.isIn(model)) {
      Int8Weights.mark(config);
      files.addWeights(Int8Weights.rows(model), Long.MAX_VALUE);
    } else {
      Gpt wide = Quantize.f32(model);
      files.addWeights(new GptWeights(architecture, shape).rows(wide, floats), shard);
    }
    new Vocabulary(tokenizer, chatTemplate, defaults).addTo(files, shape.context());
    files.add("config.json", (Json.Obj) Json.of(config));
    files.write(directory);
  }
}
