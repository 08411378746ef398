package telos.bench;

import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;

/// A named measurement.
///
/// @param name as in reports, e.g. `matmul-1344`
/// @param unit of the value, e.g. `GFLOP/s`
/// @param setup makes the inputs and returns the work that is timed
/// @param scale from seconds a call to the unit
public record Benchmark(
    String name, String unit, Supplier<Runnable> setup, DoubleUnaryOperator scale) {

  /// Work of `flops` floating-point operations, in GFLOP/s.
  static Benchmark throughput(String name, double flops, Supplier<Runnable> setup) {
    return new Benchmark(name, "GFLOP/s", setup, seconds -> flops / seconds / 1e9);
  }

  /// Milliseconds a call.
  static Benchmark milliseconds(String name, Supplier<Runnable> setup) {
    return new Benchmark(name, "ms", setup, seconds -> seconds * 1e3);
  }

  /// Microseconds for each of `count` repetitions in a call.
  static Benchmark microseconds(String name, int count, Supplier<Runnable> setup) {
    return new Benchmark(name, "us", setup, seconds -> seconds * 1e6 / count);
  }

  /// Warms up, measures, and returns the value in the benchmark's unit.
  public double measure() {
    return scale.applyAsDouble(Stopwatch.standard().medianSeconds(setup.get()));
  }
}
