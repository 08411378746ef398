package telos.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.Softmax;

/// Elementwise and row-wise operations on 4096 x 1024 floats, and attention forward.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class Operations {
  private static final int ROWS = 4096;
  private static final int COLUMNS = 1024;

  private final Tensor x = Rng.of(0).normal(Shape.of(ROWS, COLUMNS));
  private final Tensor y = Rng.of(1).normal(Shape.of(ROWS, COLUMNS));
  private final Tensor labels = Rng.of(2).integers(0, COLUMNS, Shape.of(ROWS));
  private final Tensor gain = Tensor.ones(COLUMNS);
  private final Tensor bias = Tensor.zeros(COLUMNS);

  /// B 8, T 256, 6 heads of width 64 each for queries, keys and values.
  private final Tensor qkv = Rng.of(3).normal(Shape.of(8, 256, 18, 64));

  @Benchmark
  public boolean add() {
    return Freed.after(() -> x.add(y));
  }

  @Benchmark
  public boolean exp() {
    return Freed.after(x::exp);
  }

  @Benchmark
  public boolean gelu() {
    return Freed.after(() -> new Gelu(x).result());
  }

  @Benchmark
  public boolean softmax() {
    return Freed.after(() -> new Softmax(x).result());
  }

  @Benchmark
  public boolean layerNorm() {
    return Freed.after(() -> new LayerNorm(x, gain, bias, 1e-5).result());
  }

  @Benchmark
  public boolean crossEntropy() {
    return Freed.after(() -> new CrossEntropy(x, labels).result());
  }

  @Benchmark
  public boolean attention() {
    return Freed.after(() -> new Attention(qkv, 6, 6, 0.125f).result());
  }
}
