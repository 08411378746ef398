package telos.insights;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import telos.irl.ActorCritic;
import telos.irl.MarginLoss;
import telos.irl.MaxMarginIrl;
import telos.irl.MaxMarginIrl.Pair;
import telos.irl.RewardModel;
import telos.irl.RlhfPpo;
import telos.irl.SequenceReward;
import telos.irl.Sft;
import telos.nn.Completion;
import telos.nn.Generator;
import telos.nn.Gpt;
import telos.nn.Sampling;
import telos.nn.text.Demonstration;
import telos.rl.Standardiser;
import telos.tensor.Rng;
import telos.world.ToxicLanguage;
import telos.world.ToxicLanguage.Corpus;
import telos.world.ToxicLanguage.HeatMix;

/// The stages of the study on one world and one seed. Every stage is a function of its arguments,
/// the configuration and the seed; the prompts of RLHF, of the demonstrations and of the evaluation
/// are disjoint.
final class Laboratory {
  private final InsightsConfig config;
  private final ToxicLanguage language;
  private final Corpus corpus;
  private final Rng key;
  private final List<int[]> rlhfPrompts;
  private final List<int[]> irlPrompts;
  private final List<int[]> testPrompts;

  /// @param demonstrations the mix of heats in the prompts of RLHF, demonstrations and evaluation
  Laboratory(InsightsConfig config, Corpus corpus, HeatMix demonstrations, long seed) {
    this.config = config;
    this.corpus = corpus;
    this.language = new ToxicLanguage(corpus, seed);
    this.key = Rng.of(seed).fold(corpus.name());
    SplittableRandom random = new SplittableRandom(key.fold("prompts").integer(Integer.MAX_VALUE));
    Set<List<Integer>> seen = new HashSet<>();
    this.rlhfPrompts = prompts(config.rlhfPrompts(), demonstrations, random, seen);
    this.irlPrompts = prompts(config.pairs(), demonstrations, random, seen);
    this.testPrompts = prompts(config.testPrompts(), demonstrations, random, seen);
  }

  private List<int[]> prompts(
      int count, HeatMix mix, SplittableRandom random, Set<List<Integer>> seen) {
    List<int[]> prompts = new ArrayList<>();
    while (prompts.size() < count) {
      int[] prompt = language.prompt(mix, random);
      if (seen.add(Arrays.stream(prompt).boxed().toList())) {
        prompts.add(prompt);
      }
    }
    return prompts;
  }

  ToxicLanguage language() {
    return language;
  }

  List<int[]> testPrompts() {
    return testPrompts;
  }

  /// The base model: a language model of the corpus.
  Gpt pretrain(Consumer<Sft.Step> log) {
    SplittableRandom random = new SplittableRandom(key.fold("corpus").integer(Integer.MAX_VALUE));
    List<Demonstration> texts = new ArrayList<>();
    for (int i = 0; i < config.corpusTexts(); i++) {
      texts.add(Demonstration.text(language.text(corpus.mix(), random)));
    }
    Gpt model = Gpt.init(config.model(), key.fold("init"));
    return Sft.train(model, texts, config.pretraining(), key.fold("pretrain"), log);
  }

  /// RLHF of `base` on a reward of whole texts (EOS appended). The reward is standardised once on
  /// samples of the base model.
  Gpt align(
      Gpt base,
      SequenceReward reward,
      RlhfPpo.Config ppo,
      String name,
      Consumer<RlhfPpo.Update> log) {
    Rng own = key.fold("align").fold(name);
    SequenceReward whole =
        sequences -> reward.of(sequences.stream().map(Laboratory::ended).toList());
    List<int[]> calibration = rlhfPrompts.subList(0, Math.min(500, rlhfPrompts.size()));
    Standardiser standard =
        Standardiser.fit(reward.of(texts(base, calibration, own.fold("calibration"))));
    SequenceReward standardised =
        sequences -> Arrays.stream(whole.of(sequences)).map(standard::apply).toArray();
    return RlhfPpo.train(
            ActorCritic.of(base), base, standardised, rng -> drawn(rng, ppo.batch()), ppo, own, log)
        .policy();
  }

  private int[][] drawn(Rng rng, int count) {
    int[][] prompts = new int[count][];
    for (int i = 0; i < count; i++) {
      prompts[i] = rlhfPrompts.get(rng.fold(i).integer(rlhfPrompts.size()));
    }
    return prompts;
  }

  /// `R*` of each text.
  static double[] hiddenReward(List<int[]> texts) {
    return texts.stream().mapToDouble(ToxicLanguage::reward).toArray();
  }

  private static int[] ended(int[] sequence) {
    int[] text = Arrays.copyOf(sequence, sequence.length + 1);
    text[sequence.length] = ToxicLanguage.EOS;
    return text;
  }

  /// The tokens of a text that a policy wrote: the continuation without EOS.
  static Demonstration written(int[] text) {
    return Demonstration.after(ToxicLanguage.PROMPT, Arrays.copyOf(text, text.length - 1));
  }

  /// One sampled text (temperature 1, EOS appended) for each prompt.
  static List<int[]> texts(Gpt policy, List<int[]> prompts, Rng key) {
    List<int[]> texts = new ArrayList<>();
    int rows = 128;
    for (int from = 0; from < prompts.size(); from += rows) {
      int[][] part =
          prompts.subList(from, Math.min(prompts.size(), from + rows)).toArray(int[][]::new);
      List<Completion> completions =
          Generator.generate(
              policy,
              part,
              Sampling.of(ToxicLanguage.CONTINUATION),
              Generator.keys(key.fold(from), part.length, 1));
      for (int i = 0; i < part.length; i++) {
        texts.add(ended(completions.get(i).after(part[i])));
      }
    }
    return texts;
  }

  /// What the expert and its ancestor wrote on the demonstration prompts.
  List<Pair> demonstrations(Gpt base, Gpt expert, String name) {
    Rng own = key.fold("demonstrations").fold(name);
    List<int[]> better = texts(expert, irlPrompts, own.fold("expert"));
    List<int[]> worse = texts(base, irlPrompts, own.fold("base"));
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < better.size(); i++) {
      pairs.add(new Pair(better.get(i), worse.get(i)));
    }
    return pairs;
  }

  /// Half of the pairs, chosen at random, exchanged: a control that knows nothing.
  List<Pair> shuffled(List<Pair> pairs) {
    Rng own = key.fold("shuffled");
    List<Pair> out = new ArrayList<>();
    for (int i = 0; i < pairs.size(); i++) {
      out.add(own.fold(i).bernoulli(0.5) ? pairs.get(i).swapped() : pairs.get(i));
    }
    return out;
  }

  /// Inverse RL from a copy of the base model with a random head.
  MaxMarginIrl.Extracted extract(
      Gpt base, List<Pair> pairs, MarginLoss loss, String name, Consumer<MaxMarginIrl.Epoch> log) {
    Rng own = key.fold("irl").fold(name);
    RewardModel start = RewardModel.of(base, own.fold("head"));
    return MaxMarginIrl.fit(start, pairs, config.irl(loss), own, log);
  }

  /// A reward model that was never trained.
  RewardModel untrained(Gpt base) {
    return RewardModel.of(base, key.fold("untrained"));
  }

  /// A key for measurements.
  Rng measuring(String name) {
    return key.fold("measure").fold(name);
  }
}
