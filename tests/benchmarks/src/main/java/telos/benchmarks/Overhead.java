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

/// What an operation costs beside its arithmetic; `-prof gc` adds the bytes it allocates.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Overhead {
  private final Tensor x = Rng.of(0).normal(Shape.of(8, 8));

  @Benchmark
  public boolean add() {
    return Freed.after(() -> x.add(x));
  }
}
