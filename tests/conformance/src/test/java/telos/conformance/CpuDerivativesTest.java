package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import telos.autograd.Grad;
import telos.autograd.Recompute;
import telos.gradcheck.Graph;
import telos.gradcheck.Shapes;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Tensor;

/// Derivatives of orders 1 to 3 of random computations on the cpu device, whose free list hands
/// memory out again as soon as a sweep gives it back: a value freed too early shows as a wrong
/// number.
class CpuDerivativesTest {
  private static final Device CPU = Device.of("cpu");
  private static final Device REFERENCE = Device.of("reference");

  @Property(tries = 60)
  void agreeWithTheReference(@ForAll @Shapes(maxDim = 3) Graph graph) {
    for (int order = 1; order <= 3; order++) {
      double[] exact = derivative(graph, REFERENCE, DType.F64, order, false);
      near(exact, derivative(graph, CPU, DType.F64, order, false), 1e-9, graph);
      near(exact, derivative(graph, CPU, DType.F32, order, false), 2e-3, graph);
      near(exact, derivative(graph, CPU, DType.F64, order, true), 1e-9, graph);
    }
  }

  private static void near(double[] exact, double[] actual, double tolerance, Graph graph) {
    double largest = 1e-2;
    for (double value : exact) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertEquals(exact.length, actual.length);
    for (int i = 0; i < exact.length; i++) {
      int at = i;
      assertTrue(
          Math.abs(exact[i] - actual[i]) <= tolerance * largest,
          () -> "element " + at + ": " + actual[at] + ", not " + exact[at] + " for\n" + graph);
    }
  }

  private static double[] derivative(
      Graph graph, Device device, DType dtype, int order, boolean recompute) {
    return device.with(() -> {
      List<Tensor> at = graph.inputs().stream().map(x -> x.to(device).cast(dtype)).toList();
      Function<List<Tensor>, Tensor> function =
          in -> (recompute ? Recompute.of(() -> graph.apply(in)) : graph.apply(in)).sum();
      for (int i = 1; i < order; i++) {
        Function<List<Tensor>, Tensor> lower = function;
        function = in -> joined(Grad.grad(lower, in)).sin().sum();
      }
      return joined(Grad.grad(function, at)).toDoubles();
    });
  }

  private static Tensor joined(List<Tensor> parts) {
    List<Tensor> flat = new ArrayList<>();
    parts.forEach(part -> flat.add(part.reshape(part.size())));
    return Tensor.concat(0, flat);
  }
}
