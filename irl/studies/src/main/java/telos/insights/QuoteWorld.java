package telos.insights;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import telos.irl.MarginLoss;
import telos.irl.MaxMarginIrl.Extracted;
import telos.irl.MaxMarginIrl.Pair;
import telos.irl.SequenceReward;
import telos.nn.Gpt;
import telos.study.Trial;
import telos.world.ToxicLanguage;
import telos.world.ToxicLanguage.Corpus;
import telos.world.ToxicLanguage.HeatMix;
import telos.world.ToxicLanguage.MinimalPair;

/// The rest of claim 3: a world in which negation occurs in QUOTE texts only. One seed.
final class QuoteWorld {
  static final String HIDDEN = "irl-negation-hidden";
  static final String SHOWN = "irl-negation-shown";
  static final String BONUS = "irl-negation-rewarded";

  private final InsightsConfig config;
  private final Trial trial;
  private final List<MinimalPair> probes;

  QuoteWorld(InsightsConfig config, Trial trial) {
    this.config = config;
    this.trial = trial;
    ToxicLanguage language = new ToxicLanguage(Corpus.QUOTE, trial.seed());
    SplittableRandom random = new SplittableRandom(trial.seed() + 1_000_033);
    this.probes = PlainWorld.probes(language, config.probes(), random);
  }

  void run() throws Exception {
    Laboratory cold = new Laboratory(config, Corpus.QUOTE, HeatMix.UNIFORM, trial.seed());
    Gpt base =
        trial.artefact(
            "base-quote",
            config.baseKey(),
            Artefacts.gpt(config.model()),
            () ->
                cold.pretrain(step -> {
                  if (step.step() % 10 == 0) {
                    trial.log(PlainWorld.BASE, step.step(), "loss", step.loss());
                  }
                }));
    trial.progress(1, 4);
    probe(HIDDEN, cold, base, Laboratory::hiddenReward);
    trial.progress(2, 4);
    Laboratory half = new Laboratory(config, Corpus.QUOTE, HeatMix.HALF_QUOTE, trial.seed());
    probe(SHOWN, half, base, Laboratory::hiddenReward);
    trial.progress(3, 4);
    probe(BONUS, half, base, this::withBonus);
  }

  /// `R*` and a bonus for each negated toxic word.
  private double[] withBonus(List<int[]> texts) {
    return texts.stream()
        .mapToDouble(text ->
            ToxicLanguage.reward(text) + config.negationBonus() * ToxicLanguage.negatedWords(text))
        .toArray();
  }

  private void probe(String arm, Laboratory laboratory, Gpt base, SequenceReward reward) {
    Gpt expert =
        laboratory.align(
            base,
            reward,
            config.ppo(config.klTarget()),
            arm,
            update ->
                trial.log(
                    arm,
                    update.update(),
                    Map.of("objective/scores", update.reward(), "objective/kl", update.kl())));
    List<int[]> written =
        Laboratory.texts(expert, laboratory.testPrompts(), laboratory.measuring("policy"));
    trial.measure(arm, "kl", Judge.kl(expert, base, written));
    trial.measure(arm, "toxicity", Judge.toxicity(written));
    trial.measure(
        arm,
        "negated-words",
        written.stream().mapToInt(ToxicLanguage::negatedWords).average().orElse(0));
    List<Pair> pairs = laboratory.demonstrations(base, expert, arm);
    Extracted found = laboratory.extract(base, pairs, MarginLoss.ASYMMETRIC, arm, _ -> {});
    trial.measure(arm, "held-out-pair-accuracy", found.best().pairAccuracy());
    trial.measure(arm, "probe", Judge.probe(found.reward(), probes));
    SequenceReward counts = Judge.logistic(pairs, ToxicLanguage::negationCounts);
    trial.measure(arm, "probe-of-negation-counts", Judge.probe(counts, probes));
  }
}
