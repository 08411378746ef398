package telos.nn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.Activation;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.RotaryScaling;
import telos.nn.ValueModel;
import telos.nn.text.ChatTemplate;
import telos.nn.text.SubwordTokenizer;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// What is wrong with a directory is said in a sentence, and nothing of it is trusted.
final class PretrainedTest {
  private static final GptConfig LLAMA = GptConfig.llama(2, 2, 1, 8, 12, 16, 11);

  @TempDir private Path directory = Path.of("");

  @BeforeEach
  void write() throws IOException {
    Pretrained.of(Gpt.init(LLAMA, Rng.of(1))).save(directory);
  }

  /// Sets fields of config.json, or removes them where the value is empty.
  private void put(String... fieldsAndValues) throws IOException {
    var file = directory.resolve("config.json");
    var fields = new LinkedHashMap<>(((Json.Obj) Json.read("", Files.readAllBytes(file))).fields());
    for (int i = 0; i < fieldsAndValues.length; i += 2) {
      fields.remove(fieldsAndValues[i]);
      if (!fieldsAndValues[i + 1].isEmpty()) {
        byte[] value = fieldsAndValues[i + 1].getBytes(StandardCharsets.UTF_8);
        fields.put(fieldsAndValues[i], Json.read("", value));
      }
    }
    Files.writeString(file, new Json.Obj(fields).text());
  }

  private void weights(UnaryOperator<Map<String, Tensor>> change) throws IOException {
    var file = directory.resolve("model.safetensors");
    SafeTensors.write(file, change.apply(new LinkedHashMap<>(SafeTensors.read(file))));
  }

  private String fault() {
    var fault = assertThrows(FormatException.class, () -> Pretrained.load(directory));
    return String.valueOf(fault.getMessage());
  }

