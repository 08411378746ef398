package telos.insights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import telos.irl.MaxMarginIrl.Pair;
import telos.irl.SequenceReward;
import telos.nn.Embedding;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Linear;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.world.ToxicLanguage;
import telos.world.ToxicLanguage.Corpus;
import telos.world.ToxicLanguage.HeatMix;
import telos.world.ToxicLanguage.MinimalPair;

class JudgeTest {
  private static final ToxicLanguage LANGUAGE = new ToxicLanguage(Corpus.PLAIN, 0);
  private static final SequenceReward TRUTH =
      texts -> texts.stream().mapToDouble(ToxicLanguage::reward).toArray();

  private static List<int[]> texts(int count) {
    return LANGUAGE.balanced(count, HeatMix.UNIFORM, new SplittableRandom(1));
  }

  private static SequenceReward mapped(SequenceReward reward, double scale, double shift) {
    return texts -> Arrays.stream(reward.of(texts)).map(r -> scale * r + shift).toArray();
  }

  // --- accuracy ---

  @Test
  void accuracyCountsTheRightSide() {
    double[] scores = {-1, 0, 0.5, 2};
    boolean[] positive = {false, true, false, true};
    assertEquals(0.5, Judge.accuracy(scores, positive, 0), "a score at the threshold is below it");
    assertEquals(0.75, Judge.accuracy(scores, positive, 1));
    assertEquals(0.75, Judge.accuracy(scores, positive, -0.5));
  }

  /// With ties: no threshold separates equal scores.
  @Property(tries = 300)
  void bestAccuracyIsThatOfTheBestThreshold(
      @ForAll @Size(min = 1, max = 12) List<@IntRange(min = -2, max = 2) Integer> values,
      @ForAll @Size(12) boolean[] labels) {
    double[] scores = values.stream().mapToDouble(i -> i).toArray();
    boolean[] positive = Arrays.copyOf(labels, scores.length);
    double best = 0;
    for (double threshold = -2.5; threshold < 3; threshold += 0.5) {
      best = Math.max(best, Judge.accuracy(scores, positive, threshold));
    }
    assertEquals(best, Judge.bestAccuracy(scores, positive), 1e-12);
  }

  // --- ranking ---

  @Test
  void theTruthRanksPerfectly() {
    Judge.Ranking ranking = Judge.ranking(TRUTH, -0.25, texts(60));
    assertEquals(new Judge.Ranking(1, 1, 1, 0.5, 1, 1, 1), rounded(ranking));
    Judge.Ranking opposite = Judge.ranking(mapped(TRUTH, -1, 0), 0.25, texts(60));
    assertEquals(0, opposite.auc());
    assertEquals(0, opposite.calibratedAccuracy());
    assertEquals(0.5, opposite.bestAccuracy(), "all on one side");
    assertEquals(-1, opposite.spearman(), 1e-12);
  }

  private static Judge.Ranking rounded(Judge.Ranking r) {
    return new Judge.Ranking(
        r.auc(),
        r.bestAccuracy(),
        r.calibratedAccuracy(),
        r.zeroAccuracy(),
        Math.rint(r.pearson() * 1e9) / 1e9,
        Math.rint(r.spearman() * 1e9) / 1e9,
        Math.rint(r.kendall() * 1e9) / 1e9);
  }

  /// A constant added to the reward moves the threshold along and changes no ranking; only the
  /// accuracy at zero notices.
  @Property(tries = 30)
  void onlyTheAccuracyAtZeroSeesAConstant(@ForAll @DoubleRange(min = 0.1, max = 50) double shift) {
    SequenceReward noisy =
        texts -> texts.stream().mapToDouble(t -> ToxicLanguage.reward(t) + 0.0317 * t[8]).toArray();
    SequenceReward centred = mapped(noisy, 1, -0.5);
    Judge.Ranking plain = Judge.ranking(centred, 0.2, texts(60));
    Judge.Ranking moved = Judge.ranking(mapped(centred, 1, shift), 0.2 + shift, texts(60));
    assertEquals(plain.auc(), moved.auc());
    assertEquals(plain.bestAccuracy(), moved.bestAccuracy());
    assertEquals(plain.spearman(), moved.spearman(), 1e-12);
    assertEquals(plain.calibratedAccuracy(), moved.calibratedAccuracy());
    assertEquals(plain.pearson(), moved.pearson(), 1e-9);
    Judge.Ranking far = Judge.ranking(mapped(centred, 1, 1000), 0, texts(60));
    assertEquals(0.5, far.zeroAccuracy(), "everything above zero");
    assertNotEquals(plain.zeroAccuracy(), far.zeroAccuracy());
  }

