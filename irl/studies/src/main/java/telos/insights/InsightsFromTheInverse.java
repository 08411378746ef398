package telos.insights;

import static telos.study.Criterion.atLeast;
import static telos.study.Criterion.atMost;
import static telos.study.Criterion.within;
import static telos.study.Estimand.difference;
import static telos.study.Estimand.mean;
import static telos.study.Estimand.ratio;

import java.util.ArrayList;
import java.util.List;
import telos.study.Arm;
import telos.study.Claim;
import telos.study.Estimand;
import telos.study.Paper;
import telos.study.Profile;
import telos.study.Request;
import telos.study.Series;
import telos.study.Study;
import telos.study.StudyRun;
import telos.world.ToxicLanguage;
import telos.world.ToxicLanguage.Corpus;

/// Can the reward an LLM was aligned with be recovered from its behaviour?
///
/// A base model is pretrained on a language whose toxicity is exact, and aligned by PPO on the
/// hidden reward `R*`. From texts of the two models alone, max-margin inverse RL extracts a reward,
/// which is judged on unseen texts and then used to align the base model anew. With `--data FILE`
/// the same pipeline runs on human preferences, see [RealText].
public final class InsightsFromTheInverse implements Study {
  public InsightsFromTheInverse() {}

  @Override
  public String name() {
    return "insights-from-the-inverse";
  }

  @Override
  public Paper paper() {
    return new Paper(
        "Insights from the Inverse: Reconstructing LLM Training Goals Through Inverse RL",
        "Joselowitz, Majumdar, Jagota, Bou, Patel, Krishna, Parbhoo",
        2025,
        "arXiv 2410.12491, COLM");
  }

  @Override
  public String question() {
    return "Can the reward an LLM was aligned with be recovered from its behaviour, and used"
        + " again?";
  }

  @Override
  public boolean takesData() {
    return true;
  }

  @Override
  public Plan plan(Request request) {
    if (request.data().isPresent()) {
      return RealText.plan(request);
    }
    InsightsConfig config = InsightsConfig.of(request.profile());
    return new Plan(
        config,
        request.profile().pick(1, 5, 10),
        List.of(new ToxicLanguage(Corpus.PLAIN, 0), new ToxicLanguage(Corpus.QUOTE, 0)),
        arms(request.profile()),
        claims(request.profile()));
  }

  @Override
  public void run(StudyRun run) throws Exception {
    if (run.data().isPresent()) {
      new RealText(run).run();
      return;
    }
    InsightsConfig config = run.config(InsightsConfig.class);
    run.eachSeed("plain", trial -> new PlainWorld(config, trial).run());
    run.eachSeed("quote", trial -> new QuoteWorld(config, trial).run());
    if (run.profile() == Profile.FULL) {
      run.eachSeed("weak expert", trial -> new PlainWorld(config, trial).runWeak());
      run.eachSeed(
          "selection",
          Math.min(3, run.seeds()),
          trial -> new PlainWorld(config, trial).runSelection());
    }
  }

  private static List<Arm> arms(Profile profile) {
    List<Arm> arms = new ArrayList<>();
    arms.add(Arm.reference(PlainWorld.BASE, "the pretrained model"));
    arms.add(Arm.reference(PlainWorld.EXPERT, "RLHF on the hidden reward R*"));
    arms.add(Arm.method(PlainWorld.ASYMMETRIC, "reward by IRL with the paper's asymmetric loss"));
    arms.add(Arm.method(PlainWorld.BRADLEY_TERRY, "reward by IRL with the logistic loss"));
    arms.add(Arm.control(PlainWorld.RANDOM, "a reward model that was never trained"));
    arms.add(Arm.control(PlainWorld.SHUFFLED, "IRL from pairs of which half are exchanged"));
    arms.add(Arm.control(PlainWorld.BAG, "logistic regression on word counts of the same pairs"));
    arms.add(
        Arm.control(
            PlainWorld.NEGATION,
            "logistic regression on word counts, apart for words behind a negator"));
    arms.add(Arm.control(PlainWorld.LINEAR, "closed-form max-margin on word counts"));
    arms.add(
        Arm.reference(PlainWorld.LOG_RATIO, "log-ratio of the two models: needs their weights"));
    arms.add(Arm.method(QuoteWorld.HIDDEN, "IRL where no demonstration shows negation"));
    arms.add(Arm.method(QuoteWorld.SHOWN, "IRL with half the prompts QUOTE"));
    arms.add(Arm.method(QuoteWorld.BONUS, "the same, the expert rewarded for negated words"));
    if (profile == Profile.FULL) {
      arms.add(Arm.control(PlainWorld.WEAK, "IRL from a barely trained expert"));
      arms.add(Arm.method(PlainWorld.SELECTION, "IRL from many random heads"));
    }
    return arms;
  }

