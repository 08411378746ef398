package telos.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StopwatchTest {
  private final AtomicLong now = new AtomicLong();
  private final Stopwatch stopwatch = new Stopwatch(now::get, () -> 0, 2, 20, 0.25, 1);

  /// Gets faster for three seconds: the slow calls must not count.
  @Test
  void warmUpLastsUntilTheMediansAgree() {
    Runnable work =
        () ->
            now.addAndGet(now.get() < 3_000_000_000L ? 100_000_000L - now.get() / 40 : 1_000_000L);
    assertEquals(1e-3, stopwatch.medianSeconds(work), 1e-9);
  }

  /// Steady, but the JIT takes a tenth of a processor for five seconds: only then comes the code
  /// that it compiles.
  @Test
  void warmUpLastsWhileTheJitCompiles() {
    long seconds = 1_000_000_000L;
    var busy = new Stopwatch(now::get, () -> Math.min(now.get(), 5 * seconds) / 10, 2, 20, 0.25, 1);
    Runnable work = () -> now.addAndGet(now.get() < 5 * seconds ? 100_000_000L : 1_000_000L);
    assertEquals(1e-3, busy.medianSeconds(work), 1e-9);
  }

  @Test
  void warmUpOfSteadyWorkTakesTwoSeconds() {
    stopwatch.medianSeconds(() -> now.addAndGet(1_000_000L));
    assertEquals(3.0, now.get() / 1e9, 0.3);
  }

  @Test
  void warmUpOfRestlessWorkEnds() {
    var calls = new AtomicLong();
    stopwatch.medianSeconds(
        () -> now.addAndGet(100_000_000L + 10_000_000L * calls.incrementAndGet()));
    assertTrue(now.get() / 1e9 < 60);
  }

  /// Another program halves the speed of both for seconds, on and off, and never of one alone: 40
  /// in 1 ms are 0.8 of 100 in 2 ms at any time.
  @Test
  void aRatioInTurnsIsOfRatesAndTheSameBesideOtherPrograms() {
    AtomicLong calls = new AtomicLong();
    var row = Benchmark.milliseconds("row", () -> () -> work(1, calls)).against("peak", 40);
    var peak = Benchmark.milliseconds("peak", () -> () -> work(2, calls)).against("", 100);
    assertEquals(0.8, row.ratio(peak, stopwatch), 0.01);
    assertTrue(calls.get() > 1000);
  }

  private void work(int milliseconds, AtomicLong calls) {
    calls.incrementAndGet();
    boolean busy = now.get() / 700_000_000L % 2 == 0;
    now.addAndGet(1_000_000L * milliseconds * (busy ? 2 : 1));
  }

  @Test
  void bothTakeTurnsFromTheFirstToTheLast() {
    List<String> order = new ArrayList<>();
    Runnable slow = () -> order.add("slow" + now.addAndGet(400_000_000L));
    Runnable fast = () -> order.add("fast" + now.addAndGet(40_000_000L));
    assertEquals(10, stopwatch.medianRatio(slow, fast), 1e-9);
    // Seven turns of one slow call and two fast ones each, after the warm-up.
    var turns = order.subList(order.size() - 21, order.size());
    for (int i = 0; i < turns.size(); i++) {
      assertEquals(i % 3 == 0 ? "slow" : "fast", turns.get(i).substring(0, 4));
    }
  }

  @Test
  void settledMeansThreeWithinThreePercent() {
    assertFalse(Stopwatch.settled(new ArrayList<>(List.of(1.0, 1.0))));
    assertTrue(Stopwatch.settled(new ArrayList<>(List.of(9.0, 1.0, 1.02, 1.03))));
    assertFalse(Stopwatch.settled(new ArrayList<>(List.of(1.0, 1.0, 1.031))));
  }

  @Test
  void smallBenchmarksRun() {
    Set<String> small =
        Set.of("matmul-64", "permute-0213", "op-overhead", "mlp-64x64-batch128-grad");
    List<Benchmark> chosen =
        Benchmarks.all(1).stream().filter(b -> small.contains(b.name())).toList();
    assertEquals(small.size(), chosen.size());
    for (Benchmark benchmark : chosen) {
      benchmark.setup().get().run();
      assertTrue(benchmark.scale().applyAsDouble(1e-3) > 0, benchmark.name());
    }
  }
}
