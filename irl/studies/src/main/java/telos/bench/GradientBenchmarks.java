package telos.bench;

import static telos.bench.Inputs.ARRAY;
import static telos.bench.Inputs.COLUMNS;
import static telos.bench.Inputs.freeing;
import static telos.bench.Inputs.normal;
import static telos.bench.Inputs.square;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import telos.tensor.Op;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.Softmax;

/// The backward passes of [RowBenchmarks]: from the outputs of the forward pass and a cotangent to
/// the cotangents of the inputs.
final class GradientBenchmarks {
  private GradientBenchmarks() {}

  static List<Benchmark> all() {
    return List.of(
        backward("gelu-4m-grad", () -> new Gelu(square()))
            .against(MachineBenchmarks.COPY_48MB, 3 * ARRAY),
        backward("softmax-4096x1024-grad", () -> new Softmax(square()))
            .against(MachineBenchmarks.COPY_48MB, 3 * ARRAY),
        backward("layernorm-4096x1024-grad", GradientBenchmarks::layerNorm)
            .against(MachineBenchmarks.COPY_48MB, 3 * ARRAY),
        backward("cross-entropy-4096x1024-grad", () -> new CrossEntropy(square(), Inputs.labels()))
            .against(MachineBenchmarks.COPY, 2 * ARRAY),
        backward("attention-8x6x256x64-grad", GradientBenchmarks::attention)
            .against(MachineBenchmarks.PEAK, 5.0 * 8 * 6 * 256 * 256 * 64));
  }

  private static Op.Differentiable layerNorm() {
    return new LayerNorm(square(), Tensor.ones(COLUMNS), Tensor.zeros(COLUMNS), 1e-5);
  }

  /// Five products over the causal half, one of them the scores again.
  private static Op.Differentiable attention() {
    return new Attention(normal(8, 256, 18, 64), 6, 6, 0.125f);
  }

  private static Benchmark backward(String name, Supplier<Op.Differentiable> forward) {
    return Benchmark.milliseconds(
        name,
        () -> {
          Op.Differentiable op = forward.get();
          List<Tensor> outputs = op.outputs();
          List<@Nullable Tensor> cotangents =
              Arrays.asList(normal(outputs.getFirst().shape().dims()));
          return freeing(() -> op.vjp(outputs, cotangents, _ -> true));
        });
  }
}
