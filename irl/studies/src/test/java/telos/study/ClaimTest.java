package telos.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static telos.study.Verdict.NOT_REACHED;
import static telos.study.Verdict.REACHED;
import static telos.study.Verdict.UNDECIDED;

import org.junit.jupiter.api.Test;

class ClaimTest {
  private static Verdict judge(Criterion criterion, double low, double high) {
    return criterion.judge(new Interval((low + high) / 2, low, high, 0.95, 3));
  }

  @Test
  void atLeastNeedsTheWholeIntervalAbove() {
    var criterion = Criterion.atLeast(0.85);
    assertEquals(REACHED, judge(criterion, 0.85, 0.9));
    assertEquals(UNDECIDED, judge(criterion, 0.8499, 0.9));
    assertEquals(NOT_REACHED, judge(criterion, 0.7, 0.8499));
    assertEquals(UNDECIDED, judge(criterion, 0.7, 0.85));
    assertEquals("≥ 0.85", criterion.text());
  }

  @Test
  void atMostMirrorsAtLeast() {
    var criterion = Criterion.atMost(0.1);
    assertEquals(REACHED, judge(criterion, 0, 0.1));
    assertEquals(UNDECIDED, judge(criterion, 0, 0.11));
    assertEquals(NOT_REACHED, judge(criterion, 0.11, 0.2));
    assertEquals("≤ 0.1", criterion.text());
  }

  @Test
  void equivalenceNeedsTheWholeIntervalInside() {
    var criterion = Criterion.within(0.8, 1.2);
    assertEquals(REACHED, judge(criterion, 0.8, 1.2));
    assertEquals(UNDECIDED, judge(criterion, 0.7, 1));
    assertEquals(UNDECIDED, judge(criterion, 0.7, 1.3));
    assertEquals(NOT_REACHED, judge(criterion, 1.21, 1.3));
    assertThrows(IllegalArgumentException.class, () -> Criterion.within(2, 1));
  }

  private static Claim atLeast(Estimand estimand, double threshold) {
    return new Claim("1", "statement", estimand, Criterion.atLeast(threshold));
  }

  private static Measurements measured(String arm, double... values) {
    var measurements = new Measurements();
    for (int seed = 0; seed < values.length; seed++) {
      measurements.put(Series.of(arm, "auc"), seed, values[seed]);
    }
    return measurements;
  }

  @Test
  void aSingleSeedDecidesNothing() {
    Outcome outcome = atLeast(Estimand.mean("irl", "auc"), 0.5).judge(measured("irl", 0.99));
    assertEquals(UNDECIDED, outcome.verdict());
    assertEquals("a single seed gives no interval; run at least two", outcome.reason());
  }

  @Test
  void whatWasNotMeasuredIsUndecided() {
    Outcome outcome = atLeast(Estimand.mean("other", "auc"), 0.5).judge(measured("irl", 1, 1));
    assertEquals(UNDECIDED, outcome.verdict());
    assertEquals("not measured in this run", outcome.reason());
  }

  @Test
  void notANumberIsUndecided() {
    Outcome outcome =
        atLeast(Estimand.mean("irl", "auc"), 0.5).judge(measured("irl", 1, Double.NaN, 1));
    assertEquals(UNDECIDED, outcome.verdict());
    assertEquals("a measured value is not a number", outcome.reason());
  }

  @Test
  void pairsUseTheSeedsBothHave() {
    var measurements = measured("irl", 0.9, 0.8, 0.7);
    measurements.put(Series.of("weak", "auc"), 1, 0.7);
    measurements.put(Series.of("weak", "auc"), 2, 0.6);
    Outcome outcome = atLeast(Estimand.difference("irl", "weak", "auc"), 0.05).judge(measurements);
    assertEquals(2, outcome.interval().count());
    assertEquals(0.1, outcome.interval().estimate(), 1e-12);
    assertEquals(REACHED, outcome.verdict());
  }

  @Test
  void givenIntervalsAreTakenAsTheyAre() {
    var measurements = new Measurements();
    measurements.put("recovered", Interval.bootstrap(new double[] {0.1, 0.2, 0.3}, 1));
    var claim = new Claim("4", "s", Estimand.given("recovered"), Criterion.atMost(0.5));
    assertEquals(REACHED, claim.judge(measurements).verdict());
  }
}
