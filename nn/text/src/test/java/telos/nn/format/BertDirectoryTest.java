package telos.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.Activation;
import telos.nn.Encoder;
import telos.nn.EncoderConfig;
import telos.nn.Pooling;
import telos.nn.Rows;
import telos.nn.SentenceEncoder;
import telos.nn.text.SubwordTokenizer;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Small BERTs as transformers and sentence-transformers wrote them, and what those made of texts
/// (`golden.py` beside them).
final class BertDirectoryTest {
  private static final double TOLERANCE = 1e-5;

  private static Path golden(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(BertDirectoryTest.class.getResource("bert/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Json.Obj expected(String name) throws IOException {
    return (Json.Obj) Json.read(name, Files.readAllBytes(golden(name + "/expected.json")));
  }

  private static double[] numbers(Json json) {
    return ((Json.Arr) json)
        .items().stream().mapToDouble(x -> Double.parseDouble(((Json.Num) x).digits())).toArray();
  }

  private static int[] ids(Json json) {
    return ((Json.Arr) json)
        .items().stream().mapToInt(x -> Integer.parseInt(((Json.Num) x).digits())).toArray();
  }

  private static List<Json.Obj> rows(Json.Obj expected) {
    return ((Json.Arr) expected.at("rows")).items().stream().map(Json.Obj.class::cast).toList();
  }

  private static Tensor batch(int[] row) {
    return Tensor.of(row, Shape.of(1, row.length));
  }

  private static void assertClose(Json expected, Tensor actual) {
    assertArrayEquals(numbers(expected), actual.toDoubles(), TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mean", "masked"})
  void hiddenStatesAreThoseOfTransformers(String name) throws IOException {
    Encoder encoder = BertDirectory.read(golden(name)).model().encoder();
    for (Json.Obj row : rows(expected(name))) {
      int[] ids = ids(row.at("ids"));
      Tensor hidden = encoder.hidden(batch(ids), Tensor.of(ids.length));
      assertClose(row.at("hidden"), hidden);
      if (encoder.pooler().isPresent()) {
        assertClose(row.at("pooler"), encoder.summary(hidden));
      }
    }
    int[] first = ids(rows(expected(name)).getFirst().at("ids"));
    Json.Obj typed = (Json.Obj) expected(name).at("typed");
    assertClose(
        typed.at("hidden"),
        encoder.hidden(batch(first), batch(ids(typed.at("types"))), Tensor.of(first.length)));
  }

  @Test
  void embeddingsAreThoseOfSentenceTransformers() throws IOException {
    BertDirectory read = BertDirectory.read(golden("mean"));
    SubwordTokenizer tokenizer = SubwordTokenizer.load(golden("mean/tokenizer.json"));
    int[][] rows =
        ((Json.Arr) expected("mean").at("texts"))
            .items().stream()
                .map(text -> tokenizer.framed(tokenizer.encoding(((Json.Str) text).value())).ids())
                .toArray(int[][]::new);
    Tensor ids = Rows.pad(rows, 0);
    SentenceEncoder cls = new SentenceEncoder(read.model().encoder(), Pooling.CLS, false);
    requireRows(expected("mean").at("mean"), read.model().call(ids, Rows.lengths(rows)));
    requireRows(expected("mean").at("cls"), cls.call(ids, Rows.lengths(rows)));
    assertEquals(40, read.maxTokens());
  }

  private static void requireRows(Json expected, Tensor actual) {
    List<Json> rows = ((Json.Arr) expected).items();
    assertEquals(rows.size(), actual.dim(0));
    for (int b = 0; b < rows.size(); b++) {
      assertClose(rows.get(b), actual.at(0, b));
    }
  }

  @ParameterizedTest
  @CsvSource({"MEAN, true, GELU_ERF", "CLS, false, GELU"})
  void whatIsWrittenIsRead(
      Pooling pooling, boolean normalised, Activation activation, @TempDir Path folder)
      throws IOException {
    EncoderConfig config = new EncoderConfig(2, 2, 8, 12, 10, 20, 2, activation, 1e-12, false);
    Encoder encoder = Encoder.init(config, Rng.of(1));
    BertDirectory written = new BertDirectory(new SentenceEncoder(encoder, pooling, normalised), 7);
    written.write(folder);
    BertDirectory read = BertDirectory.read(folder);
    assertEquals(config, read.model().encoder().config());
    assertEquals(pooling, read.model().pooling());
    assertEquals(normalised, read.model().normalised());
    assertEquals(7, read.maxTokens());
    var leaves = Tree.leaves(read.model());
    Tree.leaves(written.model())
        .forEach(
            (path, leaf) -> assertArrayEquals(leaf.toFloats(), leaves.get(path).toFloats(), path));
  }

  /// What telos writes is, byte for byte, what transformers wrote.
  @Test
  void weightsAreWrittenAsTheyWere(@TempDir Path folder) throws IOException {
    BertDirectory.read(golden("mean")).write(folder);
    assertArrayEquals(
        Files.readAllBytes(golden("mean/model.safetensors")),
        Files.readAllBytes(folder.resolve("model.safetensors")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "config.json | \"bert\" | \"roberta\" | must be \"bert\"",
        "config.json | \"use_cache\" | \"window\" | \"window\" is true",
        "config.json | \"is_decoder\": false | \"is_decoder\": true | must be false",
        "config.json | \"gelu\" | \"gelu_fast\" | must be one of",
        "config.json | \"hidden_size\": 24 | \"hidden_size\": 24.5 | small whole number",
        "config.json | \"hidden_size\": 24 | \"hidden_size\": 25 | multiple of the 3 heads",
        "config.json | \"vocab_size\": 75 | \"vocab_size\": 76 | asks for F32[76, 24]",
        "config.json | \"vocab_size\": 75 | \"vocab_size\": 999999999 | more than 2^31",
        "config.json | num_hidden_layers\": 2 | num_hidden_layers\": 999999999 | no tensor"
            + " \"encoder.layer.2",
        "config.json | num_hidden_layers\": 2 | num_hidden_layers\": 1 | no place for",
        "modules.json | \"1_Pooling\" | \"../pooling\" | plain name",
        "modules.json | normalize.Normalize | dense.Dense | supported are",
        "modules.json | [ | { | not valid JSON",
        "1_Pooling/config.json | \"mean\" | \"max\" | must be mean or cls",
        "1_Pooling/config.json | \"pooling_mode\": \"mean\" | \"pooling_mode_max_tokens\": true |"
            + " pools by [max_tokens]",
        "sentence_bert_config.json | \"feature-extraction\" | 1, \"max_seq_length\": -1 | small"
            + " whole number",
      })
  void refusesWhatItDoesNotUnderstand(
      String file, String from, String to, String message, @TempDir Path folder)
      throws IOException {
    for (var name :
        List.of("config.json", "modules.json", "sentence_bert_config.json", "model.safetensors")) {
      Files.copy(golden("mean/" + name), folder.resolve(name));
    }
    Files.createDirectories(folder.resolve("1_Pooling"));
    Files.copy(golden("mean/1_Pooling/config.json"), folder.resolve("1_Pooling/config.json"));
    String text = Files.readString(folder.resolve(file));
    assertTrue(text.contains(from), from);
    Files.writeString(folder.resolve(file), text.replace(from, to));
    var refused = assertThrows(FormatException.class, () -> BertDirectory.read(folder));
    assertTrue(refused.getMessage().contains(message), refused.getMessage());
  }

  /// Files from before the names changed: gain and bias were gamma and beta, and positions were
  /// stored.
  @Test
  void olderNames(@TempDir Path folder) throws IOException {
    Files.copy(golden("masked/config.json"), folder.resolve("config.json"));
    var tensors = SafeTensors.read(golden("masked/model.safetensors"));
    var older = new HashMap<String, Tensor>();
    tensors.forEach((name, tensor) ->
        older.put(
            name.replace("LayerNorm.weight", "LayerNorm.gamma")
                .replace("LayerNorm.bias", "LayerNorm.beta"),
            tensor));
    older.put("bert.embeddings.position_ids", Tensor.arange(0, 32).unsqueeze(0));
    SafeTensors.write(folder.resolve("model.safetensors"), older);
    assertEquals(
        BertWeights.named(BertDirectory.read(golden("masked")).model().encoder()).keySet(),
        BertWeights.named(BertDirectory.read(folder).model().encoder()).keySet());
  }
}
