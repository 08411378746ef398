package telos.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// How long a fresh JVM takes from its start to 90 % of the steady rate of training steps.
///
/// A JVM of its own, started with the options of this one, trains the tiny GPT and prints when each
/// step ended.
final class WarmUp implements Benchmark.SelfTimed {
  private static final double SECONDS = 15;
  private static final double REACHED = 0.9;
  private static final int NEXT = 9;

  @Override
  public void run() {
    seconds();
  }

  @Override
  public double seconds() {
    return reached(child());
  }

  /// When the rate first reaches 90 % of the steady one: the end of the first step after which the
  /// median of the next nine takes at most 1/0.9 of the median step of the last half.
  ///
  /// @param ends of the steps, in seconds since the start of the JVM, increasing
  static double reached(double[] ends) {
    double[] steps = new double[ends.length - 1];
    Arrays.setAll(steps, i -> ends[i + 1] - ends[i]);
    double enough = median(steps, steps.length / 2, steps.length) / REACHED;
    for (int i = 0; i + NEXT <= steps.length; i++) {
      if (median(steps, i, i + NEXT) <= enough) {
        return ends[i];
      }
    }
    throw new IllegalStateException("the rate of training steps did not settle");
  }

  private static double median(double[] values, int from, int to) {
    double[] sorted = Arrays.copyOfRange(values, from, to);
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static double[] child() {
    try {
      Process process =
          new ProcessBuilder(command(WarmUp.class.getName()))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("the JVM that warms up failed");
      }
      return text.lines().mapToDouble(Double::parseDouble).toArray();
    } catch (IOException e) {
      throw new IllegalStateException("a JVM could not be started: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the benchmark was interrupted", e);
    }
  }

  /// This JVM's command line up to its main class, with another main class.
  static List<String> command(String main) {
    ProcessHandle.Info info = ProcessHandle.current().info();
    String java = info.command().orElse("java");
    List<String> command = new ArrayList<>(List.of(java));
    for (String argument : info.arguments().orElseGet(() -> new String[0])) {
      if (argument.startsWith("--module=")
          || argument.equals("--module")
          || argument.equals("-m")) {
        break;
      }
      if (!argument.startsWith("-") && argument.endsWith(".Telos")) {
        break;
      }
      command.add(argument);
    }
    boolean module = WarmUp.class.getModule().isNamed();
    if (module) {
      command.add("--module");
    }
    command.add(module ? WarmUp.class.getModule().getName() + "/" + main : main);
    return command;
  }

  /// Trains for 15 seconds after the start of the JVM.
  public static void main(String[] arguments) {
    Instant start = ProcessHandle.current().info().startInstant().orElseGet(Instant::now);
    double running = Duration.between(start, Instant.now()).toNanos() / 1e9;
    long origin = System.nanoTime() - (long) (running * 1e9);
    Runnable step = TrainingBenchmarks.Setting.TINY.training();
    var ends = new ArrayList<Double>();
    double now;
    do {
      step.run();
      now = (System.nanoTime() - origin) / 1e9;
      ends.add(now);
    } while (now < SECONDS);
    ends.forEach(System.out::println);
  }
}
