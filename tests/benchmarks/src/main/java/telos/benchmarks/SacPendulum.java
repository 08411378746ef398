package telos.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import telos.devices.cpu.CpuDevice;
import telos.rl.environment.Environment;
import telos.rl.environment.Pendulum;
import telos.rl.environment.Simulation;
import telos.rl.environment.TimeLimit;
import telos.rl.online.Sac;
import telos.tensor.Rng;

/// Updates a second of [Sac] on Pendulum, for comparison with `peers/sac_pendulum.py`: the same
/// sizes, rates and order of work. Prints them by the clock and, of one thread, by processor time,
/// which other programs disturb less.
///
/// Arguments: updates, updates before the clock starts (the JIT takes some), threads.
final class SacPendulum {
  private static final int ITERATION = 50;
  private static final int BATCH = 256;

  private SacPendulum() {}

  static void main(String[] arguments) {
    int updates = number(arguments, 0, 1000);
    int warmUp = number(arguments, 1, 1000);
    int threads = number(arguments, 2, 1);
    try (var device = new CpuDevice(threads)) {
      System.out.println(device.with(() -> measured(updates, warmUp, threads)));
    }
  }

  private static int number(String[] arguments, int place, int otherwise) {
    return arguments.length > place ? Integer.parseInt(arguments[place]) : otherwise;
  }

  private static String measured(int updates, int warmUp, int threads) {
    var config =
        new Sac.Config(
            1,
            ITERATION,
            BATCH,
            100_000,
            BATCH,
            0.99,
            0.005,
            3e-4,
            1e-3,
            1,
            1e-3,
            -1,
            0,
            List.of(256, 256),
            0);
    try (var sac = new Sac(config, SacPendulum::pendulum, Rng.of(1))) {
      advance(sac, BATCH + warmUp);
      long before = sac.steps();
      long began = System.nanoTime();
      long used = processorTime();
      advance(sac, updates);
      double seconds = (System.nanoTime() - began) / 1e9;
      double busy = (processorTime() - used) / 1e9;
      long taken = sac.steps() - before;
      return String.format(
          Locale.ROOT,
          "%.1f updates/s, %s%d thread(s)",
          taken / seconds,
          threads > 1 ? "" : "%.1f per second of processor time, ".formatted(taken / busy),
          threads);
    }
  }

  private static Environment<float[], float[]> pendulum() {
    return new TimeLimit<>(new Simulation<>(new Pendulum()), 200);
  }

  private static long processorTime() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static void advance(Sac sac, int steps) {
    long end = sac.steps() + steps;
    while (sac.steps() < end) {
      var _ = sac.advance();
    }
  }
}
