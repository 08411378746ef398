package telos.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class WarmUpTest {
  /// Steps of 0.1 s after the first, but of 0.01 s once 2 s have passed.
  @Test
  void theRateIsReachedWhereStepsBecomeShort() {
    double[] ends = new double[500];
    for (int i = 1; i < ends.length; i++) {
      ends[i] = ends[i - 1] + (ends[i - 1] < 2 ? 0.1 : 0.01);
    }
    // The median of nine steps forgives four slow ones.
    assertEquals(2, WarmUp.reached(ends), 0.45);
  }

  @Test
  void aRateThatIsSteadyFromTheStartIsReachedAtTheFirstStep() {
    double[] ends = new double[100];
    for (int i = 0; i < ends.length; i++) {
      ends[i] = 1.5 + 0.01 * i;
    }
    assertEquals(1.5, WarmUp.reached(ends));
  }

  @Test
  void tooFewStepsDoNotSettle() {
    assertThrows(IllegalStateException.class, () -> WarmUp.reached(new double[] {1, 2, 3}));
  }
}
