package telos.insights;

import static telos.study.Criterion.atLeast;
import static telos.study.Criterion.within;
import static telos.study.Estimand.difference;
import static telos.study.Estimand.mean;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import telos.irl.MarginLoss;
import telos.irl.MaxMarginIrl;
import telos.irl.RlhfPpo;
import telos.irl.Sft;
import telos.nn.GptConfig;
import telos.nn.Sampling;
import telos.nn.text.PreferenceData;
import telos.nn.text.PreferencePair;
import telos.nn.text.Tokenizer;
import telos.rl.AdaptiveKl;
import telos.study.Arm;
import telos.study.Claim;
import telos.study.Profile;
import telos.study.Request;
import telos.study.Study;
import telos.study.StudyRun;

/// The study on a file of human preferences: the hidden reward `R*` is itself fitted to the human
/// pairs, RLHF aligns a model with it, and inverse RL recovers a reward from samples of the two
/// models alone. What the recovered reward is worth is measured on held-out real texts, against
/// `R*` and against the human labels.
final class RealText {
  /// Fewer pairs cannot be split.
  private static final int LEAST = 50;

  private final StudyRun run;

  RealText(StudyRun run) {
    this.run = run;
  }

  /// Everything that is fixed before the run.
  ///
  /// @param vocabulary of the byte-pair tokenizer trained on the training texts
  /// @param promptTokens the last tokens of a prompt that the models see
  /// @param responseTokens of a real response, the rest is cut
  /// @param model of policy and rewards
  /// @param heldOut share of the pairs that no training sees
  /// @param pretraining of the base model
  /// @param hidden fit of `R*` to the human pairs
  /// @param ppo RLHF
  /// @param demonstrations prompts on which both models write for IRL
  /// @param irl the recovery
  record Config(
      Profile profile,
      int vocabulary,
      int promptTokens,
      int responseTokens,
      GptConfig model,
      double heldOut,
      Sft.Config pretraining,
      MaxMarginIrl.Config hidden,
      RlhfPpo.Config ppo,
      int demonstrations,
      MaxMarginIrl.Config irl) {

    static Config of(Profile profile) {
      int vocabulary = 1024;
      int prompt = 79;
      int response = 48;
      int width = profile.pick(32, 96, 96);
      return new Config(
          profile,
          vocabulary,
          prompt,
          response,
          GptConfig.gpt2(profile.pick(1, 3, 3), 4, width, 1 + prompt + response, vocabulary),
          0.2,
          Sft.Config.defaults(profile.pick(1, 2, 4), 32, 2e-3),
          new MaxMarginIrl.Config(
              MarginLoss.BRADLEY_TERRY, profile.pick(1, 2, 3), 16, 3e-4, 0.01, 0.1),
          RlhfPpo.Config.defaults(
              profile.pick(2, 60, 150),
              Sampling.of(32, Tokenizer.EOS),
              new AdaptiveKl(0.2, 4, 0.1)),
          profile.pick(40, 600, 1500),
          new MaxMarginIrl.Config(
              MarginLoss.ASYMMETRIC, profile.pick(1, 4, 6), 16, 3e-4, 0.01, 0.1));
    }
  }

  /// Reads the file before anything is written, so that a bad one leaves nothing behind.
  static Study.Plan plan(Request request) {
    read(request.data().orElseThrow());
    return new Study.Plan(
        Config.of(request.profile()),
        request.profile().pick(1, 3, 5),
        List.of(),
        List.of(
            Arm.reference(RealTextLaboratory.HIDDEN, "R*, fitted to the human pairs"),
            Arm.reference(RealTextLaboratory.BASE, "the pretrained model"),
            Arm.reference(RealTextLaboratory.EXPERT, "RLHF on R*"),
            Arm.method(RealTextLaboratory.ASYMMETRIC, "reward by IRL, asymmetric loss"),
            Arm.method(RealTextLaboratory.BRADLEY_TERRY, "reward by IRL, logistic loss"),
            Arm.control(RealTextLaboratory.RANDOM, "a reward model that was never trained"),
            Arm.control(RealTextLaboratory.SHUFFLED, "IRL from pairs of which half are exchanged"),
            Arm.control(RealTextLaboratory.BAG, "logistic regression on token counts of the pairs"),
            Arm.control(RealTextLaboratory.LENGTH, "the number of tokens of the response"),
            Arm.reference(RealTextLaboratory.LOG_RATIO, "log-ratio of the two models")),
        claims());
  }

  private static List<PreferencePair> read(Path file) {
    try {
      List<PreferencePair> pairs = PreferenceData.read(file);
      if (pairs.size() < LEAST) {
        throw new IllegalArgumentException(
            "'%s' holds %d preference pairs; the study needs at least %d"
                .formatted(file, pairs.size(), LEAST));
      }
      return pairs;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Claim> claims() {
    String method = RealTextLaboratory.ASYMMETRIC;
    return List.of(
        new Claim(
            "R1",
            "RLHF moved the policy: mean R* of its samples rises by half a standard deviation",
            mean(RealTextLaboratory.EXPERT, "hidden-reward-gain"),
            atLeast(0.5)),
        new Claim(
            "R2",
            "On held-out real texts the recovered reward tells those above R*'s median from those"
                + " below",
            mean(method, "auc"),
            atLeast(0.7)),
        new Claim("R3", "It ranks them as R* does", mean(method, "spearman"), atLeast(0.4)),
        new Claim(
            "R4",
            "It does so by more than a reward from shuffled pairs",
            difference(method, RealTextLaboratory.SHUFFLED, "auc"),
            atLeast(0.1)),
        new Claim(
            "R5",
            "Against the human labels it is as good as R* itself (pair accuracy within 5 points)",
            difference(method, RealTextLaboratory.HIDDEN, "human-pair-accuracy"),
            within(-0.05, 0.05)));
  }

  void run() throws Exception {
    Config config = run.config(Config.class);
    Path file = run.data().orElseThrow();
    List<PreferencePair> pairs = read(file);
    run.note("%d preference pairs read from %s".formatted(pairs.size(), file.getFileName()));
    run.eachSeed("real text", trial -> new RealTextLaboratory(config, pairs, trial).run());
  }
}
