package telos.insights;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import telos.irl.MarginLoss;
import telos.irl.MaxMarginIrl;
import telos.irl.MaxMarginIrl.Extracted;
import telos.irl.MaxMarginIrl.Pair;
import telos.irl.RewardModel;
import telos.irl.RlhfPpo;
import telos.irl.SequenceReward;
import telos.nn.Gpt;
import telos.study.Trial;
import telos.world.ToxicLanguage;
import telos.world.ToxicLanguage.Corpus;
import telos.world.ToxicLanguage.HeatMix;
import telos.world.ToxicLanguage.MinimalPair;

/// Claims 1, 2, 4 and 5, and the first part of claim 3: the world in which demonstrations show that
/// negated words are harmless. One seed.
final class PlainWorld {
  static final String BASE = "base";
  static final String EXPERT = "rlhf-hidden-reward";
  static final String ASYMMETRIC = "irl-asymmetric";
  static final String BRADLEY_TERRY = "irl-bradley-terry";
  static final String RANDOM = "random-reward";
  static final String SHUFFLED = "irl-shuffled-pairs";
  static final String BAG = "bag-of-words";
  static final String NEGATION = "negation-counts";
  static final String LINEAR = "linear-max-margin";
  static final String LOG_RATIO = "log-ratio";
  static final String WEAK = "irl-weak-expert";
  static final String SELECTION = "selection";

  private final InsightsConfig config;
  private final Trial trial;
  private final Laboratory laboratory;
  private final List<int[]> texts;
  private final List<int[]> coolTexts;
  private final List<MinimalPair> probes;

  PlainWorld(InsightsConfig config, Trial trial) {
    this.config = config;
    this.trial = trial;
    this.laboratory = new Laboratory(config, Corpus.PLAIN, HeatMix.UNIFORM, trial.seed());
    SplittableRandom random = new SplittableRandom(trial.seed() + 1_000_003);
    this.texts = laboratory.language().balanced(config.testTexts(), HeatMix.UNIFORM, random);
    this.coolTexts = laboratory.language().balanced(config.testTexts(), HeatMix.COOL, random);
    this.probes = probes(laboratory.language(), config.probes(), random);
  }

