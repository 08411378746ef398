package telos.insights;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import telos.irl.ActorCritic;
import telos.irl.Auc;
import telos.irl.Correlation;
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
import telos.nn.text.Demonstration;
import telos.nn.text.PreferencePair;
import telos.nn.text.SubwordTokenizer;
import telos.nn.text.Tokenizer;
import telos.rl.Standardiser;
import telos.study.Trial;
import telos.tensor.Rng;

/// The pipeline on real text, one seed. A text is `BOS`, the last tokens of the prompt, the first
/// tokens of the response, and `EOS` where the response ends within the limit.
final class RealTextLaboratory {
  static final String HIDDEN = "hidden-reward";
  static final String BASE = "base";
  static final String EXPERT = "rlhf-hidden-reward";
  static final String ASYMMETRIC = "irl-asymmetric";
  static final String BRADLEY_TERRY = "irl-bradley-terry";
  static final String RANDOM = "random-reward";
  static final String SHUFFLED = "irl-shuffled-pairs";
  static final String BAG = "bag-of-tokens";
  static final String LENGTH = "length";
  static final String LOG_RATIO = "log-ratio";

  private final RealText.Config config;
  private final Trial trial;
  private final Rng key;
  private final List<PreferencePair> training;
  private final SubwordTokenizer tokenizer;
  private final List<Pair> heldOut;

  /// How many tokens of each real text are prompt.
  private final Map<int[], Integer> promptLengths = new IdentityHashMap<>();

  RealTextLaboratory(RealText.Config config, List<PreferencePair> pairs, Trial trial) {
    this.config = config;
    this.trial = trial;
    this.key = Rng.of(trial.seed()).fold("real text");
    int[] order = key.fold("split").order(pairs.size());
    int held = (int) Math.round(config.heldOut() * pairs.size());
    this.training = IntStream.of(order).skip(held).mapToObj(pairs::get).toList();
    this.tokenizer =
        SubwordTokenizer.train(
            training.stream().map(pair -> pair.prompt() + pair.chosen()).toList(),
            config.vocabulary());
    this.heldOut = IntStream.of(order).limit(held).mapToObj(i -> encoded(pairs.get(i))).toList();
  }

  void run() {
    List<Pair> human = training.stream().map(this::encoded).toList();
    Gpt base = pretrain();
    trial.progress(1, 6);
    RewardModel hidden = hidden(base, human);
    measure(HIDDEN, hidden, hidden);
    trial.progress(2, 6);
    List<int[]> prompts = training.stream().map(this::prompt).toList();
    Gpt expert = align(base, hidden, prompts.subList(0, prompts.size() / 2));
    trial.progress(3, 6);
    List<int[]> asked =
        prompts.subList(prompts.size() / 2, prompts.size()).stream()
            .limit(config.demonstrations())
            .toList();
    List<int[]> better = texts(expert, asked, key.fold("expert texts"));
    List<int[]> worse = texts(base, asked, key.fold("base texts"));
    policies(hidden, better, worse);
    List<Pair> pairs =
        IntStream.range(0, asked.size())
            .mapToObj(i -> new Pair(better.get(i), worse.get(i)))
            .toList();
    controls(hidden, base, expert, pairs);
    extract(ASYMMETRIC, hidden, base, pairs, config.irl());
    trial.progress(4, 6);
    extract(BRADLEY_TERRY, hidden, base, pairs, with(MarginLoss.BRADLEY_TERRY));
    trial.progress(5, 6);
    extract(SHUFFLED, hidden, base, shuffled(pairs), config.irl());
  }

  // --- texts ---

  private int[] prompt(PreferencePair pair) {
    int[] tokens = tokenizer.encode(pair.prompt());
    int from = Math.max(0, tokens.length - config.promptTokens());
    int[] prompt = new int[1 + tokens.length - from];
    prompt[0] = Tokenizer.BOS;
    System.arraycopy(tokens, from, prompt, 1, tokens.length - from);
    return prompt;
  }

