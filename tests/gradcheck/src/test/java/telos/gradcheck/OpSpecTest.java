package telos.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.NumberCheck;
import telos.tensor.Op;
import telos.tensor.Recorder;
import telos.tensor.Tensor;
import telos.tensor.fused.Softmax;

/// The table is complete, its rows do what they say, and every derivative is that of differences.
class OpSpecTest {
  @TestFactory
  Stream<DynamicTest> derivatives() {
    return OpSpec.all().stream()
        .filter(spec -> !spec.large() && !spec.smooth().isEmpty())
        .map(spec -> DynamicTest.dynamicTest(spec.name(), () -> spec.requireGradients(3)));
  }

  /// The reference in F32 is exact but for one rounding an operation.
  @TestFactory
  Stream<DynamicTest> theReferenceConformsToItself() {
    Device reference = Device.of("reference");
    return OpSpec.all().stream()
        .filter(spec -> !spec.large() || spec.fused() == null)
        .map(spec ->
            DynamicTest.dynamicTest(
                spec.name(), () -> Conformance.require(reference, spec, DType.F32, 5)));
  }

  @TestFactory
  Stream<DynamicTest> everyRowRunsItsOperation() {
    return OpSpec.all().stream()
        .map(spec -> DynamicTest.dynamicTest(spec.name(), () -> runsItsOperation(spec)));
  }

  private static void runsItsOperation(OpSpec spec) {
    Set<Class<?>> ran = new HashSet<>();
    for (DType floats : List.of(DType.F32, DType.F64)) {
      Device.of("reference").with(() -> run(spec, floats, ran));
    }
    assertTrue(ran.contains(spec.op()), spec.op() + " is not among " + ran);
  }

  private static List<Tensor> run(OpSpec spec, DType floats, Set<Class<?>> ran) {
    List<Tensor> in = spec.tensors(floats, 1);
    if (spec.fused() != null) {
      ran.add(spec.fused().apply(in).getClass());
      return in;
    }
    Recorder notes = (op, _) -> ran.add(op.getClass());
    return NumberCheck.suspended(
        () -> ScopedValue.where(Recorder.CURRENT, notes).call(() -> spec.run().apply(in)));
  }

  @Test
  void everyOperationHasARow() throws Exception {
    Set<Class<?>> operations = operations();
    assertTrue(operations.size() > 60, "found only " + operations.size());
    assertEquals(
        Set.of(), names(operations, covered(_ -> true)), "operations without a row in OpSpec");
  }

  @Test
  void everyOperationHasAGradientCheck() throws Exception {
    Set<Class<?>> checked = covered(spec -> !spec.large() && !spec.smooth().isEmpty());
    Set<Class<?>> operations = operations();
    operations.remove(Op.StopGradient.class);
    assertEquals(Set.of(), names(operations, checked), "operations without a gradient check");
  }

  @Test
  void everyOperationThatComputesHasALargeCaseForDevices() throws Exception {
    Set<Class<?>> operations = operations();
    operations.removeAll(Set.of(Op.StopGradient.class, Op.ToDevice.class, Op.Cast.class));
    assertEquals(
        Set.of(), names(operations, covered(OpSpec::large)), "operations without a large case");
  }

  private static Set<Class<?>> operations() throws Exception {
    Set<Class<?>> operations = new HashSet<>(permitted(Op.class));
    operations.addAll(fused());
    return operations;
  }

  private static Set<Class<?>> covered(Predicate<OpSpec> rows) {
    return OpSpec.all().stream().filter(rows).map(OpSpec::op).collect(Collectors.toSet());
  }

  private static Set<String> names(Set<Class<?>> wanted, Set<Class<?>> covered) {
    return wanted.stream()
        .filter(op -> !covered.contains(op))
        .map(Class::getSimpleName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /// The records below a sealed interface.
  private static Set<Class<?>> permitted(Class<?> type) {
    if (type.isRecord()) {
      return Set.of(type);
    }
    Class<?>[] below = type.getPermittedSubclasses();
    return below == null
        ? Set.of()
        : Stream.of(below)
            .flatMap(sub -> permitted(sub).stream())
            .collect(Collectors.toUnmodifiableSet());
  }

  /// The fused operations of the standard package.
  private static Set<Class<?>> fused() throws IOException, URISyntaxException {
    Path place = Path.of(Softmax.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    if (Files.isDirectory(place)) {
      return fused(place.resolve("telos/tensor/fused"));
    }
    try (FileSystem jar = FileSystems.newFileSystem(place)) {
      return fused(jar.getPath("telos/tensor/fused"));
    }
  }

  private static Set<Class<?>> fused(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".class") && !name.contains("package-info"))
          .<Class<?>>map(name -> named("telos.tensor.fused." + name.replace(".class", "")))
          .filter(type -> Op.Fused.class.isAssignableFrom(type) && !type.isInterface())
          .collect(Collectors.toUnmodifiableSet());
    }
  }

  private static Class<?> named(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }
}
