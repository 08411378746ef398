package telos.bench;

import java.util.function.BiFunction;
import telos.devices.cpu.CpuDevice;
import telos.nn.Gpt;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// What a training step of the small GPT needs, as it is and with every block recomputed, in memory
/// and time: `StepMemory THREADS`.
final class StepMemory {
  private static final double MIB = 1 << 20;

  private StepMemory() {}

  public static void main(String[] arguments) throws InterruptedException {
    int threads = Integer.parseInt(arguments[0]);
    report("plain", threads, Gpt::hidden);
    report("recomputed", threads, Gpt::recomputedHidden);
  }

  private static void report(String name, int threads, BiFunction<Gpt, Tensor, Tensor> hidden)
      throws InterruptedException {
    try (var device = new CpuDevice(threads)) {
      var training =
          device.with(
              () -> new TrainingBenchmarks.Training(TrainingBenchmarks.Setting.SMALL, hidden));
      // what made the weights is the collector's; its cleaner runs soon after
      System.gc();
      Thread.sleep(500);
      long before = device.memory().live();
      device.with(() -> Scope.call(() -> training.gradient().value()));
      long gradient = device.memory().peak();
      device.with(training::step);
      long step = device.memory().peak();
      double seconds = device.with(() -> Stopwatch.standard().medianSeconds(training::step));
      System.out.printf(
          "%s: %.0f MiB before, at most %.0f in the gradient, %.0f in the step; %.2f ms%n",
          name, before / MIB, gradient / MIB, step / MIB, seconds * 1e3);
    }
  }
}
