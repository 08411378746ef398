package telos.bench;

import java.util.Arrays;

/// Whether a loop leaks: the heap that is left after collections must not grow from step to step.
///
/// By hand: `SteadyHeap tiny 10000` or `SteadyHeap small 10000`, 10 000 training steps of a GPT of
/// [TrainingBenchmarks]; exit code 1 if the heap grew.
final class SteadyHeap {
  private static final int SAMPLES = 20;

  /// Growth a step in bytes that cannot be told from noise of the runtime itself.
  static final double NOISE = 16;

  private SteadyHeap() {}

  /// Bytes by which the used heap grows a step: the slope between the medians of the first and of
  /// the last third of the samples, the first tenth of the steps left out.
  static double growth(Runnable step, int steps) {
    run(step, steps / 10);
    int each = Math.max(1, (steps - steps / 10) / SAMPLES);
    long[] used = new long[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
      run(step, each);
      used[i] = usedAfterCollection();
    }
    int third = SAMPLES / 3;
    long early = median(Arrays.copyOf(used, third));
    long late = median(Arrays.copyOfRange(used, SAMPLES - third, SAMPLES));
    return (late - early) / ((double) (SAMPLES - third) * each);
  }

  private static void run(Runnable step, int steps) {
    for (int i = 0; i < steps; i++) {
      step.run();
    }
  }

  private static long median(long[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private static long usedAfterCollection() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  public static void main(String[] arguments) {
    var setting =
        arguments[0].equals("small")
            ? TrainingBenchmarks.Setting.SMALL
            : TrainingBenchmarks.Setting.TINY;
    var training = new TrainingBenchmarks.Training(setting);
    double growth = growth(training::step, Integer.parseInt(arguments[1]));
    System.out.printf("%.1f bytes a step%n", growth);
    System.exit(growth > NOISE ? 1 : 0);
  }
}