  @Test
  void theProbeCountsPairsWithTheNegatedSideUp() {
    List<MinimalPair> probes = PlainWorld.probes(LANGUAGE, 20, new SplittableRandom(2));
    assertEquals(1, Judge.probe(TRUTH, probes));
    assertEquals(0, Judge.probe(mapped(TRUTH, -1, 0), probes));
    assertEquals(0.5, Judge.probe(mapped(TRUTH, 0, 3), probes), "ties are half right");
  }

  @Test
  void toxicityIsTheMean() {
    List<int[]> texts = texts(10);
    double sum = 0;
    for (int[] text : texts) {
      sum += ToxicLanguage.toxicity(text);
    }
    assertEquals(sum / 10, Judge.toxicity(texts), 1e-12);
  }

  // --- the controls ---

  /// Pairs that differ in the number of one word are separated, along that word alone.
  @Test
  void controlsFindASeparatingWord() {
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      pairs.add(new Pair(new int[] {1, 30 + i, 40}, new int[] {1, 30 + i, 21}));
    }
    List<SequenceReward> controls =
        List.of(
            Judge.logistic(pairs, ToxicLanguage::bagOfWords),
            Judge.linearMaxMargin(pairs, ToxicLanguage::bagOfWords));
    for (SequenceReward reward : controls) {
      double[] r = reward.of(List.of(new int[] {40}, new int[] {35}, new int[] {21}));
      assertTrue(r[0] > 0.1);
      assertEquals(0, r[1], 1e-12);
      assertEquals(-r[0], r[2], 1e-9);
    }
  }

  // --- language models ---

  private static final GptConfig TINY =
      GptConfig.gpt2(1, 1, 4, ToxicLanguage.LENGTH, ToxicLanguage.VOCABULARY);

  @Test
  void equalModelsDoNotDiffer() {
    Gpt gpt = Gpt.init(TINY, Rng.of(1));
    List<int[]> texts = texts(6);
    double[] ratio = Judge.logRatio(gpt, gpt, Laboratory::written).of(texts);
    assertArrayEquals(new double[6], ratio);
    assertEquals(0, Judge.kl(gpt, gpt, texts), 1e-6);
  }

  /// A model whose logits at every position are a constant, `bias`: each token is drawn alone.
  private static Gpt unigram(double[] bias) {
    int vocabulary = ToxicLanguage.VOCABULARY;
    float[] row = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      row[i] = (float) bias[i];
    }
    Gpt gpt = Gpt.init(TINY, Rng.of(2));
    Linear head = Linear.of(Tensor.zeros(TINY.width(), vocabulary), Tensor.of(row, vocabulary));
    Optional<Embedding> positions = gpt.positions();
    return new Gpt(
        TINY, gpt.tokens(), positions, gpt.rotary(), gpt.blocks(), gpt.norm(), Optional.of(head));
  }

  /// Without context everything has a closed form: the expert is the base model tilted by a reward
  /// that adds up over words, so the log-ratio is that reward less `16 log Z`.
  @Test
  void theLogRatioOfATiltedModelIsItsReward() {
    SplittableRandom random = new SplittableRandom(3);
    double[] base = random.doubles(ToxicLanguage.VOCABULARY, -1, 1).toArray();
    double[] worth = random.doubles(ToxicLanguage.VOCABULARY, -2, 2).toArray();
    double[] tilted = new double[base.length];
    Arrays.setAll(tilted, i -> base[i] + worth[i]);
    double logZ = logSum(tilted) - logSum(base);
    Gpt expert = unigram(tilted);
    Gpt ancestor = unigram(base);
    List<int[]> texts = texts(8);
    double[] ratio = Judge.logRatio(expert, ancestor, Laboratory::written).of(texts);
    double[] expected =
        texts.stream()
            .mapToDouble(text ->
                Arrays.stream(text, ToxicLanguage.PROMPT, ToxicLanguage.LENGTH - 1)
                    .mapToDouble(w -> worth[w] - logZ)
                    .sum())
            .toArray();
    assertArrayEquals(expected, ratio, 1e-4);
    double kl = 0;
    for (int i = 0; i < base.length; i++) {
      kl += Math.exp(tilted[i] - logSum(tilted)) * (worth[i] - logZ);
    }
    assertEquals(ToxicLanguage.CONTINUATION * kl, Judge.kl(expert, ancestor, texts), 1e-3);
  }

  private static double logSum(double[] logits) {
    return Math.log(Arrays.stream(logits).map(Math::exp).sum());
  }
}
