package telos.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class IntervalTest {

  /// Tables give t(2; 0.975) = 4.302653, t(4) = 2.776445, t(9) = 2.262157.
  @Test
  void studentMatchesTables() {
    Interval three = Interval.student(1, 2, 3);
    assertEquals(2, three.estimate());
    assertEquals(2 - 4.302653 / Math.sqrt(3), three.low(), 1e-6);
    assertEquals(2 + 4.302653 / Math.sqrt(3), three.high(), 1e-6);
    Interval five = Interval.student(2, 4, 4, 4, 6);
    assertEquals(4 - 2.776445 * Math.sqrt(2.0 / 5), five.low(), 1e-6);
    Interval ten = Interval.student(IntStream.range(0, 10).mapToDouble(i -> i).toArray());
    assertEquals(4.5 + 2.262157 * Math.sqrt(55.0 / 6 / 10), ten.high(), 1e-6);
    assertEquals(10, ten.count());
  }

  @Test
  void oneValueBoundsNothing() {
    Interval one = Interval.student(0.9);
    assertEquals(0.9, one.estimate());
    assertEquals(Double.NEGATIVE_INFINITY, one.low());
    assertEquals(Double.POSITIVE_INFINITY, one.high());
  }

  @Test
  void pairingRemovesWhatSeedsShare() {
    double[] first = {1.1, 5.1, 9.1};
    double[] second = {1, 5, 9};
    Interval paired = Interval.difference(first, second);
    assertEquals(0.1, paired.low(), 1e-9);
    assertEquals(0.1, paired.high(), 1e-9);
    assertThrows(IllegalArgumentException.class, () -> Interval.difference(first, new double[2]));
  }

  /// x = r y exactly: the ratio is known without error.
  @Test
  void ratioOfProportionalValuesIsExact() {
    Interval ratio = Interval.ratio(new double[] {1.4, 1.75, 2.1}, new double[] {2, 2.5, 3});
    assertEquals(0.7, ratio.estimate(), 1e-12);
    assertEquals(0.7, ratio.low(), 1e-6);
    assertEquals(0.7, ratio.high(), 1e-6);
  }

  /// Fieller's ends are where the paired t interval of `x - r y` touches zero.
  @Property(tries = 200)
  void fiellerInvertsThePairedTest(
      @ForAll @Size(5) List<@DoubleRange(min = -1, max = 3) Double> numerators,
      @ForAll @Size(5) List<@DoubleRange(min = 2, max = 3) Double> denominators) {
    double[] x = numerators.stream().mapToDouble(v -> v).toArray();
    double[] y = denominators.stream().mapToDouble(v -> v).toArray();
    Interval ratio = Interval.ratio(x, y);
    for (double r : new double[] {ratio.low(), ratio.high()}) {
      double[] scaled = IntStream.range(0, 5).mapToDouble(i -> r * y[i]).toArray();
      Interval zero = Interval.difference(x, scaled);
      assertEquals(0, Math.min(Math.abs(zero.low()), Math.abs(zero.high())), 1e-6);
    }
  }

  @Test
  void ratioWithADenominatorAroundZeroIsUnbounded() {
    Interval ratio = Interval.ratio(new double[] {1, 1, 1}, new double[] {-1, 0, 1.5});
    assertEquals(Double.POSITIVE_INFINITY, ratio.high());
  }

  /// For a mean of many items the bootstrap agrees with the normal interval `± 1.96 s / √n`.
  @Test
  void bootstrapMatchesTheNormalInterval() {
    var random = new SplittableRandom(7);
    double[] items = random.doubles(1000).toArray();
    Interval interval = Interval.bootstrap(items, 1);
    double half = 1.96 * Math.sqrt(1.0 / 12 / 1000);
    assertEquals(interval.estimate() - half, interval.low(), 0.002);
    assertEquals(interval.estimate() + half, interval.high(), 0.002);
    assertEquals(interval, Interval.bootstrap(items, 1));
    assertTrue(interval.low() != Interval.bootstrap(items, 2).low());
  }

  @Test
  void bootstrapOfEqualItemsIsAPoint() {
    Interval interval = Interval.bootstrap(new double[] {2, 2, 2}, 1);
    assertEquals(2, interval.low());
    assertEquals(2, interval.high());
  }

  /// Nine of ten t intervals at least must hold the mean they were drawn around (95 % nominal).
  @Test
  void coverageIsNominal() {
    var random = new SplittableRandom(3);
    int held = 0;
    for (int i = 0; i < 2000; i++) {
      Interval interval =
          Interval.student(random.nextGaussian(), random.nextGaussian(), random.nextGaussian());
      held += interval.low() <= 0 && 0 <= interval.high() ? 1 : 0;
    }
    assertEquals(0.95, held / 2000.0, 0.02);
  }
}