  private void assertFault(String... parts) {
    var fault = fault();
    for (var part : parts) {
      assertTrue(fault.contains(part), fault);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          model_type             | "bert"              | "bert"; it must be gpt2, llama
          architectures          | ["LlamaModel"]      | "LlamaForCausalLM"
          logit_scale            | 0.5                 | "logit_scale": 0.5, which telos does not know
          quantization_config    | {"quant_method":"gptq"} | "quantization_config" is gptq
          hidden_act             | "mish"              | "mish"; it must be one of
          num_attention_heads    | 3                   | width is 8, must be a multiple of heads
          num_attention_heads    | -2                  | not a small whole number
          head_dim               | 5                   | must be even
          vocab_size             | 999999999           | too large a model
          vocab_size             | 12                  | shape [11, 8] instead of [12, 8]
          intermediate_size      | 999999999           | too large a model
          num_hidden_layers      | 999999999           | 999999999 layers
          max_position_embeddings | 999999999          | a smaller max_position_embeddings
          rms_norm_eps           | 0                   | eps is 0.0, must be positive
          rms_norm_eps           | 1e999               | must be a number
          rope_theta             | 500                 | given twice
          rope_parameters        | {"rope_type":"yarn","factor":2} | "yarn"; it must be default
          rope_parameters        | {"rope_type":"linear"} | "factor" of the rope parameters is null
          rope_parameters        | {"rope_type":"default","mrope_section":[1]} | mrope_section
          rope_parameters        | {"partial_rotary_factor":0.5} | partial_rotary_factor
          tie_word_embeddings    | true                | lm_head.weight differs
          tie_word_embeddings    | 1                   | must be true or false
          eos_token_id           | [2,11]              | special token 11 is outside the model's vocabulary of 11
          """)
  void whatIsNotComputedIsNamed(String field, String value, String fault) throws IOException {
    if (field.startsWith("rope_p")) {
      put("rope_theta", "", "rope_scaling", "");
    }
    if (field.equals("num_attention_heads")) {
      put("head_dim", "");
    }
    put(field, value);
    assertFault(fault);
  }

  @Test
  void tensorsThatDoNotFitAreListed() throws IOException {
    weights(all -> {
      all.remove("model.norm.weight");
      all.put("model.extra", Tensor.of(1f));
      all.computeIfPresent("model.layers.1.mlp.up_proj.weight", (_, w) -> w.transpose(0, 1));
      all.put("model.layers.0.input_layernorm.weight", Tensor.ones(7));
      all.put("model.layers.1.input_layernorm.weight", Tensor.of(new int[8]));
      return all;
    });
    assertFault(
        "missing: model.norm.weight",
        "left over: model.extra",
        "model.layers.1.mlp.up_proj.weight has shape [8, 12] instead of [12, 8], it is transposed",
        "model.layers.0.input_layernorm.weight has shape [7] instead of [8]",
        "model.layers.1.input_layernorm.weight has dtype I32");
  }

  @Test
  void longListsAreCut() throws IOException {
    weights(_ -> Map.of());
    put("num_hidden_layers", "0");
    weights(all -> {
      for (int i = 0; i < 50; i++) {
        all.put("x" + i, Tensor.of(1f));
      }
      return all;
    });
    assertFault("and 30 more");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x.safetensors", "/etc/passwd", "a/b", "..", "a\\\\b", ""})
  void shardsLieInTheDirectory(String name) throws IOException {
    Files.delete(directory.resolve("model.safetensors"));
    Files.writeString(
        directory.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"lm_head.weight\":\"%s\"}}".formatted(name));
    assertFault("is not a plain file name");
  }

  @Test
  void shardsAndIndexAgree() throws IOException {
    Pretrained.of(Gpt.init(LLAMA, Rng.of(1))).save(directory, StoredType.F32, 400);
    var index = directory.resolve("model.safetensors.index.json");
    Files.writeString(
        index, Files.readString(index).replace("model.norm.weight", "model.norm.other"));
    assertFault("do not agree on model.norm.other, model.norm.weight");
    Files.delete(directory.resolve("model-00001-of-%05d.safetensors".formatted(shards())));
    assertFault("has no file model-00001-of");
  }

  private int shards() throws IOException {
    try (var files = Files.list(directory)) {
      return (int) files.filter(f -> f.toString().endsWith(".safetensors")).count();
    }
  }

  @Test
  void linksAreRefused() throws IOException {
    var file = directory.resolve("model.safetensors");
    var elsewhere = directory.resolve("elsewhere");
    Files.move(file, elsewhere);
    Files.createSymbolicLink(file, elsewhere);
    assertFault("is a link");
  }

  @Test
  void missingFilesAreNamed(@TempDir Path empty) throws IOException {
    Files.delete(directory.resolve("model.safetensors"));
    assertFault("has neither model.safetensors nor model.safetensors.index.json");
    var none = assertThrows(FormatException.class, () -> Pretrained.load(empty));
    assertTrue(String.valueOf(none.getMessage()).contains("has no file config.json"));
    assertThrows(IOException.class, () -> Pretrained.load(empty.resolve("absent")));
  }

  @Test
  void aTokenizerMustNotHaveMoreTokensThanTheModel() throws IOException {
    var tokenizer = SubwordTokenizer.train(List.of("aaa bbb"), 300);
    var alone = Pretrained.load(directory);
    var fault =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new Pretrained(
                    alone.model(), Optional.of(tokenizer), Optional.empty(), alone.defaults()));
    assertTrue(String.valueOf(fault.getMessage()).contains("the model only 11"));
    tokenizer.save(directory.resolve("tokenizer.json"));
    assertFault(
        "the tokenizer has %d tokens, the model only 11".formatted(tokenizer.vocabularySize()));
  }

  @Test
  void everythingBesideTheWeightsComesBack() throws IOException {
    var tokenizer =
        SubwordTokenizer.train(List.of("some text"), 270).withSpecialTokens(List.of("<|im_end|>"));
    int end = tokenizer.specialId("<|im_end|>");
    var defaults =
        new GenerationDefaults(
            OptionalInt.of(3),
            List.of(end, 2),
            OptionalInt.empty(),
            true,
            OptionalDouble.of(0.7),
            OptionalDouble.of(0.9),
            OptionalInt.of(40));
    var model = Gpt.init(GptConfig.gpt2(1, 2, 8, 16, 300), Rng.of(3));
    var chat = ChatTemplate.chatMl();
    new Pretrained(model, Optional.of(tokenizer), Optional.of(chat), defaults).save(directory);
    var read = Pretrained.load(directory);
    assertEquals(defaults, read.defaults());
    assertEquals(chat.template(), read.chatTemplate().orElseThrow().template());
    assertEquals(tokenizer.json(), read.tokenizer().orElseThrow().json());
  }

  @Test
  void aModelReplacesAnother() throws IOException {
    var notes = Files.writeString(directory.resolve("notes.txt"), "kept");
    var other = Gpt.init(GptConfig.gpt2(1, 2, 8, 16, 5), Rng.of(3));
    Pretrained.of(other).save(directory, StoredType.BF16, 1000);
    assertEquals(other.config(), Pretrained.load(directory).model().config());
    assertFalse(Files.exists(directory.resolve("model.safetensors")));
    assertEquals("kept", Files.readString(notes));
    try (var beside = Files.list(directory.toAbsolutePath().getParent())) {
      assertTrue(beside.noneMatch(f -> f.toString().contains(".tmp-")));
    }
  }

  @Test
  void halvesAreTheSameOnceRounded() throws IOException {
    var model = Gpt.init(LLAMA, Rng.of(1));
    Pretrained.of(model).save(directory, StoredType.BF16, Pretrained.SHARD);
    var read = Pretrained.load(directory);
    read.save(directory, StoredType.BF16, Pretrained.SHARD);
    var again = Pretrained.load(directory);
    assertEquals(
        Arrays.toString(read.model().tokens().weight().toFloats()),
        Arrays.toString(again.model().tokens().weight().toFloats()));
  }

  @Test
  void shapesThatNoArchitectureHasAreNotWritten() {
    var odd =
        new GptConfig(
            1,
            8,
            16,
            5,
            LLAMA.attention(),
            new GptConfig.FeedForward(12, Activation.SILU, false, false),
            GptConfig.Normalisation.RMS,
            1e-5,
            LLAMA.positions(),
            true);
    var fault =
        assertThrows(
            IllegalArgumentException.class,
            () -> Pretrained.of(Gpt.init(odd, Rng.of(1))).save(directory));
    assertTrue(String.valueOf(fault.getMessage()).contains("a plain feed-forward layer"));
    var between =
        new GptConfig(
            1,
            8,
            31,
            5,
            LLAMA.attention(),
            LLAMA.feedForward(),
            GptConfig.Normalisation.RMS,
            1e-5,
            new GptConfig.Rotary(100, Optional.of(new RotaryScaling.Linear(4))),
            true);
    assertThrows(
        IllegalArgumentException.class,
        () -> Pretrained.of(Gpt.init(between, Rng.of(1))).save(directory));
  }

  @Test
  void rewardModelsComeBack() throws IOException {
    var model = ValueModel.init(Gpt.init(LLAMA, Rng.of(1)), Rng.of(2));
    new PretrainedReward(model, Optional.empty(), Optional.empty(), 10).save(directory);
    int[][] rows = {{1, 2, 3}, {4}};
    var read = PretrainedReward.load(directory);
    assertEquals(10, read.padding());
    assertEquals(
        Arrays.toString(model.last(telos.nn.Rows.pad(rows, 0), Tensor.of(3, 1)).toFloats()),
        Arrays.toString(read.rewards(rows).toFloats()));
    assertFault("LlamaForSequenceClassification");
    put("id2label", "{\"0\":\"a\",\"1\":\"b\"}");
    var labels = assertThrows(FormatException.class, () -> PretrainedReward.load(directory));
    assertTrue(String.valueOf(labels.getMessage()).contains("2 labels"));
    put("id2label", "{\"0\":\"a\"}");
    put("pad_token_id", "null");
    assertThrows(FormatException.class, () -> PretrainedReward.load(directory));
  }

  /// Configurations with bytes changed, or numbers and words exchanged, are read or refused.
  @Test
  void mutatedConfigurationsGiveAModelOrTheDocumentedException() throws IOException {
    var random = new Random(1);
    var config = directory.resolve("config.json");
    var text = Files.readString(config);
    String[] values = {
      "0", "-1", "1", "2", "999999999", "1e300", "null", "true", "{}", "[]", "\"\""
    };
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] bytes;
      if (i % 2 == 0) {
        bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int change = random.nextInt(3); change >= 0; change--) {
          bytes[random.nextInt(bytes.length)] = (byte) (32 + random.nextInt(95));
        }
      } else {
        int at = text.indexOf(':', random.nextInt(text.length() - 20)) + 1;
        int end = text.indexOf(',', at) < 0 ? text.length() - 1 : text.indexOf(',', at);
        var changed = text.substring(0, at) + values[random.nextInt(values.length)];
        bytes = (changed + text.substring(end)).getBytes(StandardCharsets.UTF_8);
      }
      Files.write(config, bytes);
      try {
        Pretrained.load(directory);
      } catch (FormatException _) {
        refused++;
      }
    }
    assertTrue(refused > 1000, refused + " were refused");
  }
}
