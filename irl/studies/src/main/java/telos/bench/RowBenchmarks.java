package telos.bench;

import static telos.bench.Inputs.ARRAY;
import static telos.bench.Inputs.COLUMNS;
import static telos.bench.Inputs.ROWS;
import static telos.bench.Inputs.freeing;
import static telos.bench.Inputs.normal;
import static telos.bench.Inputs.square;

import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.GeluErf;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.Silu;
import telos.tensor.fused.Softmax;

/// Elementwise and row-wise operations, movement, and attention, forward; on 4096 x 1024 floats
/// unless the name says otherwise. All but attention are bound by memory: each row is compared with
/// a copy of the same working set, by the bytes that must be read and written once.
final class RowBenchmarks {
  private RowBenchmarks() {}

  static List<Benchmark> all() {
    return Stream.of(elementwise(), reductions(), normalisations(), movement())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Benchmark> elementwise() {
    return List.of(
        binary("add-4m", Tensor::add),
        binary("mul-4m", Tensor::mul),
        map("exp-4m", Tensor::exp),
        map("log-4m", x -> x.abs().log()),
        map("tanh-4m", Tensor::tanh),
        map("sigmoid-4m", Tensor::sigmoid),
        map("erf-4m", Tensor::erf),
        map("sin-4m", Tensor::sin),
        binary("pow-4m", (x, y) -> x.pow(y)),
        map("gelu-4m", x -> new Gelu(x).result()),
        map("gelu-erf-4m", x -> new GeluErf(x).result()),
        map("silu-4m", x -> new Silu(x).result()));
  }

  private static List<Benchmark> reductions() {
    return List.of(
        reduction("sum-rows-4m", x -> x.sum(-1)),
        reduction("sum-columns-4m", x -> x.sum(0)),
        reduction("max-rows-4m", x -> x.max(-1)),
        reduction("argmax-rows-4m", x -> x.argMax(-1)),
        map("cumsum-rows-4m", x -> x.cumSum(-1)));
  }

  private static List<Benchmark> normalisations() {
    return List.of(
        map("softmax-4096x1024", x -> new Softmax(x).result()),
        map("log-softmax-4096x1024", x -> new LogSoftmax(x).result()),
        timed("layernorm-4096x1024", RowBenchmarks::layerNorm)
            .against(MachineBenchmarks.COPY, 2 * ARRAY),
        timed("rmsnorm-4096x1024", RowBenchmarks::rmsNorm)
            .against(MachineBenchmarks.COPY, 2 * ARRAY),
        timed("cross-entropy-4096x1024", RowBenchmarks::crossEntropy)
            .against(MachineBenchmarks.COPY_16MB, ARRAY),
        attention());
  }

  private static List<Benchmark> movement() {
    double permuted = 2.0 * Float.BYTES * 8 * 256 * 6 * 64;
    return List.of(
        timed("permute-0213", () -> moved(normal(8, 256, 6, 64), x -> x.permute(0, 2, 1, 3)))
            .against(MachineBenchmarks.COPY_6MB, permuted),
        map("permute-4m", x -> x.permute(1, 0)),
        timed("gather-rows-4m", RowBenchmarks::gather).against(MachineBenchmarks.COPY, 2 * ARRAY),
        timed("scatter-rows-4m", RowBenchmarks::scatter)
            .against(MachineBenchmarks.COPY, 2 * ARRAY));
  }

  private static Benchmark timed(String name, java.util.function.Supplier<Runnable> setup) {
    return Benchmark.milliseconds(name, setup);
  }

  private static Runnable moved(Tensor x, UnaryOperator<Tensor> function) {
    return freeing(() -> function.apply(x));
  }

  /// From one array to another.
  private static Benchmark map(String name, UnaryOperator<Tensor> function) {
    return timed(name, () -> moved(square(), function)).against(MachineBenchmarks.COPY, 2 * ARRAY);
  }

  /// From one array to almost nothing.
  private static Benchmark reduction(String name, UnaryOperator<Tensor> function) {
    return timed(name, () -> moved(square(), function)).against(MachineBenchmarks.COPY_16MB, ARRAY);
  }

  /// From two arrays to a third.
  private static Benchmark binary(String name, BinaryOperator<Tensor> function) {
    return timed(
            name,
            () -> {
              Tensor x = square().abs();
              Tensor y = square();
              return freeing(() -> function.apply(x, y));
            })
        .against(MachineBenchmarks.COPY_48MB, 3 * ARRAY);
  }

  private static Runnable layerNorm() {
    Tensor x = square();
    Tensor gain = Tensor.ones(COLUMNS);
    Tensor bias = Tensor.zeros(COLUMNS);
    return freeing(() -> new LayerNorm(x, gain, bias, 1e-5).result());
  }

  private static Runnable rmsNorm() {
    Tensor x = square();
    Tensor gain = Tensor.ones(COLUMNS);
    return freeing(() -> new RmsNorm(x, gain, 1e-5).result());
  }

  private static Runnable crossEntropy() {
    Tensor x = square();
    Tensor labels = Inputs.labels();
    return freeing(() -> new CrossEntropy(x, labels).result().mean());
  }

  private static Runnable gather() {
    Tensor x = square();
    Tensor index = Rng.of(2).integers(0, ROWS, Shape.of(ROWS));
    return freeing(() -> x.gather(0, index));
  }

  private static Runnable scatter() {
    Tensor x = square();
    Tensor index = Rng.of(2).integers(0, ROWS, Shape.of(ROWS));
    return freeing(() -> x.scatterAdd(0, index, ROWS));
  }

  /// B 8, 6 heads, T 256, head width 64; operations of the causal half of both products.
  private static Benchmark attention() {
    double flops = 2.0 * 8 * 6 * 256 * 256 * 64;
    return timed(
            "attention-8x6x256x64",
            () -> {
              Tensor qkv = normal(8, 256, 18, 64);
              return freeing(() -> new Attention(qkv, 6, 6, 0.125f).result());
            })
        .against(MachineBenchmarks.PEAK, flops);
  }
}
