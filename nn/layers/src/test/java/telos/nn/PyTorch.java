package telos.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// What PyTorch's layers made of weights and inputs that are sines; `pytorch.py` beside the numbers
/// wrote them.
final class PyTorch {
  private static final Map<String, double[]> NUMBERS = numbers();

  private PyTorch() {}

  private static Map<String, double[]> numbers() {
    try (var in = Objects.requireNonNull(PyTorch.class.getResourceAsStream("pytorch.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
          .lines()
          .map(line -> line.split(" "))
          .collect(Collectors.toMap(line -> line[0], PyTorch::values));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double[] values(String[] line) {
    return Arrays.stream(line).skip(1).mapToDouble(Double::parseDouble).toArray();
  }

  /// `0.5 sin(phase + i)`.
  static Tensor wave(double phase, int... dims) {
    float[] values = new float[Shape.of(dims).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.5 * StrictMath.sin(phase + i));
    }
    return Tensor.of(values, dims);
  }

  static Linear waves(double weight, double bias, int in, int out) {
    return Linear.of(wave(weight, in, out), wave(bias, out));
  }

  static void requireEqual(String name, Tensor... tensors) {
    double[] expected = Objects.requireNonNull(NUMBERS.get(name));
    double[] actual =
        Arrays.stream(tensors)
            .map((Function<Tensor, double[]>) Tensor::toDoubles)
            .flatMapToDouble(Arrays::stream)
            .toArray();
    assertEquals(expected.length, actual.length, name);
    for (int i = 0; i < actual.length; i++) {
      assertEquals(expected[i], actual[i], 2e-6, name + " " + i);
    }
  }
}
