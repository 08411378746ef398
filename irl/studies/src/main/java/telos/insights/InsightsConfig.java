package telos.insights;

import telos.irl.MarginLoss;
import telos.irl.MaxMarginIrl;
import telos.irl.RlhfPpo;
import telos.irl.Sft;
import telos.nn.GptConfig;
import telos.nn.Sampling;
import telos.rl.AdaptiveKl;
import telos.study.Profile;
import telos.world.ToxicLanguage;

/// Everything the study fixes before it runs.
///
/// @param profile how much is run
/// @param model the transformer
/// @param corpusTexts pretraining texts
/// @param pretraining of the base model
/// @param rlhfPrompts prompts of PPO
/// @param ppo its hyper-parameters
/// @param klTarget nats per sequence at which every aligned policy is compared
/// @param weakPpo PPO of the barely trained expert: slow steps and a coefficient at which it stays
///   within about 0.05 nat
/// @param pairs demonstration pairs
/// @param irlEpochs epochs of IRL
/// @param irlRate its learning rate
/// @param testPrompts prompts on which policies are measured
/// @param testTexts unseen texts on which rewards are measured, half of them toxic
/// @param probes minimal pairs
/// @param restarts random heads of the selection claim; 0 leaves it out
/// @param negationBonus reward of each negated toxic word in the bonus arm
record InsightsConfig(
    Profile profile,
    GptConfig model,
    int corpusTexts,
    Sft.Config pretraining,
    int rlhfPrompts,
    RlhfPpo.Config ppo,
    double klTarget,
    RlhfPpo.Config weakPpo,
    int pairs,
    int irlEpochs,
    double irlRate,
    int testPrompts,
    int testTexts,
    int probes,
    int restarts,
    double negationBonus) {

  static InsightsConfig of(Profile profile) {
    int updates = profile.pick(2, 120, 300);
    return new InsightsConfig(
        profile,
        GptConfig.gpt2(2, 4, 64, ToxicLanguage.LENGTH, ToxicLanguage.VOCABULARY),
        profile.pick(256, 20_000, 20_000),
        Sft.Config.defaults(profile.pick(1, 3, 5), 64, 2e-3),
        profile.pick(64, 2000, 2000),
        RlhfPpo.Config.defaults(
            updates, Sampling.of(ToxicLanguage.CONTINUATION), AdaptiveKl.fixed(0)),
        1.3,
        weakPpo(profile.pick(1, 30, 30)),
        profile.pick(40, 2000, 2000),
        profile.pick(1, 10, 10),
        3e-4,
        profile.pick(32, 500, 500),
        profile.pick(60, 1000, 1000),
        profile.pick(20, 500, 500),
        profile.pick(0, 0, 30),
        0.05);
  }

  private static RlhfPpo.Config weakPpo(int updates) {
    Sampling sampling = Sampling.of(ToxicLanguage.CONTINUATION);
    AdaptiveKl kl = new AdaptiveKl(3, 0.05, 0.1);
    return new RlhfPpo.Config(updates, 64, 1, 2, sampling, 0.2, 0.2, 0.5, 1, 0.95, 2e-4, 1, kl);
  }

  /// What the content of a base model depends on, besides seed and code.
  record BaseKey(GptConfig model, int texts, Sft.Config pretraining) {}

  BaseKey baseKey() {
    return new BaseKey(model, corpusTexts, pretraining);
  }

  /// What an expert depends on besides.
  record ExpertKey(BaseKey base, int prompts, int pairs, RlhfPpo.Config ppo, double klTarget) {}

  ExpertKey expertKey() {
    return new ExpertKey(baseKey(), rlhfPrompts, pairs, ppo, klTarget);
  }

  MaxMarginIrl.Config irl(MarginLoss loss) {
    return new MaxMarginIrl.Config(loss, irlEpochs, 16, irlRate, 0.01, 0.1);
  }

  /// PPO that steers to a KL. The start is near the coefficient at which the exact tilt of the base
  /// model by the standardised hidden reward has that divergence.
  RlhfPpo.Config ppo(double klTarget) {
    return ppo.with(new AdaptiveKl(0.3, klTarget, 0.1));
  }
}