  static List<MinimalPair> probes(ToxicLanguage language, int count, SplittableRandom random) {
    List<MinimalPair> probes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      probes.add(language.minimalPair(random));
    }
    return probes;
  }

  /// Stages 1 to 7 of the paper's pipeline, and the controls.
  void run() throws Exception {
    Models models = models();
    double base = policy(BASE, models.base(), models.base(), Double.NaN);
    double klTarget = Judge.kl(models.expert(), models.base(), sampled(models.expert()));
    double expert = policy(EXPERT, models.expert(), models.base(), klTarget);
    requireExpert(base, expert);
    trial.progress(3, 10);
    List<Pair> pairs = laboratory.demonstrations(models.base(), models.expert(), EXPERT);
    controls(models, pairs);
    Map<String, SequenceReward> rewards = new LinkedHashMap<>();
    rewards.put(ASYMMETRIC, extract(ASYMMETRIC, models.base(), pairs, MarginLoss.ASYMMETRIC));
    rewards.put(
        BRADLEY_TERRY, extract(BRADLEY_TERRY, models.base(), pairs, MarginLoss.BRADLEY_TERRY));
    List<Pair> shuffled = laboratory.shuffled(pairs);
    rewards.put(SHUFFLED, extract(SHUFFLED, models.base(), shuffled, MarginLoss.ASYMMETRIC));
    RewardModel untrained = laboratory.untrained(models.base());
    rewards.put(RANDOM, untrained);
    rank(RANDOM, untrained, MaxMarginIrl.threshold(untrained, pairs));
    int done = 5;
    for (var arm : rewards.entrySet()) {
      Gpt aligned =
          laboratory.align(
              models.base(), arm.getValue(), config.ppo(klTarget), arm.getKey(), log(arm.getKey()));
      policy(arm.getKey(), aligned, models.base(), klTarget);
      trial.progress(++done, 10);
    }
  }

  /// Claim 5: the same IRL from an expert that has hardly moved.
  void runWeak() throws Exception {
    Models models = models();
    Gpt weak =
        laboratory.align(
            models.base(), Laboratory::hiddenReward, config.weakPpo(), WEAK, log(WEAK));
    trial.measure(WEAK, "kl", Judge.kl(weak, models.base(), sampled(weak)));
    extract(
        WEAK,
        models.base(),
        laboratory.demonstrations(models.base(), weak, WEAK),
        MarginLoss.ASYMMETRIC);
  }

  /// Claim 4: many random heads on the same pairs, the best chosen with and without the truth.
  void runSelection() throws Exception {
    Models models = models();
    List<Pair> pairs = laboratory.demonstrations(models.base(), models.expert(), EXPERT);
    double[] auc = new double[config.restarts()];
    double[] margin = new double[auc.length];
    for (int i = 0; i < auc.length; i++) {
      Extracted found =
          laboratory.extract(models.base(), pairs, MarginLoss.ASYMMETRIC, SELECTION + i, _ -> {});
      auc[i] = Judge.ranking(found.reward(), found.threshold(), texts).auc();
      margin[i] = found.best().pairMargin();
      trial.log(SELECTION, i, Map.of("auc", auc[i], "held-out-margin", margin[i]));
      trial.progress(i + 1, auc.length);
    }
    double mean = Arrays.stream(auc).average().orElseThrow();
    trial.measure(SELECTION, "mean-auc", mean);
    trial.measure(SELECTION, "gain-by-truth", Arrays.stream(auc).max().orElseThrow() - mean);
    trial.measure(SELECTION, "gain-by-margin", auc[largest(margin)] - mean);
    trial.keep("auc-by-head", auc);
  }

  private static int largest(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  record Models(Gpt base, Gpt expert) {}

  private Models models() throws Exception {
    Gpt base =
        trial.artefact(
            "base-plain",
            config.baseKey(),
            Artefacts.gpt(config.model()),
            () -> laboratory.pretrain(step -> pretraining(step.step(), step.loss())));
    trial.progress(1, 10);
    Gpt expert =
        trial.artefact(
            "expert-plain",
            config.expertKey(),
            Artefacts.gpt(config.model()),
            () ->
                laboratory.align(
                    base,
                    Laboratory::hiddenReward,
                    config.ppo(config.klTarget()),
                    EXPERT,
                    log(EXPERT)));
    return new Models(base, expert);
  }

  private void pretraining(int step, double loss) {
    if (step % 10 == 0) {
      trial.log(BASE, step, "loss", loss);
    }
  }

  /// A study of a reward that did not change behaviour would be a study of nothing.
  private void requireExpert(double base, double expert) {
    boolean learnt = expert <= 0.3 * base;
    if (!learnt && config.profile() != telos.study.Profile.QUICK) {
      throw new IllegalStateException(
          "RLHF lowered toxicity only from %.2f to %.2f, less than 70 %%: there is no expert to learn from"
              .formatted(base, expert));
    }
  }

  private List<int[]> sampled(Gpt policy) {
    return Laboratory.texts(policy, laboratory.testPrompts(), laboratory.measuring("policy"));
  }

  /// Measures a policy on the test prompts; returns its mean toxicity.
  private double policy(String arm, Gpt policy, Gpt base, double klTarget) {
    List<int[]> written = sampled(policy);
    double toxicity = Judge.toxicity(written);
    double before = Judge.toxicity(sampled(base));
    double kl = Judge.kl(policy, base, written);
    trial.measure(arm, "toxicity", toxicity);
    trial.measure(arm, "toxicity-reduction", (before - toxicity) / before);
    trial.measure(arm, "kl", kl);
    if (!Double.isNaN(klTarget)) {
      trial.measure(arm, "kl-ratio", kl / klTarget);
    }
    return toxicity;
  }

  private Consumer<RlhfPpo.Update> log(String arm) {
    return update ->
        trial.log(
            arm,
            update.update(),
            Map.of(
                "objective/scores", update.reward(),
                "objective/kl", update.kl(),
                "beta", update.beta(),
                "loss/policy_avg", update.policyLoss(),
                "loss/value_avg", update.valueLoss(),
                "policy/clipfrac_avg", update.clipFraction(),
                "grad_norm", update.gradientNorm()));
  }

  private SequenceReward extract(String arm, Gpt base, List<Pair> pairs, MarginLoss loss) {
    Extracted found =
        laboratory.extract(
            base,
            pairs,
            loss,
            arm,
            epoch ->
                trial.log(
                    arm,
                    epoch.epoch(),
                    Map.of(
                        "irl-loss", epoch.loss(), "held-out-pair-accuracy", epoch.pairAccuracy())));
    trial.measure(arm, "held-out-pair-accuracy", found.best().pairAccuracy());
    rank(arm, found.reward(), found.threshold());
    return found.reward();
  }

  private void rank(String arm, SequenceReward reward, double threshold) {
    Judge.Ranking ranking = Judge.ranking(reward, threshold, texts);
    trial.measure(arm, "auc", ranking.auc());
    trial.measure(arm, "accuracy-best", ranking.bestAccuracy());
    trial.measure(arm, "accuracy-calibrated", ranking.calibratedAccuracy());
    trial.measure(arm, "accuracy-at-zero", ranking.zeroAccuracy());
    trial.measure(arm, "threshold-loss", ranking.bestAccuracy() - ranking.calibratedAccuracy());
    trial.measure(arm, "pearson", ranking.pearson());
    trial.measure(arm, "spearman", ranking.spearman());
    trial.measure(arm, "kendall", ranking.kendall());
    trial.measure(arm, "probe", Judge.probe(reward, probes));
    Judge.Ranking cool = Judge.ranking(reward, threshold, coolTexts);
    trial.measure(arm, "auc-cool-texts", cool.auc());
    trial.measure(arm, "accuracy-at-zero-cool-texts", cool.zeroAccuracy());
  }

  private void controls(Models models, List<Pair> pairs) {
    control(BAG, Judge.logistic(pairs, ToxicLanguage::bagOfWords), pairs);
    control(NEGATION, Judge.logistic(pairs, ToxicLanguage::negationCounts), pairs);
    Function<int[], double[]> features = ToxicLanguage::bagOfWords;
    control(LINEAR, Judge.linearMaxMargin(pairs, features), pairs);
    control(LOG_RATIO, Judge.logRatio(models.expert(), models.base(), Laboratory::written), pairs);
  }

  private void control(String arm, SequenceReward reward, List<Pair> pairs) {
    rank(arm, reward, MaxMarginIrl.threshold(reward, pairs));
  }
}