  private Pair encoded(PreferencePair pair) {
    int[] prompt = prompt(pair);
    return new Pair(text(prompt, pair.chosen()), text(prompt, pair.rejected()));
  }

  private int[] text(int[] prompt, String response) {
    int[] tokens = ended(tokenizer.encode(response));
    int kept = Math.min(tokens.length, config.responseTokens());
    int[] text = Arrays.copyOf(prompt, prompt.length + kept);
    System.arraycopy(tokens, 0, text, prompt.length, kept);
    promptLengths.put(text, prompt.length);
    return text;
  }

  private static int[] ended(int[] tokens) {
    int[] ended = Arrays.copyOf(tokens, tokens.length + 1);
    ended[tokens.length] = Tokenizer.EOS;
    return ended;
  }

  /// One sampled text for each prompt.
  private List<int[]> texts(Gpt policy, List<int[]> prompts, Rng own) {
    List<int[]> texts = new ArrayList<>();
    for (int from = 0; from < prompts.size(); from += 64) {
      int[][] part =
          prompts.subList(from, Math.min(prompts.size(), from + 64)).toArray(int[][]::new);
      List<Completion> completions =
          Generator.generate(
              policy,
              part,
              config.ppo().sampling(),
              Generator.keys(own.fold(from), part.length, 1));
      for (int i = 0; i < part.length; i++) {
        texts.add(completions.get(i).after(part[i]));
      }
    }
    return texts;
  }

  // --- the stages ---

