package telos.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import telos.devices.cpu.CpuDevice;
import telos.rl.environment.CartPole;
import telos.rl.environment.Environment;
import telos.rl.environment.Simulation;
import telos.rl.environment.TimeLimit;
import telos.rl.online.Curiosity;
import telos.rl.online.Ppo;
import telos.tensor.Rng;

/// Steps a second of [Ppo] on CartPole with the sizes of CleanRL's `ppo.py`, learning included.
/// Prints them by the clock and, of one thread, by processor time, which other programs disturb
/// less.
///
/// Arguments: environments, steps, steps before the clock starts (the JIT takes some), threads.
final class PpoCartPole {
  private PpoCartPole() {}

  static void main(String[] arguments) {
    int environments = number(arguments, 0, 4);
    int steps = number(arguments, 1, 1_000_000);
    int warmUp = number(arguments, 2, 1_000_000);
    int threads = number(arguments, 3, 1);
    try (var device = new CpuDevice(threads)) {
      System.out.println(device.with(() -> measured(environments, steps, warmUp, threads)));
    }
  }

  private static int number(String[] arguments, int place, int otherwise) {
    return arguments.length > place ? Integer.parseInt(arguments[place]) : otherwise;
  }

  private static String measured(int environments, int steps, int warmUp, int threads) {
    var config =
        new Ppo.Config(
            environments,
            128,
            4,
            4,
            2.5e-4,
            0,
            0.99,
            0.95,
            0.2,
            true,
            0.5,
            0.01,
            0.5,
            0,
            true,
            false,
            false,
            Curiosity.Kind.NONE,
            0,
            List.of(64, 64));
    try (var ppo = new Ppo(config, PpoCartPole::pole, Rng.of(1))) {
      advance(ppo, warmUp);
      long before = ppo.steps();
      long began = System.nanoTime();
      long used = processorTime();
      advance(ppo, steps);
      double seconds = (System.nanoTime() - began) / 1e9;
      double busy = (processorTime() - used) / 1e9;
      long taken = ppo.steps() - before;
      return String.format(
          Locale.ROOT,
          "%d environments: %.0f steps/s, %s%d thread(s)",
          environments,
          taken / seconds,
          threads > 1 ? "" : "%.0f per second of processor time, ".formatted(taken / busy),
          threads);
    }
  }

  private static Environment<float[], Integer> pole() {
    return new TimeLimit<>(new Simulation<>(new CartPole()), 500);
  }

  private static long processorTime() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static void advance(Ppo ppo, int steps) {
    long end = ppo.steps() + steps;
    while (ppo.steps() < end) {
      var _ = ppo.advance();
    }
  }
}
