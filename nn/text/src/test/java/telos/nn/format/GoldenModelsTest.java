package telos.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.Completion;
import telos.nn.Generator;
import telos.nn.Gpt;
import telos.nn.Sampling;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Small models with random weights in the directories of Hugging Face's library, and what other
/// programs compute with them; the resources' README says how they were made.
final class GoldenModelsTest {
  /// Of F32, relative to the largest logit: PyTorch's own F32 is up to 1.2e-6 away from doubles
  /// here, and up to 2.1e-6 when the same hidden units stand in another order.
  private static final double TOLERANCE = 2e-6;

  /// Of doubles, absolute: only the rotary tables and the scale of attention are rounded to F32.
  private static final double EXACT = 5e-6;

  /// What another program computed.
  private record Expected(Json.Obj json) {
    static Expected of(Path directory) throws IOException {
      var bytes = Files.readAllBytes(directory.resolve("expected.json"));
      return new Expected((Json.Obj) Json.read("expected.json", bytes));
    }

    Tensor ids() {
      int[] all = ints("ids");
      int batch = ((Json.Arr) json.at("ids")).items().size();
      return Tensor.of(all, Shape.of(batch, all.length / batch));
    }

    double[] numbers(String field) {
      return numbers(json.at(field)).mapToDouble(Double::doubleValue).toArray();
    }

    int[] ints(String field) {
      return numbers(json.at(field)).mapToInt(Double::intValue).toArray();
    }

    private static Stream<Double> numbers(Json json) {
      return switch (json) {
        case Json.Arr(List<Json> items) -> items.stream().flatMap(Expected::numbers);
        case Json.Num(String digits) -> Stream.of(Double.valueOf(digits));
        default -> throw new IllegalArgumentException("no number: " + json);
      };
    }
  }

  private static Path resource(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(GoldenModelsTest.class.getResource("models/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Path> directories(boolean rewards) throws IOException {
    try (var all = Files.walk(resource(""), 2)) {
      return all.filter(path -> Files.exists(path.resolve("expected.json")))
          .filter(path -> path.toString().endsWith("-reward") == rewards)
          .sorted()
          .toList();
    }
  }

  static List<Path> models() throws IOException {
    return directories(false);
  }

  static List<Path> rewards() throws IOException {
    return directories(true);
  }

  @ParameterizedTest
  @MethodSource("models")
  void logitsAgree(Path directory) throws IOException {
    var expected = Expected.of(directory);
    Gpt model = Pretrained.load(directory).model();
    double[] logits = expected.numbers("logits");
    assertClose(logits, model.logits(expected.ids()));
    Device reference = Device.of("reference");
    Gpt moved = Tree.map(model, leaf -> leaf.to(reference));
    Tensor ids = expected.ids().to(reference);
    assertClose(logits, reference.with(() -> moved.logits(ids)));
  }

  /// What F32 may not show among its rounding: the same operations in doubles.
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama", "llama-bf16", "qwen2", "qwen3"})
  void logitsInDoublesAgree(String name) throws IOException {
    Path directory = resource("independent/" + name);
    var expected = Expected.of(directory);
    Gpt model = Tree.map(Pretrained.load(directory).model(), leaf -> leaf.cast(DType.F64));
    double[] logits = expected.numbers("logits");
    assertArrayEquals(logits, model.logits(expected.ids()).toDoubles(), EXACT);
    Device reference = Device.of("reference");
    Gpt moved = Tree.map(model, leaf -> leaf.to(reference));
    Tensor ids = expected.ids().to(reference);
    Tensor computed = reference.with(() -> moved.logits(ids));
    assertArrayEquals(logits, computed.toDoubles(), EXACT);
  }

  private static void assertClose(double[] expected, Tensor actual) {
    double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
    assertArrayEquals(expected, actual.toDoubles(), TOLERANCE * largest);
  }

  @ParameterizedTest
  @MethodSource("models")
  void greedyContinuationsAgree(Path directory) throws IOException {
    var expected = Expected.of(directory);
    Gpt model = Pretrained.load(directory).model();
    int[] greedy = expected.ints("greedy");
    Completion completion =
        Generator.generate(
                model,
                new int[][] {expected.ints("prompt")},
                Sampling.of(greedy.length).withTemperature(0),
                Generator.keys(Rng.of(0), 1, 1))
            .getFirst();
    assertArrayEquals(greedy, completion.tokens(), Arrays.toString(completion.tokens()));
  }

  @ParameterizedTest
  @MethodSource("rewards")
  void rewardsAgree(Path directory) throws IOException {
    var expected = Expected.of(directory);
    var reward = PretrainedReward.load(directory);
    int[][] rows = new int[3][];
    for (int b = 0; b < rows.length; b++) {
      int[] padded = expected.ids().at(0, b).toInts();
      rows[b] = Arrays.stream(padded).filter(id -> id != reward.padding()).toArray();
    }
    assertClose(expected.numbers("rewards"), reward.rewards(rows));
  }

  @ParameterizedTest
  @MethodSource("models")
  void writtenModelsReadBackToTheSameBits(Path directory, @TempDir Path target) throws IOException {
    var read = Pretrained.load(directory);
    read.save(target);
    assertSame(read, Pretrained.load(target));
    read.save(target, StoredType.F32, 5000);
    try (var files = Files.list(target)) {
      assertTrue(files.anyMatch(f -> f.toString().matches(".*model-00002-of-0.*\\.safetensors")));
    }
    assertTrue(Files.notExists(target.resolve("model.safetensors")));
    assertSame(read, Pretrained.load(target));
  }

  private static void assertSame(Pretrained expected, Pretrained actual) {
    assertEquals(expected.model().config(), actual.model().config());
    assertEquals(expected.defaults(), actual.defaults());
    Tree.zip(
        expected.model(),
        actual.model(),
        (a, b) -> {
          assertArrayEquals(a.toFloats(), b.toFloats());
          return a;
        });
  }
}
