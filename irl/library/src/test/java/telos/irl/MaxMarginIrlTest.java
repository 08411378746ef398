package telos.irl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.irl.MaxMarginIrl.Pair;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Linear;
import telos.nn.ValueModel;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Tensor;

class MaxMarginIrlTest {
  private static final GptConfig TINY = GptConfig.gpt2(1, 2, 8, 12, 10);

  private static double loss(MarginLoss loss, double margin) {
    return Device.of("reference").with(() -> loss.of(Tensor.of(margin)).toDoubles()[0]);
  }

  private static double slope(MarginLoss loss, double margin) {
    return Device.of("reference")
        .with(() -> Grad.grad((Tensor d) -> loss.of(d).sum(), Tensor.of(margin)).toDoubles()[0]);
  }

  // --- the losses on a margin ---

  @Property(tries = 100)
  void marginLossesHaveTheirClosedForms(@ForAll @DoubleRange(min = -9, max = 9) double d) {
    assertEquals(d > 0 ? -d : -2 * d, loss(MarginLoss.ASYMMETRIC, d), 1e-12);
    assertEquals(
        Math.abs(d), loss(MarginLoss.ASYMMETRIC, d) + loss(MarginLoss.ASYMMETRIC, -d), 1e-12);
    assertEquals(Math.max(0, 1 - d), loss(MarginLoss.HINGE, d), 1e-12);
    assertEquals(Math.log1p(Math.exp(-d)), loss(MarginLoss.BRADLEY_TERRY, d), 1e-12);
    assertEquals(d * d, loss(MarginLoss.SQUARED, d), 1e-12);
    double identity = loss(MarginLoss.BRADLEY_TERRY, d) - loss(MarginLoss.BRADLEY_TERRY, -d);
    assertEquals(-d, identity, 1e-12);
    double positive = 3.5 * loss(MarginLoss.ASYMMETRIC, d);
    assertEquals(positive, loss(MarginLoss.ASYMMETRIC, 3.5 * d), 1e-9);
  }

  @Test
  void slopesOfTheAsymmetricLoss() {
    assertEquals(-1, slope(MarginLoss.ASYMMETRIC, 2), 0);
    assertEquals(-2, slope(MarginLoss.ASYMMETRIC, -2), 0);
    assertEquals(-2, slope(MarginLoss.ASYMMETRIC, 0), 0);
  }

  // --- the plumbing ---

