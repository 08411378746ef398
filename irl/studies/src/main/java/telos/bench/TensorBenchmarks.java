package telos.bench;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.Softmax;

/// What tensor operations take on the current device.
public final class TensorBenchmarks {
  private static final int ROWS = 4096;
  private static final int COLUMNS = 1024;
  private static final int ADDITIONS = 1000;

  private TensorBenchmarks() {}

  /// All rows, in the order they are printed.
  public static List<Benchmark> all() {
    return Stream.of(products(), rows(), small()).flatMap(List::stream).toList();
  }

  private static Tensor normal(int... dims) {
    return Rng.of(0).normal(Shape.of(dims));
  }

  /// The work, its result freed at once.
  private static Runnable freeing(Supplier<?> work) {
    return () ->
        Scope.<Boolean>call(() -> {
          Object freed = work.get();
          return freed != null;
        });
  }

  private static List<Benchmark> products() {
    return List.of(
        square(64),
        square(256),
        square(512),
        square(1344),
        product("matmul-1x1024x4096", new int[] {1, 1024}, new int[] {1024, 4096}),
        product("matmul-batched-48x256x64x256", new int[] {48, 256, 64}, new int[] {48, 64, 256}));
  }

  private static Benchmark square(int n) {
    return product("matmul-" + n, new int[] {n, n}, new int[] {n, n});
  }

  private static Benchmark product(String name, int[] left, int[] right) {
    double flops = 2.0 * Shape.of(left).size() * right[right.length - 1];
    return Benchmark.throughput(
        name,
        flops,
        () -> {
          Tensor a = normal(left);
          Tensor b = normal(right);
          return freeing(() -> a.matMul(b));
        });
  }

  private static List<Benchmark> rows() {
    return List.of(
        Benchmark.milliseconds(
            "add-4m", () -> addition(normal(ROWS, COLUMNS), normal(ROWS, COLUMNS))),
        unary("exp-4m", Tensor::exp),
        unary("gelu-4m", x -> new Gelu(x).result()),
        unary("sum-rows-4m", x -> x.sum(-1)),
        unary("softmax-4096x1024", x -> new Softmax(x).result()),
        Benchmark.milliseconds("layernorm-4096x1024", TensorBenchmarks::layerNorm),
        Benchmark.milliseconds("cross-entropy-4096x1024", TensorBenchmarks::crossEntropy),
        Benchmark.milliseconds("permute-0213", TensorBenchmarks::permute),
        Benchmark.milliseconds("attention-8x6x256x64", TensorBenchmarks::attention));
  }

  private interface Unary {
    Tensor of(Tensor x);
  }

  private static Benchmark unary(String name, Unary function) {
    return Benchmark.milliseconds(
        name,
        () -> {
          Tensor x = normal(ROWS, COLUMNS);
          return freeing(() -> function.of(x));
        });
  }

  private static Runnable addition(Tensor x, Tensor y) {
    return freeing(() -> x.add(y));
  }

  private static Runnable layerNorm() {
    Tensor x = normal(ROWS, COLUMNS);
    Tensor gain = Tensor.ones(COLUMNS);
    Tensor bias = Tensor.zeros(COLUMNS);
    return freeing(() -> new LayerNorm(x, gain, bias, 1e-5).result());
  }

  private static Runnable crossEntropy() {
    Tensor x = normal(ROWS, COLUMNS);
    Tensor labels = Rng.of(1).integers(0, COLUMNS, Shape.of(ROWS));
    return freeing(() -> new CrossEntropy(x, labels).result().mean());
  }

  private static Runnable permute() {
    Tensor x = normal(8, 256, 6, 64);
    return freeing(() -> x.permute(0, 2, 1, 3));
  }

  private static Runnable attention() {
    Tensor qkv = normal(8, 256, 18, 64);
    return freeing(() -> new Attention(qkv, 6, 6, 0.125f).result());
  }

  private static List<Benchmark> small() {
    return List.of(
        Benchmark.microseconds("op-overhead", ADDITIONS, TensorBenchmarks::additions),
        Benchmark.microseconds("mlp-64x64-batch128-grad", 1, TensorBenchmarks::gradient));
  }

  private static Runnable additions() {
    Tensor x = normal(8, 8);
    Runnable one = freeing(() -> x.add(x));
    return () -> {
      for (int i = 0; i < ADDITIONS; i++) {
        one.run();
      }
    };
  }

  /// A network of two hidden layers: 4 to 64 to 64 to 2.
  ///
  /// @param in `[4, 64]`
  /// @param hidden `[64, 64]`
  /// @param bias `[64]`
  /// @param out `[64, 2]`
  record Network(Tensor in, Tensor hidden, Tensor bias, Tensor out) {
    Loss loss(Tensor x) {
      Tensor y = x.matMul(in).tanh().matMul(hidden).add(bias).tanh().matMul(out);
      return Loss.of(y.square().mean());
    }
  }

  private static Runnable gradient() {
    var network = new Network(normal(4, 64), normal(64, 64), Tensor.zeros(64), normal(64, 2));
    Tensor x = normal(128, 4);
    return freeing(() -> Grad.valueAndGrad(n -> n.loss(x), network));
  }
}
