package telos.nn.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import telos.nn.Linear;
import telos.nn.ValueModel;
import telos.nn.text.ChatTemplate;
import telos.nn.text.SubwordTokenizer;
import telos.tensor.Tensor;

/// A reward model as Hugging Face's library keeps it in a directory: the
/// `...ForSequenceClassification` of an architecture of [Pretrained], with one label. Its reward is
/// read at the last token of a sequence that is not padding.
///
/// @param model its weights F32, whatever the file has
/// @param tokenizer empty where the directory has no `tokenizer.json`
/// @param chatTemplate empty where the directory has none
/// @param padding the token that fills rows at their ends
public record PretrainedReward(
    ValueModel model,
    Optional<SubwordTokenizer> tokenizer,
    Optional<ChatTemplate> chatTemplate,
    int padding) {
  /// @throws IllegalArgumentException when the tokenizer has tokens that the model has not, or the
  ///   padding is none of them
  public PretrainedReward {
    Pretrained.checkFit(model.trunk(), new Vocabulary(tokenizer, chatTemplate, defaults(padding)));
  }

  private static GenerationDefaults defaults(int padding) {
    return GenerationDefaults.greedy(OptionalInt.empty(), List.of(), OptionalInt.of(padding));
  }

  /// The reward of every row.
  ///
  /// @param rows token ids, without padding
  public Tensor rewards(int[][] rows) {
    return model.last(telos.nn.Rows.pad(rows, padding), telos.nn.Rows.lengths(rows));
  }

  /// Reads a directory.
  ///
  /// @throws FormatException as [Pretrained#load]; when there is not exactly one label, or no
  ///   `pad_token_id`
  public static PretrainedReward load(Path directory) throws IOException {
    var files = ModelDirectory.of(directory);
    var config = files.json("config.json");
    var architecture = Architecture.of(config, true);
    checkLabels(config);
    var shape = ConfigReader.read(config, architecture, true);
    var vocabulary = Vocabulary.read(files, config, shape.vocabulary());
    int padding = config.number("pad_token_id");
    var score = new StoredLeaf.Part(GptWeights.SCORE, List.of(1L, (long) shape.width()));
    try (var weights = WeightFiles.open(files)) {
      var trunk = new GptWeights(architecture, shape).read(weights, score);
      var head = Linear.of(weights.read(GptWeights.SCORE).transpose(0, 1));
      return new PretrainedReward(
          new ValueModel(trunk, head), vocabulary.tokenizer(), vocabulary.chatTemplate(), padding);
    }
  }

  private static void checkLabels(JsonFields config) throws FormatException {
    int labels =
        config.has("id2label")
            ? config.object("id2label").object().fields().size()
            : config.number("num_labels", 2);
    if (labels != 1) {
      throw config.fault("has %d labels where a reward model has one".formatted(labels));
    }
  }

  /// Writes a directory that [#load] and Hugging Face's library read, as [Pretrained#save(Path)].
  public void save(Path directory) throws IOException {
    save(directory, StoredType.F32, Pretrained.SHARD);
  }

  /// As [Pretrained#save(Path, StoredType, long)].
  public void save(Path directory, StoredType floats, long shard) throws IOException {
    var shape = model.trunk().config();
    var architecture = Architecture.of(shape);
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("architectures", List.of(architecture.classifier));
    config.putAll(ConfigWriter.fields(architecture, shape, floats));
    config.put("id2label", Map.of("0", "LABEL_0"));
    config.put("label2id", Map.of("LABEL_0", 0));
    config.put("pad_token_id", padding);
    var rows = new GptWeights(architecture, shape).rows(model.trunk(), floats);
    Tensor score = model.head().weight().transpose(0, 1);
    rows.add(SafeTensors.Row.of(GptWeights.SCORE, floats, score));
    var files = new ModelFiles();
    files.addWeights(rows, shard);
    new Vocabulary(tokenizer, chatTemplate, defaults(padding)).addTo(files, shape.context());
    files.add("config.json", (Json.Obj) Json.of(config));
    files.write(directory);
  }
}
