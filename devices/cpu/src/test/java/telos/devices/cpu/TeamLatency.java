package telos.devices.cpu;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/// How long it takes until all of a team are at work, after the caller has been busy alone for a
/// while: what [Team#PATIENCE_NANOS] rests on. Run by hand: `TeamLatency THREADS`.
final class TeamLatency {
  private static final int ROUNDS = 300;
  private static final double WORTH_ALL = 1e9;

  private TeamLatency() {}

  public static void main(String[] arguments) {
    int threads = Integer.parseInt(arguments[0]);
    try (Team team = new Team(threads)) {
      for (long gap : new long[] {0, 10_000, 100_000, 500_000, 900_000, 1_500_000, 5_000_000}) {
        measure(team, gap);
      }
    }
  }

  private static void measure(Team team, long gap) {
    double[] micros = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      busy(gap);
      long start = System.nanoTime();
      AtomicInteger present = new AtomicInteger();
      team.each(
          team.size(),
          WORTH_ALL,
          (_, _) -> {
            present.incrementAndGet();
            while (present.get() < team.size()) {
              Thread.onSpinWait();
            }
          });
      micros[round] = (System.nanoTime() - start) / 1e3;
    }
    Arrays.sort(micros);
    System.out.printf(
        "alone for %5.0f us: all at work and done after %.2f us (median), %.2f us (nine of ten)%n",
        gap / 1e3, micros[ROUNDS / 2], micros[ROUNDS * 9 / 10]);
  }

  private static void busy(long nanos) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < nanos) {
      Thread.onSpinWait();
    }
  }
}
