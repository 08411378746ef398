package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RotaryScalingTest {
  private static final int D = 16;
  private static final double BASE = 10_000;

  @Test
  void linearScalingSlowsEveryPair() {
    RotaryScaling linear = new RotaryScaling.Linear(4);
    for (int j = 0; j < D / 2; j++) {
      assertEquals(Math.pow(BASE, -2.0 * j / D) / 4, linear.frequency(j, D, BASE, 1), 1e-12);
    }
  }

  /// In a sequence of `factor` times the trained length the slowest pair turns as with linear
  /// scaling by `factor^2 - factor + 1`, the fastest as always.
  @Test
  void dynamicScalingSparesTheFastest() {
    RotaryScaling dynamic = new RotaryScaling.Dynamic(2, 100);
    double slowest = Math.pow(BASE, -2.0 * (D / 2 - 1) / D);
    assertEquals(1, dynamic.frequency(0, D, BASE, 200), 1e-12);
    assertEquals(slowest / 3, dynamic.frequency(D / 2 - 1, D, BASE, 200), 1e-12);
    assertEquals(slowest, dynamic.frequency(D / 2 - 1, D, BASE, 100), 1e-12);
    assertEquals(slowest, dynamic.frequency(D / 2 - 1, D, BASE, 7), 1e-12);
  }

  @Test
  void llama3ScalingDividesSlowPairsAlone() {
    RotaryScaling llama3 = new RotaryScaling.Llama3(8, 1, 4, 256);
    for (int j = 0; j < D / 2; j++) {
      double plain = Math.pow(BASE, -2.0 * j / D);
      double turns = 256 * plain / (2 * Math.PI);
      double share = llama3.frequency(j, D, BASE, 1) / plain;
      double expected = turns >= 4 ? 1 : turns <= 1 ? 0.125 : 0.125 + 0.875 * (turns - 1) / 3;
      assertEquals(expected, share, 1e-12);
    }
  }

  @Test
  void tablesOfWholeSequencesAreStretchedAsOne() {
    var rotary = new GptConfig.Rotary(BASE, Optional.of(new RotaryScaling.Dynamic(2, 20)));
    float[] steps = RotaryTable.of(40, D, rotary).cos().toFloats();
    float[] trained = RotaryTable.of(20, D, GptConfig.Rotary.of(BASE)).cos().toFloats();
    float[] whole = RotaryTable.whole(31, D, rotary).cos().toFloats();
    int half = D / 2;
    assertArrayEquals(trained, Arrays.copyOf(steps, 20 * half));
    assertArrayEquals(
        Arrays.copyOfRange(steps, 30 * half, 31 * half),
        Arrays.copyOfRange(whole, 30 * half, 31 * half));
    double angle = 5 * rotary.frequencies(D, 31)[half - 1];
    assertEquals(Math.cos(angle), whole[6 * half - 1], 1e-7);
  }

  @Test
  void nonsenseIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new RotaryScaling.Linear(0.5));
    assertThrows(IllegalArgumentException.class, () -> new RotaryScaling.Linear(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> new RotaryScaling.Dynamic(2, 0));
    assertThrows(IllegalArgumentException.class, () -> new RotaryScaling.Llama3(2, 4, 4, 8));
  }
}
