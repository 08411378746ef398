package telos.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloorTest {
  private static final List<Benchmark> ROWS =
      List.of(
          Benchmark.milliseconds("peak", () -> () -> {}).against("", 100),
          Benchmark.milliseconds("row", () -> () -> {}).against("peak", 40));

  private final List<String> measured = new ArrayList<>();

  /// Gives the scripted seconds of each row in turn, the last for ever.
  private Measurements run(Map<String, Queue<Double>> script) {
    return new Measurements(
        ROWS,
        row -> {
          measured.add(row.name());
          Queue<Double> times = script.getOrDefault(row.name(), new ArrayDeque<>());
          return times.size() > 1 ? times.remove() : times.element();
        });
  }

  private static Queue<Double> times(double... seconds) {
    var queue = new ArrayDeque<Double>();
    for (double time : seconds) {
      queue.add(time);
    }
    return queue;
  }

  @Test
  void aRatioIsOfRates() {
    // 40 in 1 s against 100 in 2 s.
    var verdict =
        new Floor("row", "peak", 1, 0.8).verdict(run(Map.of("row", times(1), "peak", times(2))));
    assertEquals(0.8, verdict.ratio(), 1e-12);
    assertTrue(verdict.holds());
    assertEquals(2, measured.size());
  }

  @Test
  void aLowRatioIsMeasuredTwiceMoreAndStaysLow() {
    var verdict =
        new Floor("row", "peak", 1, 0.81).verdict(run(Map.of("row", times(1), "peak", times(2))));
    assertFalse(verdict.holds());
    assertEquals(6, measured.size());
    assertTrue(verdict.toString().startsWith("LOW"), verdict.toString());
  }

  @Test
  void oneBurstOfSomethingElseIsForgiven() {
    var script = Map.of("row", times(9, 1), "peak", times(2));
    assertTrue(new Floor("row", "peak", 1, 0.8).verdict(run(script)).holds());
  }

  @Test
  void aRatioIsShownOnlyBesideAMeasuredYardstick() {
    var run = run(Map.of("row", times(1), "peak", times(2)));
    run.seconds("row");
    assertTrue(run.ratio(ROWS.getLast()).isEmpty());
    run.seconds("peak");
    assertEquals(0.8, run.ratio(ROWS.getLast()).orElseThrow(), 1e-12);
    assertTrue(run.ratio(ROWS.getFirst()).isEmpty());
  }

  @Test
  void floorsAreLinesOfFourWords() {
    var floors = Floor.parse("# all\n\nrow peak 2 0.5 # why\n  other row 1 1.25\n");
    assertEquals(
        List.of(new Floor("row", "peak", 2, 0.5), new Floor("other", "row", 1, 1.25)), floors);
    assertThrows(IllegalArgumentException.class, () -> Floor.parse("row peak 2"));
    assertThrows(IllegalArgumentException.class, () -> Floor.parse("row peak two 0.5"));
  }

  /// The floors checked in name rows that exist, each once for a number of threads.
  @ParameterizedTest
  @ValueSource(ints = {256, 512})
  void theFloorsFitTheRows(int bits) {
    List<String> names = Benchmarks.all(2).stream().map(Benchmark::name).toList();
    List<Floor> floors =
        Stream.of(1, 2).flatMap(threads -> Floor.all(bits, threads).stream()).toList();
    assertFalse(floors.isEmpty());
    Set<String> seen = new HashSet<>();
    for (Floor floor : floors) {
      assertTrue(names.contains(floor.row()), floor.row());
      assertTrue(names.contains(floor.yardstick()), floor.yardstick());
      assertTrue(floor.least() > 0, floor.row());
      assertTrue(seen.add(floor.row() + floor.yardstick() + floor.threads()), floor.row());
    }
  }

  @Test
  void otherWidthsHaveNone() {
    var none = assertThrows(IllegalArgumentException.class, () -> Floor.all(128, 1));
    assertTrue(none.getMessage().contains("128 bits"), none.getMessage());
  }

  @Test
  void rowsHaveNamesOfTheirOwnAndKnownYardsticks() {
    List<String> names = Benchmarks.all(1).stream().map(Benchmark::name).toList();
    assertEquals(names.size(), new HashSet<>(names).size());
    for (Benchmark row : Benchmarks.all(1)) {
      assertTrue(row.yardstick().isEmpty() || names.contains(row.yardstick()), row.name());
    }
  }
}
