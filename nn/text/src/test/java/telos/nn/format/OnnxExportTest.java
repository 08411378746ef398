package telos.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.Activation;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Mlp;
import telos.nn.Recurrent;
import telos.nn.ValueModel;
import telos.nn.format.OnnxExport.Axis;
import telos.nn.format.OnnxExport.Dim;
import telos.nn.format.OnnxExport.Input;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.Tree;

final class OnnxExportTest {
  @TempDir private Path folder;

  private static Gpt llama() {
    return Gpt.init(GptConfig.llama(2, 4, 2, 16, 24, 32, 11), Rng.of(1));
  }

  private static OnnxExport of(UnaryOperator<Tensor> function, Dim... dims) {
    return new OnnxExport(
        List.of(),
        List.of(Input.floats("x", dims)),
        in -> Map.of("y", function.apply(in.getFirst())),
        17);
  }

  /// Every name is given once, before it is used; every output has a maker.
  private static void checkStructure(OnnxModel model) {
    Set<String> given = new HashSet<>();
    model.inputs().forEach(input -> assertTrue(given.add(input.name()), input.name()));
    model.initializers().forEach(i -> assertTrue(given.add(i.name()), i.name()));
    for (var node : model.nodes()) {
      assertTrue(given.containsAll(node.inputs()), node + " reads what nobody has made");
      node.outputs().forEach(output -> assertTrue(given.add(output), output));
    }
    model.outputs().forEach(output -> assertTrue(given.contains(output.name()), output.name()));
    Set<String> used = new HashSet<>();
    model.nodes().forEach(node -> used.addAll(node.inputs()));
    model.outputs().forEach(output -> used.add(output.name()));
    model
        .nodes()
        .forEach(node ->
            assertTrue(node.outputs().stream().anyMatch(used::contains), node + " is unused"));
    model.initializers().forEach(i -> assertTrue(used.contains(i.name()), i.name()));
  }

  @Test
  void graphsAreInOrderAndWithoutWaste() {
    checkStructure(OnnxExport.of(llama()).translated());
    checkStructure(OnnxExport.of(ValueModel.init(llama(), Rng.of(2))).translated());
    var gpt2 = Gpt.init(GptConfig.gpt2(1, 2, 8, 16, 11), Rng.of(1));
    checkStructure(OnnxExport.of(gpt2).translated());
  }

  @ParameterizedTest
  @CsvSource({"17, 8", "18, 8", "19, 9", "20, 9", "21, 10", "22, 10", "23, 11"})
  void theFormatIsAsOldAsTheOperatorSet(int opset, int ir) throws Exception {
    var mlp = Mlp.init(Activation.RELU, Rng.of(1), 3, 2);
    var file = OnnxExport.of(mlp, 3).withOpset(opset).write(folder.resolve("mlp.onnx"));
    assertEquals(ir, file.irVersion());
    assertEquals(opset, file.opset());
    assertEquals("telos", file.producer());
  }

  @Test
  void otherOperatorSetsAreRefused() {
    var export = OnnxExport.of(Mlp.init(Activation.RELU, Rng.of(1), 3, 2), 3);
    assertThrows(IllegalArgumentException.class, () -> export.withOpset(16));
    assertThrows(IllegalArgumentException.class, () -> export.withOpset(24));
  }

  @Test
  void namesAndTypesAreThoseOfTheModel() throws Exception {
    Gpt gpt = llama();
    var file = OnnxExport.of(gpt).write(folder.resolve("gpt.onnx"));
    assertEquals(
        List.of(new OnnxFile.Value("input_ids", "INT64", List.of("batch", "sequence"))),
        file.inputs());
    assertEquals(
        List.of(new OnnxFile.Value("logits", "FLOAT", List.of("batch", "sequence", "11"))),
        file.outputs());
    assertEquals(2, file.operators().get("Softmax"));
    var names = OnnxExport.of(gpt).translated().initializers().stream().map(i -> i.name()).toList();
    assertTrue(names.containsAll(Tree.leaves(gpt).keySet()));
  }

