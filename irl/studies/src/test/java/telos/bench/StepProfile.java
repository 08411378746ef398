package telos.bench;

import telos.devices.cpu.CpuDevice;

/// Where the time of a training step goes: `StepProfile tiny|small THREADS [shapes]`.
final class StepProfile {
  private StepProfile() {}

  private static double seconds(Runnable step, double atLeast, int[] steps) {
    long start = System.nanoTime();
    double elapsed;
    do {
      step.run();
      steps[0]++;
      elapsed = (System.nanoTime() - start) / 1e9;
    } while (elapsed < atLeast);
    return elapsed;
  }

  public static void main(String[] arguments) {
    var setting =
        arguments[0].equals("tiny")
            ? TrainingBenchmarks.Setting.TINY
            : TrainingBenchmarks.Setting.SMALL;
    var cpu = new CpuDevice(Integer.parseInt(arguments[1]));
    var device = new OpTimes(cpu, arguments.length > 2);
    device.with(() -> {
      Runnable step = setting.training();
      seconds(step, 12, new int[1]);
      device.clear();
      int[] steps = new int[1];
      double elapsed = seconds(step, 6, steps);
      System.out.print(device.table(steps[0], elapsed));
      return null;
    });
    double plain = cpu.with(() -> Stopwatch.standard().medianSeconds(setting.training()));
    System.out.printf(
        "%s: %.2f ms a step, %.0f tokens/s, %.1f GFLOP/s%n",
        setting.name(), plain * 1e3, setting.tokens() / plain, setting.flops() / plain / 1e9);
    cpu.close();
  }
}
