package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import telos.tensor.Device;
import telos.tensor.Op;
import telos.tensor.Recorder;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.CachedAttention;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.LogSumExp;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.Softmax;

/// The law of the same bits: nothing but an operation and its shapes decides the bits of a result.
final class SameBitsTest {
  private static final Device CPU = new CpuDevice(2);

  @Test
  void everyWidthAndThreadCountGivesTheSameBits() {
    String expected = child(List.of(), "table", "large", "2");
    assertTrue(expected.lines().count() > 100, expected);
    for (int bits = 128; bits < CpuDevice.vectorBits(); bits *= 2) {
      String narrow = "-Dtelos.vector.bits=" + bits;
      assertEquals(expected, child(List.of(narrow), "table", "large", "2"), narrow);
    }
    String others = child(List.of(), "table", "large", "1", "3", "7", "16");
    assertEquals(expected.repeat(4), others, "1, 3, 7 and 16 threads");
  }

  /// A new operation needs a row in [SameBits], and a new kernel too.
  @Test
  void everyOperationHasARow() throws IOException {
    Set<Class<?>> ran = new HashSet<>();
    Recorder recorder = (op, _) -> ran.add(op.getClass());
    CPU.with(() -> {
      for (SameBits.Case each : SameBits.cases(false)) {
        ScopedValue.where(Recorder.CURRENT, recorder).call(each.body()::get);
      }
      return null;
    });
    Set<Class<?>> operations = new HashSet<>(fused());
    ordinary(Op.class, operations);
    operations.removeAll(ran);
    // Moves between devices; nothing is computed.
    operations.remove(Op.ToDevice.class);
    assertEquals(Set.of(), operations);
  }

  private static void ordinary(Class<?> type, Set<Class<?>> found) {
    for (Class<?> part : type.getPermittedSubclasses()) {
      if (part.isRecord()) {
        found.add(part);
      } else if (part.isSealed()) {
        ordinary(part, found);
      }
    }
  }

  /// The public operations of the package of fused ones.
  private static Set<Class<?>> fused() throws IOException {
    String folder = CachedAttention.class.getPackageName().replace('.', '/');
    Path origin = Path.of(ChildJvm.origin(Tensor.class));
    Set<Class<?>> found = new HashSet<>();
    try (@Nullable FileSystem archive =
        Files.isDirectory(origin) ? null : FileSystems.newFileSystem(origin)) {
      Path root = archive == null ? origin : archive.getPath("/");
      try (Stream<Path> files = Files.list(root.resolve(folder))) {
        for (Path file : files.filter(p -> p.toString().endsWith(".class")).toList()) {
          String name = file.getFileName().toString().replace(".class", "");
          found.add(named(CachedAttention.class.getPackageName() + "." + name));
        }
      }
    }
    found.removeIf(type -> !type.isRecord() || !Op.Fused.class.isAssignableFrom(type));
    assertTrue(found.size() > 20, found.toString());
    return found;
  }

  private static Class<?> named(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void interpreterAndCompilerGiveTheSameBits() {
    String expected = child(List.of(), "table", "small", "1");
    assertTrue(expected.lines().count() > 100, expected);
    assertEquals(expected, child(List.of("-Xint"), "table", "small", "1"));
    List<String> narrow = List.of("-Xint", "-Dtelos.vector.bits=128");
    assertEquals(expected, child(narrow, "table", "small", "2"));
  }

  /// Compiled by the last compiler after a tenth of the usual calls, which wait for it.
  @Test
  void warmCallsGiveTheBitsOfTheFirst() {
    List<String> soon = List.of("-Xbatch", "-XX:CompileThresholdScaling=0.1");
    String report = child(soon, "warm", "2000").strip();
    assertTrue(report.matches("\\d{3}"), "different after compilation: " + report);
  }

  private static String child(List<String> options, String... arguments) {
    return ChildJvm.run(SameBits.class, options, arguments);
  }

  @Property(tries = 25)
  void rowsDoNotDependOnTheirBatch(
      @ForAll @IntRange(min = 1, max = 300) int rows,
      @ForAll @IntRange(min = 2, max = 200) int width,
      @ForAll @IntRange(min = 0) int pick) {
    int row = pick % rows;
    CPU.with(() -> {
      Tensor x = Samples.tensor(71, 4, Shape.of(rows, width));
      Tensor labels = Tensor.of(Samples.ints(72, rows, width));
      Tensor own = labels.slice(0, row, row + 1);
      Tensor one = x.slice(0, row, row + 1);
      programs(width)
          .forEach((name, f) -> same(name, f.apply(x).slice(0, row, row + 1), f.apply(one)));
      Tensor loss = new CrossEntropy(x, labels).result().slice(0, row, row + 1);
      same("crossEntropy", loss, new CrossEntropy(one, own).result());
      return null;
    });
  }

  private static Map<String, UnaryOperator<Tensor>> programs(int width) {
    Tensor gain = Samples.tensor(73, 1, Shape.of(width));
    Tensor weights = Samples.tensor(74, 1, Shape.of(width, 19));
    return Map.of(
        "softmax", x -> new Softmax(x).result(),
        "logSoftmax", x -> new LogSoftmax(x).result(),
        "logSumExp", x -> new LogSumExp(x).result(),
        "layerNorm", x -> new LayerNorm(x, gain, gain, 1e-5).result(),
        "rmsNorm", x -> new RmsNorm(x, gain, 1e-5).result(),
        "gelu", x -> new Gelu(x).result(),
        "tanh", x -> x.mul(gain).tanh(),
        "mean", x -> x.mean(-1),
        "cumSum", x -> x.cumSum(-1),
        "matMul", x -> x.matMul(weights));
  }

  private static void same(String name, Tensor batch, Tensor alone) {
    assertArrayEquals(batch.toFloats(), alone.toFloats(), name);
  }
}