  private static List<Pair> pairs(int count, long seed) {
    Random random = new Random(seed);
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pairs.add(new Pair(text(random, 4), text(random, 7)));
    }
    return pairs;
  }

  /// Random tokens 1 to 6; every text of the better side holds `mark` somewhere.
  private static int[] text(Random random, int mark) {
    int[] text = new int[5 + random.nextInt(5)];
    Arrays.setAll(text, _ -> 1 + random.nextInt(3));
    text[1 + random.nextInt(text.length - 1)] = mark;
    return text;
  }

  private static RewardModel negated(RewardModel model) {
    Linear head = model.model().head();
    return new RewardModel(new ValueModel(model.model().trunk(), Linear.of(head.weight().neg())));
  }

  /// Exchanging the sides and negating the head leaves every margin, hence every loss, as it is.
  @Test
  void exchangingSidesAndNegatingTheHeadChangesNothing() {
    RewardModel model = RewardModel.of(Gpt.init(TINY, Rng.of(1)), Rng.of(2));
    List<Pair> pairs = pairs(12, 5);
    List<Pair> swapped = pairs.stream().map(Pair::swapped).toList();
    assertArrayEquals(
        MaxMarginIrl.margins(model, pairs), MaxMarginIrl.margins(negated(model), swapped), 0);
    double asymmetric =
        MaxMarginIrl.loss(model, pairs, MarginLoss.ASYMMETRIC).value()
            + MaxMarginIrl.loss(model, swapped, MarginLoss.ASYMMETRIC).value();
    double size =
        Arrays.stream(MaxMarginIrl.margins(model, pairs)).map(Math::abs).average().orElse(0);
    assertEquals(size, asymmetric, 1e-6);
  }

  @Test
  void theRewardIsReadAtTheLastRealToken() {
    RewardModel model = RewardModel.of(Gpt.init(TINY, Rng.of(1)), Rng.of(2));
    int[] text = {1, 2, 3, 4};
    int[] longer = {5, 6, 5, 6, 5, 6, 5, 6};
    double alone = model.of(List.of(text))[0];
    assertEquals(alone, model.of(List.of(longer, text))[1], 0);
    assertNotEquals(alone, model.of(List.of(new int[] {1, 2, 3, 4, 0}))[0]);
  }

  @Property(tries = 50)
  void theCalibratedThresholdFollowsIncreasingAffineMaps(
      @ForAll @DoubleRange(min = 0.1, max = 5) double scale,
      @ForAll @DoubleRange(min = -5, max = 5) double shift) {
    SequenceReward reward =
        texts -> texts.stream().mapToDouble(t -> t[1] + 0.1 * t.length).toArray();
    SequenceReward mapped =
        texts -> Arrays.stream(reward.of(texts)).map(r -> scale * r + shift).toArray();
    List<Pair> pairs = pairs(20, 9);
    double threshold = MaxMarginIrl.threshold(reward, pairs);
    assertEquals(scale * threshold + shift, MaxMarginIrl.threshold(mapped, pairs), 1e-9);
  }

  // --- the algorithm ---

  private static double heldOut(MarginLoss loss, List<Pair> pairs, int epochs) {
    var config = new MaxMarginIrl.Config(loss, epochs, 8, 3e-3, 0, 0.2);
    RewardModel start = RewardModel.of(Gpt.init(TINY, Rng.of(3)), Rng.of(4));
    var found = MaxMarginIrl.fit(start, pairs, config, Rng.of(5), _ -> {});
    return MaxMarginIrl.accuracy(MaxMarginIrl.margins(found.reward(), pairs(100, 77)));
  }

  /// Where one word tells the sides apart, every sensible loss finds it, the unbounded one least
  /// surely; from exchanged pairs comes the opposite.
  @Test
  void findsTheWordThatTheExpertPrefers() {
    List<Pair> pairs = pairs(120, 6);
    assertTrue(heldOut(MarginLoss.ASYMMETRIC, pairs, 6) > 0.65);
    assertTrue(heldOut(MarginLoss.BRADLEY_TERRY, pairs, 6) > 0.85);
    assertTrue(heldOut(MarginLoss.HINGE, pairs, 6) > 0.85);
    List<Pair> exchanged = pairs.stream().map(Pair::swapped).toList();
    assertTrue(heldOut(MarginLoss.BRADLEY_TERRY, exchanged, 6) < 0.15);
  }

  /// Without a bound on the reward the asymmetric loss falls for ever: margins grow every epoch.
  @Test
  void theAsymmetricLossIsUnboundedBelow() {
    List<Double> losses = new ArrayList<>();
    var config = new MaxMarginIrl.Config(MarginLoss.ASYMMETRIC, 8, 8, 3e-3, 0, 0.2);
    RewardModel start = RewardModel.of(Gpt.init(TINY, Rng.of(3)), Rng.of(4));
    MaxMarginIrl.fit(start, pairs(60, 6), config, Rng.of(5), epoch -> losses.add(epoch.loss()));
    for (int i = 1; i < losses.size(); i++) {
      assertTrue(losses.get(i) < losses.get(i - 1), losses.toString());
    }
    assertTrue(losses.getLast() < -1, losses.toString());
  }

  @Test
  void identicalTextsAreDroppedAndTooFewPairsRefused() {
    List<Pair> same = List.of(new Pair(new int[] {1, 2}, new int[] {1, 2}));
    var config = MaxMarginIrl.Config.defaults(MarginLoss.HINGE);
    RewardModel start = RewardModel.of(Gpt.init(TINY, Rng.of(3)), Rng.of(4));
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> MaxMarginIrl.fit(start, same, config, Rng.of(5), _ -> {}));
    assertTrue(error.getMessage().startsWith("0 pairs"), error.getMessage());
  }

  /// Two samples of one policy: nothing to find, so unseen pairs are ranked by chance.
  @Test
  void identicalPoliciesGiveChance() {
    double mean = 0;
    for (int seed = 0; seed < 5; seed++) {
      Random random = new Random(seed);
      List<Pair> pairs = new ArrayList<>();
      List<Pair> fresh = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        pairs.add(new Pair(text(random, 4), text(random, 4)));
        fresh.add(new Pair(text(random, 4), text(random, 4)));
      }
      var config = new MaxMarginIrl.Config(MarginLoss.ASYMMETRIC, 2, 8, 1e-3, 0, 0.2);
      RewardModel start = RewardModel.of(Gpt.init(TINY, Rng.of(seed)), Rng.of(4));
      var found = MaxMarginIrl.fit(start, pairs, config, Rng.of(5), _ -> {});
      mean += MaxMarginIrl.accuracy(MaxMarginIrl.margins(found.reward(), fresh)) / 5;
    }
    assertEquals(0.5, mean, 0.08);
  }

  @Property(tries = 20)
  void tokenBatchesSpreadAndCollect(@ForAll @Size(min = 1, max = 4) int[] seeds) {
    Random random = new Random(Arrays.hashCode(seeds));
    List<int[]> sequences = new ArrayList<>();
    int[] prompts = new int[seeds.length];
    double[][] numbers = new double[seeds.length][];
    for (int i = 0; i < seeds.length; i++) {
      prompts[i] = 1 + random.nextInt(3);
      int response = 1 + random.nextInt(4);
      sequences.add(new int[prompts[i] + response]);
      numbers[i] = random.doubles(response).map(x -> (float) x).toArray();
    }
    TokenBatch batch = TokenBatch.of(sequences, prompts);
    double[][] back = batch.collect(batch.spread(numbers));
    for (int i = 0; i < numbers.length; i++) {
      assertArrayEquals(numbers[i], back[i], 0);
    }
    assertEquals(
        Arrays.stream(numbers).mapToInt(row -> row.length).sum(), batch.mask().sum().item(), 0);
  }
}
