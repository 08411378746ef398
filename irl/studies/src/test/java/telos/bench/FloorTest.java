package telos.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
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

  @Test
  void aFloorHoldsFromItsRatioOn() {
    var floor = new Floor("row", "peak", 1, 0.8);
    var holds = floor.verdict((row, peak) -> row.equals("row") && peak.equals("peak") ? 0.8 : 0);
    assertTrue(holds.holds());
    assertTrue(holds.toString().startsWith("ok"), holds.toString());
    var low = floor.verdict((_, _) -> 0.799);
    assertFalse(low.holds());
    assertTrue(low.toString().startsWith("LOW"), low.toString());
  }

  @Test
  void aRatioIsShownOnlyBesideAMeasuredYardstick() {
    // 40 in 1 s against 100 in 2 s.
    var run = new Measurements(ROWS, row -> row.name().equals("row") ? 1 : 2);
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