  /// The base model, on the training dialogues cut into windows of the context.
  private Gpt pretrain() {
    List<Demonstration> windows = new ArrayList<>();
    int width = config.model().context() - 1;
    for (PreferencePair pair : training) {
      for (String dialogue : List.of(pair.prompt() + pair.chosen(), pair.rejected())) {
        int[] tokens = ended(tokenizer.encode(dialogue));
        for (int from = 0; from < tokens.length; from += width) {
          int[] part = Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + width));
          int[] window = new int[part.length + 1];
          window[0] = Tokenizer.BOS;
          System.arraycopy(part, 0, window, 1, part.length);
          windows.add(Demonstration.text(window));
        }
      }
    }
    Gpt model = Gpt.init(config.model(), key.fold("init"));
    Consumer<Sft.Step> log =
        step -> {
          if (step.step() % 10 == 0) {
            trial.log(BASE, step.step(), "loss", step.loss());
          }
        };
    return Sft.train(model, windows, config.pretraining(), key.fold("pretrain"), log);
  }

  private RewardModel hidden(Gpt base, List<Pair> human) {
    RewardModel start = RewardModel.of(base, key.fold("hidden head"));
    return MaxMarginIrl.fit(start, human, config.hidden(), key.fold("hidden"), epochs(HIDDEN))
        .reward();
  }

  private Gpt align(Gpt base, RewardModel hidden, List<int[]> prompts) {
    List<int[]> calibration = prompts.subList(0, Math.min(256, prompts.size()));
    Standardiser standard =
        Standardiser.fit(hidden.of(texts(base, calibration, key.fold("calibration"))));
    SequenceReward reward =
        sequences -> Arrays.stream(hidden.of(sequences)).map(standard::apply).toArray();
    int batch = config.ppo().batch();
    Consumer<RlhfPpo.Update> log =
        update ->
            trial.log(
                EXPERT,
                update.update(),
                Map.of("objective/scores", update.reward(), "objective/kl", update.kl()));
    return RlhfPpo.train(
            ActorCritic.of(base),
            base,
            reward,
            own ->
                IntStream.range(0, batch)
                    .mapToObj(i -> prompts.get(own.fold(i).integer(prompts.size())))
                    .toArray(int[][]::new),
            config.ppo(),
            key.fold("align"),
            log)
        .policy();
  }

  private void extract(
      String arm, RewardModel hidden, Gpt base, List<Pair> pairs, MaxMarginIrl.Config irl) {
    RewardModel start = RewardModel.of(base, key.fold(arm).fold("head"));
    var found = MaxMarginIrl.fit(start, pairs, irl, key.fold(arm), epochs(arm));
    trial.measure(arm, "held-out-pair-accuracy", found.best().pairAccuracy());
    measure(arm, found.reward(), hidden);
  }

  private MaxMarginIrl.Config with(MarginLoss loss) {
    MaxMarginIrl.Config c = config.irl();
    return new MaxMarginIrl.Config(
        loss, c.epochs(), c.batch(), c.learningRate(), c.weightDecay(), c.heldOut());
  }

  private List<Pair> shuffled(List<Pair> pairs) {
    Rng own = key.fold("shuffled");
    return IntStream.range(0, pairs.size())
        .mapToObj(i -> own.fold(i).bernoulli(0.5) ? pairs.get(i).swapped() : pairs.get(i))
        .toList();
  }

  private Consumer<MaxMarginIrl.Epoch> epochs(String arm) {
    return epoch ->
        trial.log(
            arm,
            epoch.epoch(),
            Map.of("irl-loss", epoch.loss(), "held-out-pair-accuracy", epoch.pairAccuracy()));
  }

  // --- measurements ---

  /// By how many standard deviations of the base model's samples `R*` rose.
  private void policies(RewardModel hidden, List<int[]> expert, List<int[]> base) {
    double[] before = hidden.of(base);
    Standardiser standard = Standardiser.fit(before);
    double after = Arrays.stream(hidden.of(expert)).map(standard::apply).average().orElse(0);
    trial.measure(EXPERT, "hidden-reward-gain", after);
    trial.measure(EXPERT, "tokens", meanLength(expert));
    trial.measure(BASE, "tokens", meanLength(base));
  }

  private static double meanLength(List<int[]> texts) {
    return texts.stream().mapToInt(text -> text.length).average().orElse(0);
  }

  private void controls(RewardModel hidden, Gpt base, Gpt expert, List<Pair> pairs) {
    measure(RANDOM, RewardModel.of(base, key.fold("random head")), hidden);
    measure(BAG, Judge.logistic(pairs, this::counts), hidden);
    SequenceReward length = texts -> texts.stream().mapToDouble(text -> text.length).toArray();
    measure(LENGTH, length, hidden);
    measure(
        LOG_RATIO,
        Judge.logRatio(
            expert, base, text -> Demonstration.after(promptLengths.getOrDefault(text, 1), text)),
        hidden);
  }

  private double[] counts(int[] text) {
    double[] counts = new double[config.vocabulary()];
    for (int token : text) {
      counts[token]++;
    }
    return counts;
  }

  /// A reward on the held-out real texts, against `R*` and against the human labels.
  private void measure(String arm, SequenceReward reward, RewardModel hidden) {
    List<int[]> texts = new ArrayList<>();
    heldOut.forEach(pair -> texts.add(pair.better()));
    heldOut.forEach(pair -> texts.add(pair.worse()));
    double[] truth = hidden.of(texts);
    double[] scores = reward.of(texts);
    double median = Arrays.stream(truth).sorted().toArray()[truth.length / 2];
    boolean[] above = new boolean[truth.length];
    boolean[] preferred = new boolean[truth.length];
    for (int i = 0; i < truth.length; i++) {
      above[i] = truth[i] >= median;
      preferred[i] = i < heldOut.size();
    }
    trial.measure(arm, "auc", Auc.of(scores, above));
    trial.measure(arm, "spearman", Correlation.spearman(scores, truth));
    trial.measure(arm, "pearson", Correlation.pearson(scores, truth));
    trial.measure(arm, "human-auc", Auc.of(scores, preferred));
    trial.measure(
        arm, "human-pair-accuracy", MaxMarginIrl.accuracy(MaxMarginIrl.margins(reward, heldOut)));
  }
}
