package telos.rl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.rl.environment.BitFlipping;
import telos.rl.vector.VectorStep;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// What is remembered: sums, priorities, transitions over n steps, hindsight.
final class ReplayTest {
  // --- the sum tree ---

  @Property(tries = 200)
  void massFindsThePlaceThatHoldsIt(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int capacity) {
    var random = new SplittableRandom(seed);
    SumTree tree = new SumTree(capacity);
    double[] weights = new double[capacity];
    for (int i = 0; i < 3 * capacity; i++) {
      int place = random.nextInt(capacity);
      weights[place] = random.nextInt(4) == 0 ? 0 : random.nextDouble(5);
      tree.set(place, weights[place]);
    }
    weights[0] = 1;
    tree.set(0, 1);
    assertEquals(Arrays.stream(weights).sum(), tree.total(), 1e-12 * capacity);
    double before = 0;
    for (int place = 0; place < capacity; place++) {
      if (weights[place] > 1e-6) {
        assertEquals(place, tree.find(before + weights[place] / 2));
        assertEquals(weights[place], tree.weight(place));
      }
      before += weights[place];
    }
    assertTrue(tree.weight(tree.find(tree.total())) > 0, "never a place without weight");
  }

  /// The tree is a function of its leaves: no rounding of earlier writes remains.
  @Test
  void sumsForgetWhatWasOverwritten() {
    SumTree tree = new SumTree(3);
    tree.set(0, 1e-3);
    tree.set(1, 0.1);
    double total = tree.total();
    tree.set(1, 1e17);
    tree.set(1, 0.1);
    assertEquals(total, tree.total());
    assertThrows(IllegalArgumentException.class, () -> tree.set(0, Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> tree.set(0, -1));
  }

  // --- prioritised replay ---

  /// Row i has observation i.
  private static Transitions numbered(int from, int to) {
    float[] number = new float[to - from];
    for (int i = 0; i < number.length; i++) {
      number[i] = from + i;
    }
    Tensor column = Tensor.of(number, number.length, 1);
    return new Transitions(
        column, Tensor.of(new int[number.length]), Tensor.of(number), column, Tensor.of(number));
  }

  /// Frequencies are the priorities' shares to the power alpha, whatever the seed: stratified draws
  /// of 64 from shares p deviate by less than one each from 64 p.
  @Property(tries = 20)
  void frequenciesAreThoseOfThePriorities(
      @ForAll long seed, @ForAll @DoubleRange(min = 0, max = 1) double alpha) {
    PrioritisedBuffer buffer = new PrioritisedBuffer(5, alpha);
    buffer.add(numbered(0, 7)); // rows 5 and 6 overwrite 0 and 1
    float[] errors = {4, -1, 0.5f, 2, 8};
    buffer.update(new int[] {0, 1, 2, 3, 4}, Tensor.of(errors));
    double[] weights = new double[5];
    Arrays.setAll(weights, i -> Math.pow(Math.abs(errors[i]) + 1e-6, alpha));
    double total = Arrays.stream(weights).sum();
    int rounds = 50;
    int[] counts = new int[5];
    for (int i = 0; i < rounds; i++) {
      var sample = buffer.sample(64, 0.5, Rng.of(seed).fold(i));
      assertArrayEquals(
          Arrays.stream(sample.positions()).mapToObj(p -> p < 2 ? p + 5 : p).toArray(),
          Arrays.stream(sample.transitions().rewards().toDoubles())
              .mapToObj(x -> (int) x)
              .toArray());
      Arrays.stream(sample.positions()).forEach(p -> counts[p]++);
      double[] expected = new double[64];
      Arrays.setAll(expected, k -> Math.pow(5 * weights[sample.positions()[k]] / total, -0.5));
      double max = Arrays.stream(expected).max().orElseThrow();
      Arrays.setAll(expected, k -> expected[k] / max);
      assertArrayEquals(expected, sample.weights().toDoubles(), 1e-6);
    }
    for (int i = 0; i < 5; i++) {
      assertEquals(64.0 * weights[i] / total, (double) counts[i] / rounds, 1);
    }
  }

  @Test
  void whatIsNewHasTheLargestPriority() {
    PrioritisedBuffer buffer = new PrioritisedBuffer(4, 1);
    buffer.add(numbered(0, 3));
    buffer.update(new int[] {0, 1, 2}, Tensor.of(9f, 0f, 0f));
    buffer.add(numbered(3, 4));
    var sample = buffer.sample(1000, 0, Rng.of(3));
    long fresh = Arrays.stream(sample.positions()).filter(p -> p == 3).count();
    assertEquals(500.0, (double) fresh, 2);
    assertThrows(IllegalArgumentException.class, () -> new PrioritisedBuffer(4, 1.5));
    assertThrows(
        IllegalStateException.class, () -> new PrioritisedBuffer(4, 1).sample(1, 0, Rng.of(1)));
  }

  @Property(tries = 30)
  void restoredBuffersDrawTheSame(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 30) int rows) {
    PrioritisedBuffer buffer = new PrioritisedBuffer(8, 0.6);
    buffer.add(numbered(0, rows));
    Tensor errors = Rng.of(seed).normal(Shape.of(Math.min(8, rows)));
    int[] places = new int[Math.min(8, rows)];
    Arrays.setAll(places, i -> i);
    buffer.update(places, errors);
    PrioritisedBuffer other = new PrioritisedBuffer(8, 0.6);
    other.add(numbered(50, 60));
    other.restore(buffer.snapshot());
    for (int i = 0; i < 3; i++) {
      buffer.add(numbered(100 + i, 102 + i));
      other.add(numbered(100 + i, 102 + i));
      var a = buffer.sample(16, 0.4, Rng.of(seed).fold(i));
      var b = other.sample(16, 0.4, Rng.of(seed).fold(i));
      assertArrayEquals(a.positions(), b.positions());
      assertArrayEquals(a.weights().toFloats(), b.weights().toFloats());
      assertArrayEquals(
          a.transitions().observations().toFloats(), b.transitions().observations().toFloats());
    }
  }

