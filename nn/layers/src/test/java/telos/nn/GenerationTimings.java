package telos.nn;

import java.util.Arrays;
import java.util.List;
import telos.devices.cpu.CpuDevice;
import telos.tensor.Rng;

/// Prints the tokens a second of cached generation, median of many runs after warming up.
/// `GenerationTimings [THREADS [BATCH [SECONDS]]]`; an aid for whoever edits the path, not a test.
final class GenerationTimings {
  private GenerationTimings() {}

  public static void main(String[] args) {
    int threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
    int batch = args.length > 1 ? Integer.parseInt(args[1]) : 1;
    double seconds = args.length > 2 ? Double.parseDouble(args[2]) : 5;
    try (CpuDevice device = new CpuDevice(threads)) {
      device.with(() -> {
        print(batch, seconds);
        return null;
      });
    }
  }

  private static void print(int batch, double seconds) {
    Gpt model = Gpt.init(GptConfig.gpt2(6, 6, 384, 256, 65), Rng.of(0));
    int[][] prompts = new int[batch][1];
    List<Rng> keys = Generator.keys(Rng.of(1), 1, batch);
    Sampling sampling = Sampling.of(255);
    double[] times = new double[1000];
    int runs = 0;
    long end = System.nanoTime() + (long) (1e9 * seconds);
    while (runs < 1000 && (runs < 6 || System.nanoTime() < end)) {
      long start = System.nanoTime();
      Generator.generate(model, prompts, sampling, keys);
      times[runs++] = (System.nanoTime() - start) * 1e-9;
    }
    double[] late = Arrays.copyOfRange(times, runs / 2, runs);
    Arrays.sort(late);
    double median = late[late.length / 2];
    System.out.printf(
        "batch %d: %.1f tokens/s, %.3f ms a step%n",
        batch, 255 * batch / median, 1e3 * median / 255);
  }
}