  private static List<Claim> claims(Profile profile) {
    List<Claim> claims = new ArrayList<>(extraction());
    claims.addAll(reuse());
    claims.addAll(identifiability());
    if (profile == Profile.FULL) {
      claims.addAll(limits());
    }
    return claims;
  }

  private static List<Claim> extraction() {
    return List.of(
        new Claim(
            "1a",
            "Extraction works: on unseen texts the extracted reward ranks harmless above toxic",
            mean(PlainWorld.ASYMMETRIC, "auc"),
            atLeast(0.85)),
        new Claim(
            "1b",
            "The label-free threshold loses at most 3 points of accuracy against the best one",
            mean(PlainWorld.ASYMMETRIC, "threshold-loss"),
            atMost(0.03)));
  }

  private static List<Claim> reuse() {
    return List.of(
        new Claim(
            "2a",
            "The reward is reusable: it buys 70 % of the toxicity reduction that R* buys",
            reduction(PlainWorld.ASYMMETRIC),
            atLeast(0.7)),
        new Claim(
            "2b",
            "... at matched KL to the base model (within 20 % of R*'s)",
            mean(PlainWorld.ASYMMETRIC, "kl-ratio"),
            within(0.8, 1.2)),
        new Claim(
            "2c",
            "A reward model that was never trained buys at most 10 %",
            reduction(PlainWorld.RANDOM),
            atMost(0.1)),
        new Claim(
            "2d",
            "A reward from shuffled pairs buys at most 10 %",
            reduction(PlainWorld.SHUFFLED),
            atMost(0.1)));
  }

  private static List<Claim> identifiability() {
    return List.of(
        new Claim(
            "3a",
            "Where the demonstrations vary negation, the reward learns that negated words are"
                + " harmless",
            mean(PlainWorld.ASYMMETRIC, "probe"),
            atLeast(0.85)),
        new Claim(
            "3b",
            "Where they never do, it cannot: non-identifiability is visible",
            mean(QuoteWorld.HIDDEN, "probe"),
            atMost(0.8)),
        new Claim(
            "3c",
            "An expert that profits from negated words shows it",
            difference(QuoteWorld.BONUS, QuoteWorld.SHOWN, "probe"),
            atLeast(0.1)));
  }

  private static List<Claim> limits() {
    return List.of(
        new Claim(
            "4",
            "Selection inflates: choosing among random heads by held-out margin recovers less than"
                + " half of what choosing by the truth gains",
            new Estimand.Ratio(
                Series.of(PlainWorld.SELECTION, "gain-by-margin"),
                Series.of(PlainWorld.SELECTION, "gain-by-truth")),
            atMost(0.5)),
        new Claim(
            "5",
            "A weak expert gives a weak reward",
            difference(PlainWorld.ASYMMETRIC, PlainWorld.WEAK, "auc"),
            atLeast(0.05)));
  }

  private static Estimand reduction(String arm) {
    return ratio(arm, PlainWorld.EXPERT, "toxicity-reduction");
  }
}