  /// One operator for each direction of each layer, over parameters under their own names.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void recurrencesAreOperators(boolean lstm) throws Exception {
    Recurrent recurrent =
        lstm ? Recurrent.lstm(3, 4, 2, true, Rng.of(1)) : Recurrent.gru(3, 4, 2, true, Rng.of(1));
    var export = OnnxExport.of(recurrent);
    checkStructure(export.translated());
    var file = export.write(folder.resolve("recurrent.onnx"));
    assertEquals(4, file.operators().get(lstm ? "LSTM" : "GRU"));
    String state = lstm ? "8" : "4";
    assertEquals(
        List.of(
            List.of("batch", "sequence", "8"),
            List.of("batch", state),
            List.of("batch", state),
            List.of("batch", state),
            List.of("batch", state)),
        file.outputs().stream().map(OnnxFile.Value::dims).toList());
    var names = export.translated().initializers().stream().map(i -> i.name()).toList();
    assertTrue(names.containsAll(Tree.leaves(recurrent).keySet()));
  }

  @Test
  void whatLayersShareIsComputedOnce() {
    var nodes = OnnxExport.of(llama()).translated().nodes();
    assertEquals(1, nodes.stream().filter(node -> node.type().equals("Range")).count());
    assertEquals(1, nodes.stream().filter(node -> node.type().equals("Less")).count());
  }

  @Test
  void extentsOfResultsAreNamed() {
    var export =
        of(
            x -> Tensor.concat(1, List.of(x, x, x.slice(1, 1, x.dim(1)))),
            Axis.of("b"),
            Axis.of("t"));
    assertEquals(List.of("b", "3*t-1"), export.translated().outputs().getFirst().dims());
    var flat = of(x -> x.reshape(x.size()), Axis.of("b"), Axis.of("t"));
    assertEquals(List.of("b*t"), flat.translated().outputs().getFirst().dims());
  }

  private static void refused(String part, OnnxExport export) {
    var refusal = assertThrows(IllegalArgumentException.class, export::translated);
    assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
  }

  @Test
  void whatCannotBeUnifiedIsRefusedWithASentence() {
    Axis time = Axis.of("time");
    refused("takes ", of(OnnxExportTest::loop, time));
    refused("is no polynomial", of(x -> x.slice(0, 0, (x.dim(0) + 1) / 2), time));
    refused("differs from run to run", of(x -> x.add(x.sum().item()), time));
    refused("differs from run to run", of(x -> x.mul(1.0 / x.dim(0)), time));
    refused("does ", of(x -> x.at(0, 0).item() > 0 ? x.exp() : x.sin(), time));
    refused("reads a residual", of(OnnxExportTest::residual, time, Dim.of(2)));
  }

  private static Tensor loop(Tensor x) {
    Tensor state = x.at(0, 0);
    for (int t = 1; t < x.dim(0); t++) {
      state = state.tanh().add(x.at(0, t));
    }
    return state;
  }

  private static Tensor residual(Tensor x) {
    return new telos.tensor.fused.LayerNorm(x, Tensor.ones(2), Tensor.zeros(2), 1e-5)
        .outputs()
        .get(1);
  }

  @Test
  void namesDoNotCollide() {
    var mlp = Mlp.init(Activation.RELU, Rng.of(1), 3, 2);
    var export =
        new OnnxExport(
            mlp,
            List.of(Input.floats("layers.0.weight", Axis.of("batch"), Dim.of(3))),
            in -> Map.of("y", mlp.call(in.getFirst())),
            17);
    refused("is empty or taken", export);
  }

  @Test
  void anAxisNeedsRoom() {
    assertThrows(IllegalArgumentException.class, () -> new Axis("time", 1, 2));
    assertThrows(IllegalArgumentException.class, () -> new Axis("time", 0, 9));
    assertThrows(IllegalArgumentException.class, () -> Input.integers("ids", 3, 3));
  }

  @Test
  void largeWeightsLieBesideTheFile() throws Exception {
    var mlp = Mlp.init(Activation.RELU, Rng.of(1), 40, 30, 2);
    var path = folder.resolve("mlp.onnx");
    var inside = OnnxExport.of(mlp, 40).write(path);
    var beside = OnnxExport.of(mlp, 40).write(path, 1000);
    assertEquals(List.of("mlp.onnx.data"), beside.external());
    assertEquals(inside.weightBytes(), beside.weightBytes());
    assertEquals(inside.initializers(), beside.initializers());
    assertTrue(Files.size(path) < 1500);
    float[] weight =
        mlp.layers().getFirst() instanceof telos.nn.Linear l ? l.weight().toFloats() : null;
    var stored = new float[1200];
    byte[] data = Files.readAllBytes(folder.resolve("mlp.onnx.data"));
    assertEquals(8192, data.length);
    ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(stored);
    assertArrayEquals(weight, stored);
  }

  private static OnnxFile golden(String name) throws Exception {
    var resource = java.util.Objects.requireNonNull(OnnxExportTest.class.getResource(name));
    return OnnxFile.inspect(Path.of(resource.toURI()));
  }

  @Test
  void filesOfOthersAreUnderstood() throws Exception {
    var file = golden("foreign.onnx");
    var expected =
        new OnnxFile(
            8,
            "golden",
            new java.util.TreeMap<>(Map.of("", 17L, "ai.onnx.ml", 3L)),
            List.of(new OnnxFile.Value("x", "FLOAT", List.of("batch", "4"))),
            List.of(new OnnxFile.Value("y", "FLOAT", List.of("batch", "3"))),
            new java.util.TreeMap<>(Map.of("MatMul", 1L, "Add", 1L, "Relu", 1L)),
            2,
            60,
            List.of());
    assertEquals(expected, file);
    assertEquals(List.of("external.data"), golden("external.onnx").external());
    assertEquals(60, golden("external.onnx").weightBytes());
  }

  @Test
  void damagedFilesAreDocumentedExceptions() throws Exception {
    var path = folder.resolve("mlp.onnx");
    OnnxExport.of(Mlp.init(Activation.GELU, Rng.of(1), 3, 2, 2), 3).write(path);
    byte[] whole = Files.readAllBytes(path);
    for (int length = 0; length < whole.length; length++) {
      Files.write(path, Arrays.copyOf(whole, length));
      inspected(path);
    }
  }

  @Property(tries = 2000)
  void flippedBytesAreDocumentedExceptions(
      @ForAll @IntRange(max = 500) int at,
      @ForAll byte value,
      @ForAll @IntRange(max = 500) int also)
      throws Exception {
    byte[] bytes = Flipped.WHOLE.clone();
    bytes[at % bytes.length] = value;
    bytes[also % bytes.length] ^= (byte) (value * 31 + 1);
    Files.write(Flipped.FILE, bytes);
    inspected(Flipped.FILE);
  }

  /// One file for all tries.
  private static final class Flipped {
    static final Path FILE;
    static final byte[] WHOLE;

    static {
      try {
        FILE = Files.createTempFile("flipped", ".onnx");
        FILE.toFile().deleteOnExit();
        OnnxExport.of(Mlp.init(Activation.GELU, Rng.of(1), 3, 2, 2), 3).write(FILE);
        WHOLE = Files.readAllBytes(FILE);
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  private static void inspected(Path file) throws Exception {
    try {
      assertFalse(OnnxFile.inspect(file).irVersion() <= 0);
    } catch (FormatException e) {
      assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    }
  }

  @Test
  void anOversizedFileIsNotRead() throws Exception {
    var path = folder.resolve("sparse.onnx");
    try (var file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(1L << 31);
    }
    assertThrows(FormatException.class, () -> OnnxFile.inspect(path));
  }
}
