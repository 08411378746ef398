package telos.bench;

import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import telos.devices.opencl.OpenClDevice;
import telos.tensor.Device;

/// A named measurement, and what to compare it with.
///
/// Two rows compare by their *rates*, work a second in units that both count alike: floating-point
/// operations for products, bytes read and written for everything bound by memory.
///
/// @param name as in reports, e.g. `matmul-1344`
/// @param unit of the value, e.g. `GFLOP/s`
/// @param setup makes the inputs and returns the work that is timed
/// @param scale from seconds a call to the unit
/// @param work in one call: operations, bytes, or 1
/// @param yardstick the row whose rate bounds this one's, or empty
public record Benchmark(
    String name,
    String unit,
    Supplier<Runnable> setup,
    DoubleUnaryOperator scale,
    double work,
    String yardstick) {

  /// Work that is not timed by repetition, such as the start of a JVM.
  interface SelfTimed extends Runnable {
    double seconds();
  }

  /// A row that is compared with no other.
  public Benchmark(String name, String unit, Supplier<Runnable> setup, DoubleUnaryOperator scale) {
    this(name, unit, setup, scale, 1, "");
  }

  /// Work of `flops` floating-point operations, in GFLOP/s, against `fma-peak`.
  static Benchmark throughput(String name, double flops, Supplier<Runnable> setup) {
    return new Benchmark(
        name, "GFLOP/s", setup, seconds -> flops / seconds / 1e9, flops, MachineBenchmarks.PEAK);
  }

  /// Milliseconds a call.
  static Benchmark milliseconds(String name, Supplier<Runnable> setup) {
    return new Benchmark(name, "ms", setup, seconds -> seconds * 1e3);
  }

  /// Microseconds for each of `count` repetitions in a call.
  static Benchmark microseconds(String name, int count, Supplier<Runnable> setup) {
    return new Benchmark(name, "us", setup, seconds -> seconds * 1e6 / count);
  }

  /// How many things a second, `count` of them in a call.
  static Benchmark rate(String name, String unit, double count, Supplier<Runnable> setup) {
    return new Benchmark(name, unit, setup, seconds -> count / seconds, count, "");
  }

  /// The same row, compared with another by `work` a second.
  Benchmark against(String other, double amount) {
    return new Benchmark(name, unit, setup, scale, amount, other);
  }

  /// Warms up, measures, and returns the seconds of one call.
  public double seconds() {
    Runnable timed = setup.get();
    try {
      return timed instanceof SelfTimed own
          ? own.seconds()
          : Stopwatch.standard().medianSeconds(awaited(timed));
    } finally {
      close(timed);
    }
  }

  /// This row's rate over that of another, the two taken in turns.
  double ratio(Benchmark other) {
    return ratio(other, Stopwatch.standard());
  }

  double ratio(Benchmark other, Stopwatch stopwatch) {
    Runnable mine = setup.get();
    Runnable others = other.setup.get();
    try {
      double times = stopwatch.medianRatio(awaited(mine), awaited(others));
      return work / (times * other.work);
    } finally {
      close(mine);
      close(others);
    }
  }

  /// The seconds of a call and those of another program, in turns; nothing if that has no such row.
  Optional<Stopwatch.Turns> beside(Peer peer) {
    Runnable mine = setup.get();
    try {
      if (mine instanceof SelfTimed || !peer.warm(name)) {
        return Optional.empty();
      }
      Runnable timed = awaited(mine);
      Stopwatch stopwatch = Stopwatch.standard();
      stopwatch.warm(timed);
      return Optional.of(
          stopwatch.turns(timed, budget -> peer.seconds(name, budget).orElseThrow()));
    } finally {
      close(mine);
    }
  }

  /// On a device that only queues operations a call ends when they have run.
  private static Runnable awaited(Runnable timed) {
    return Device.current() instanceof OpenClDevice device
        ? () -> {
          timed.run();
          device.finish();
        }
        : timed;
  }

  /// Ends the threads of work that has its own.
  private static void close(Runnable timed) {
    if (timed instanceof AutoCloseable resource) {
      try {
        resource.close();
      } catch (Exception e) {
        throw new IllegalStateException("a benchmark could not be closed: " + e.getMessage(), e);
      }
    }
  }

  /// Work a second, when a call takes `seconds`.
  public double rate(double seconds) {
    return work / seconds;
  }
}
