package telos.irl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/// AUC, correlations, the linear controls.
class RewardMeasuresTest {

  // --- Auc ---

  @Property(tries = 200)
  void aucIsTheShareOfPairsRankedRight(
      @ForAll @Size(min = 2, max = 20) List<@IntRange(min = -3, max = 3) Integer> valuesList,
      @ForAll @Size(20) boolean[] labels) {
    int[] values = valuesList.stream().mapToInt(x -> x).toArray();
    boolean[] positive = Arrays.copyOf(labels, values.length);
    double[] scores = Arrays.stream(values).asDoubleStream().toArray();
    double right = 0;
    double pairs = 0;
    for (int i = 0; i < scores.length; i++) {
      for (int j = 0; j < scores.length; j++) {
        if (positive[i] && !positive[j]) {
          pairs++;
          right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        }
      }
    }
    Assume.that(pairs > 0);
    assertEquals(right / pairs, Auc.of(scores, positive), 1e-12);
    double[] negated = Arrays.stream(scores).map(s -> -s).toArray();
    assertEquals(1, Auc.of(scores, positive) + Auc.of(negated, positive), 1e-12);
  }

  @Test
  void aucNeedsBothLabels() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Auc.of(new double[] {1, 2}, new boolean[] {true, true}));
  }

  // --- Correlation ---

  @Test
  void correlationsOfAKnownTable() {
    double[] a = {1, 2, 3, 4, 5};
    double[] b = {2, 1, 4, 3, 5};
    assertEquals(0.8, Correlation.pearson(a, b), 1e-12);
    assertEquals(0.8, Correlation.spearman(a, b), 1e-12);
    assertEquals(0.6, Correlation.kendall(a, b), 1e-12);
    double[] tied = {1, 1, 2, 3, 3};
    assertEquals(8 / Math.sqrt(10 * 8), Correlation.kendall(a, tied), 1e-12);
    assertEquals(0.9486832980505138, Correlation.spearman(a, tied), 1e-12);
  }

  @Property(tries = 100)
  void rankCorrelationsIgnoreIncreasingMaps(
      @ForAll @Size(min = 3, max = 12) List<@DoubleRange(min = -3, max = 3) Double> aList) {
    double[] a = aList.stream().mapToDouble(x -> x).toArray();
    Assume.that(Arrays.stream(a).distinct().count() == a.length);
    double[] b = new double[a.length];
    Arrays.setAll(b, i -> Math.sin(37.0 * i));
    double[] mapped = Arrays.stream(a).map(Math::exp).toArray();
    assertEquals(Correlation.spearman(a, b), Correlation.spearman(mapped, b), 1e-12);
    assertEquals(Correlation.kendall(a, b), Correlation.kendall(mapped, b), 1e-12);
  }

  // --- LinearMaxMargin ---

  @Property(tries = 100)
  void oneNonExpertHasTheClosedForm(
      @ForAll @Size(4) List<@DoubleRange(min = -3, max = 3) Double> expertList,
      @ForAll @Size(4) List<@DoubleRange(min = -3, max = 3) Double> otherList) {
    double[] expert = expertList.stream().mapToDouble(x -> x).toArray();
    double[] other = otherList.stream().mapToDouble(x -> x).toArray();
    double distance = 0;
    for (int i = 0; i < 4; i++) {
      distance += (expert[i] - other[i]) * (expert[i] - other[i]);
    }
    Assume.that(distance > 1e-6);
    double[] w = LinearMaxMargin.direction(expert, other);
    for (int i = 0; i < 4; i++) {
      assertEquals((expert[i] - other[i]) / Math.sqrt(distance), w[i], 1e-12);
    }
    assertArrayEquals(w, LinearMaxMargin.direction(expert, List.of(other), 1e-12), 1e-9);
  }

  /// The nearest point of the segment from (1, -1) to (1, 3) to the origin's expert is (1, 0).
  @Test
  void severalNonExpertsMeetAtTheNearestPointOfTheirHull() {
    double[] expert = {0, 0};
    List<double[]> others = List.of(new double[] {1, -1}, new double[] {1, 3}, new double[] {2, 0});
    double[] w = LinearMaxMargin.direction(expert, others, 1e-10);
    assertArrayEquals(new double[] {-1, 0}, w, 1e-4);
  }

  @Test
  void equalFeaturesHaveNoReward() {
    assertThrows(
        IllegalArgumentException.class,
        () -> LinearMaxMargin.direction(new double[] {1}, new double[] {1}));
  }

  // --- LogisticRegression ---

  /// At the optimum the gradient vanishes, checked by finite differences of the loss.
  @Test
  void logisticRegressionStandsAtItsOptimum() {
    Random random = new Random(3);
    double[][] differences = new double[60][3];
    for (double[] row : differences) {
      Arrays.setAll(row, i -> random.nextGaussian() + (i == 0 ? 0.5 : 0));
    }
    double ridge = 0.01;
    double[] w = LogisticRegression.fit(differences, ridge);
    assertTrue(w[0] > 0.3);
    for (int i = 0; i < 3; i++) {
      double[] up = w.clone();
      double[] down = w.clone();
      up[i] += 1e-5;
      down[i] -= 1e-5;
      double slope =
          (LogisticRegression.loss(differences, up) - LogisticRegression.loss(differences, down))
                  / 2e-5
              + ridge * w[i];
      assertEquals(0, slope, 1e-8);
    }
  }
}