  // --- back to episodes ---

  /// Two environments; episodes of every length and end, of which the oldest steps may be
  /// forgotten.
  @Property(tries = 100)
  void aBufferGivesItsEpisodesBack(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 60) int steps) {
    var random = new SplittableRandom(seed);
    int capacity = 1 + random.nextInt(100);
    var buffer = new ReplayBuffer(capacity);
    List<List<float[]>> rows = List.of(new ArrayList<>(), new ArrayList<>());
    float[] now = {0, 1000};
    for (int t = 0; t < steps; t++) {
      float[] next = {now[0] + 1, now[1] + 1};
      float[] discounts = new float[2];
      for (int n = 0; n < 2; n++) {
        boolean terminated = random.nextInt(6) == 0;
        boolean truncated = !terminated && random.nextInt(6) == 0;
        discounts[n] = terminated ? 0 : 0.5f;
        float ends = terminated ? 1 : truncated || t == steps - 1 ? 2 : 0;
        rows.get(n).add(new float[] {now[n], next[n], ends});
        now[n] = next[n] + (terminated || truncated ? 100 : 0);
      }
      Tensor before = Tensor.of(new float[] {rows.get(0).getLast()[0], rows.get(1).getLast()[0]});
      buffer.add(
          new Transitions(
              before.unsqueeze(1),
              before.unsqueeze(1).mul(2),
              before.mul(3),
              Tensor.of(next).unsqueeze(1),
              Tensor.of(discounts)));
    }
    List<float[]> expected = new ArrayList<>();
    for (int n = 1; n >= 0; n--) {
      int kept = (Math.min(capacity, 2 * steps) + n) / 2;
      expected.addAll(rows.get(n).subList(steps - kept, steps));
    }
    List<float[]> found = new ArrayList<>();
    for (Trajectory each : buffer.trajectories(2)) {
      float[] seen = each.observations().toFloats();
      for (int t = 0; t < each.length(); t++) {
        boolean last = t == each.length() - 1;
        float ends = last ? (each.terminated() ? 1 : 0) + (each.truncated() ? 2 : 0) : 0;
        found.add(new float[] {seen[t], seen[t + 1], ends});
        assertEquals(2 * seen[t], each.actions().toFloats()[t]);
        assertEquals(3 * seen[t], each.rewards().toFloats()[t]);
      }
    }
    assertEquals(
        expected.stream().map(Arrays::toString).toList(),
        found.stream().map(Arrays::toString).toList());
  }

  // --- n steps ---

  /// A step of two environments whose observations are the times `t` and `100 + t`.
  private static VectorStep step(
      int t, double[] rewards, boolean[] terminated, boolean[] truncated) {
    Tensor next = Tensor.of(new float[] {t + 1, 101 + t}, 2, 1);
    return new VectorStep(
        next,
        rewards,
        terminated,
        truncated,
        next,
        Optional.empty(),
        Optional.empty(),
        new boolean[] {true, true},
        List.of());
  }

  private static Transitions add(
      NStep steps, int t, double r0, double r1, boolean terminated0, boolean truncated1) {
    Tensor before = Tensor.of(new float[] {t, 100 + t}, 2, 1);
    return steps.add(
        before,
        Tensor.of(t, 10 + t),
        step(
            t,
            new double[] {r0, r1},
            new boolean[] {terminated0, false},
            new boolean[] {false, truncated1}));
  }

  private static void assertRow(
      Transitions batch,
      int row,
      double observation,
      int action,
      double reward,
      double next,
      double discount) {
    assertEquals(observation, batch.observations().toDoubles()[row]);
    assertEquals(action, batch.actions().toInts()[row]);
    assertEquals(reward, batch.rewards().toDoubles()[row], 1e-6);
    assertEquals(next, batch.next().toDoubles()[row]);
    assertEquals(discount, batch.discounts().toDoubles()[row], 1e-7);
  }

  /// Three steps by hand, gamma 1/2: environment 0 terminates after its fourth step, environment 1
  /// is truncated after its second.
  @Test
  void threeStepsByHand() {
    NStep steps = new NStep(3, 0.5, 2);
    assertEquals(0, add(steps, 0, 1, 10, false, false).size());
    Transitions truncated = add(steps, 1, 2, 20, false, true);
    assertEquals(2, truncated.size());
    assertRow(truncated, 0, 100, 10, 10 + 20 / 2.0, 102, 0.25);
    assertRow(truncated, 1, 101, 11, 20, 102, 0.5);
    Transitions full = add(steps, 2, 4, 30, false, false);
    assertEquals(1, full.size());
    assertRow(full, 0, 0, 0, 1 + 2 / 2.0 + 4 / 4.0, 3, 0.125);
    Transitions terminated = add(steps, 3, 8, 40, true, false);
    assertEquals(3, terminated.size());
    assertRow(terminated, 0, 1, 1, 2 + 4 / 2.0 + 8 / 4.0, 4, 0);
    assertRow(terminated, 1, 2, 2, 4 + 8 / 2.0, 4, 0);
    assertRow(terminated, 2, 3, 3, 8, 4, 0);
    Transitions next = add(steps, 4, 16, 50, false, false);
    assertEquals(1, next.size(), "environment 0 begins anew");
    assertRow(next, 0, 102, 12, 30 + 40 / 2.0 + 50 / 4.0, 105, 0.125);
  }

  /// With one step it is what the vector environment says; with any number each step of each
  /// environment begins exactly one transition, also across a snapshot.
  @Property(tries = 50)
  void everyStepBeginsOneTransition(@ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int n) {
    var random = new SplittableRandom(seed);
    NStep whole = new NStep(n, 0.9, 2);
    NStep resumed = new NStep(n, 0.9, 2);
    List<Double> begun = new ArrayList<>();
    List<Double> stored = new ArrayList<>();
    for (int t = 0; t < 20; t++) {
      boolean last = t == 19;
      double reward = random.nextDouble();
      boolean terminated = last || random.nextInt(4) == 0;
      boolean truncated = last || random.nextInt(4) == 0;
      if (t == 11) {
        NStep other = new NStep(n, 0.9, 2);
        other.restore(resumed.snapshot(Tensor.of(new float[2], 2, 1), Tensor.of(new int[2])));
        resumed = other;
      }
      Transitions a = add(whole, t, reward, 1 - reward, terminated, truncated);
      Transitions b = add(resumed, t, reward, 1 - reward, terminated, truncated);
      assertArrayEquals(a.rewards().toFloats(), b.rewards().toFloats());
      assertArrayEquals(a.observations().toFloats(), b.observations().toFloats());
      assertArrayEquals(a.discounts().toFloats(), b.discounts().toFloats());
      begun.add((double) t);
      begun.add(100.0 + t);
      Arrays.stream(a.observations().toDoubles()).forEach(stored::add);
    }
    assertEquals(begun.stream().sorted().toList(), stored.stream().sorted().toList());
  }

  @Test
  void ignoredActionsAreNoSteps() {
    NStep steps = new NStep(2, 0.5, 2);
    Tensor two = Tensor.of(new float[] {0, 100}, 2, 1);
    double[] none = {0, 0};
    boolean[] no = {false, false};
    boolean[] valid = {true, false};
    Optional<Tensor> all = Optional.empty();
    var step = new VectorStep(two, none, no, no, two, all, all, valid, List.of());
    steps.add(two, Tensor.of(0, 0), step);
    Transitions batch = steps.add(two, Tensor.of(0, 0), step);
    assertEquals(1, batch.size());
    assertEquals(0, batch.observations().toDoubles()[0]);
  }

  // --- hindsight ---

  /// Two bits, goal (1, 1); the episode flips bit 0 twice and never gets there. In hindsight it got
  /// to (1, 0) and back to (0, 0), with the reward and the end that this deserves.
  @Test
  void hindsightTellsTheEpisodeAsIfWhatHappenedWasDesired() {
    Her her = new Her(new BitFlipping(2), 4, 0.9, 1);
    Tensor first = Tensor.of(new float[] {0, 0, 1, 1}, 1, 4);
    Tensor second = Tensor.of(new float[] {1, 0, 1, 1}, 1, 4);
    boolean[] no = {false};
    boolean[] yes = {true};
    double[] lost = {-1};
    Tensor flip = Tensor.of(0);
    Optional<Tensor> all = Optional.empty();
    var going = new VectorStep(second, lost, no, no, second, all, all, yes, List.of());
    assertEquals(0, her.add(first, flip, going, Rng.of(1)).size());
    Her resumed = new Her(new BitFlipping(2), 4, 0.9, 1);
    resumed.restore(her.snapshot(first, flip));
    var cut = new VectorStep(first, lost, no, yes, first, all, all, yes, List.of());
    Transitions told = her.add(second, flip, cut, Rng.of(2));
    assertEquals(10, told.size());
    assertArrayEquals(
        told.observations().toFloats(),
        resumed.add(second, flip, cut, Rng.of(2)).observations().toFloats());
    float[] before = told.observations().toFloats();
    float[] after = told.next().toFloats();
    for (int row = 0; row < 10; row++) {
      boolean original = row < 2;
      boolean early = row == 0 || row >= 2 && row < 6;
      float[] goal = Arrays.copyOfRange(before, 4 * row + 2, 4 * row + 4);
      assertArrayEquals(goal, Arrays.copyOfRange(after, 4 * row + 2, 4 * row + 4));
      assertEquals(early ? 0 : 1, before[4 * row], "what happened stays");
      boolean reached = Arrays.equals(goal, new float[] {early ? 1 : 0, 0});
      assertEquals(original, Arrays.equals(goal, new float[] {1, 1}));
      assertTrue(early || original || reached, "no goal but a later one");
      assertEquals(reached ? 0 : -1, told.rewards().toDoubles()[row]);
      assertEquals(reached ? 0 : 0.9, told.discounts().toDoubles()[row], 1e-6);
    }
  }

  // --- distributions ---

  @Test
  void quantileLossByHand() {
    Tensor quantiles = Tensor.of(new float[] {0, 3}, 1, 2);
    Tensor samples = Tensor.of(new float[] {0.5f, 2}, 1, 2);
    // tau 1/4: deltas 1/2 and 2, weights 1/4; tau 3/4: deltas -5/2 and -1, weights 1/4.
    double plain = (0.25 * 0.5 + 0.25 * 2) / 2 + (0.25 * 2.5 + 0.25 * 1) / 2;
    assertEquals(plain, QuantileHuber.of(quantiles, samples, 0).item(), 1e-6);
    double huber = (0.25 * 0.125 + 0.25 * 1.5) / 2 + (0.25 * 2 + 0.25 * 0.5) / 2;
    assertEquals(huber, QuantileHuber.of(quantiles, samples, 1).item(), 1e-6);
    assertThrows(
        IllegalArgumentException.class, () -> QuantileHuber.of(quantiles, Tensor.zeros(2, 2), 1));
  }

  /// Mass stays; the mean moves as it should while everything lies within the support.
  @Property(tries = 100)
  void projectionKeepsMassAndMean(
      @ForAll long seed,
      @ForAll @DoubleRange(min = -2, max = 2) double reward,
      @ForAll @DoubleRange(min = 0, max = 0.7) double discount) {
    Support support = new Support(-10, 10, 11);
    Tensor masses = Categorical.ofLogits(Rng.of(seed).normal(Shape.of(1, 11))).logProbs().exp();
    Tensor projected =
        support.project(masses, Tensor.of((float) reward), Tensor.of((float) discount));
    assertEquals(1, projected.sum().item(), 1e-5);
    double mean = support.mean(masses).item();
    assertEquals(reward + discount * mean, support.mean(projected).item(), 1e-4);
  }

  /// Atoms -1, 0, 1. A quarter of the way between two atoms; beyond the last; terminated.
  @Test
  void projectionByHand() {
    Support support = new Support(-1, 1, 3);
    Tensor masses = Tensor.of(new float[] {0, 1, 0, 0.5f, 0, 0.5f, 0.2f, 0.3f, 0.5f}, 3, 3);
    Tensor projected =
        support.project(masses, Tensor.of(0.25f, 5f, -0.5f), Tensor.of(0.9f, 0.9f, 0f));
    assertArrayEquals(
        new double[] {0, 0.75, 0.25, 0, 0, 1, 0.5, 0.5, 0}, projected.toDoubles(), 1e-6);
  }
}
