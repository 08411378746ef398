package telos.irl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.AdamW;
import telos.nn.Clip;
import telos.nn.Completion;
import telos.nn.Generator;
import telos.nn.Gpt;
import telos.nn.LogProbs;
import telos.nn.Optimizer;
import telos.nn.Sampling;
import telos.nn.Schedule;
import telos.rl.AdaptiveKl;
import telos.rl.ClippedSurrogate;
import telos.rl.Kl;
import telos.rl.Returns;
import telos.rl.Standardiser;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Token-level PPO against a reward of whole sequences (Ziegler et al. 2019; Ouyang et al. 2022).
///
/// One update: sample a response to each prompt; reward token `t` with `-beta (log pi(y_t) - log
/// ref(y_t))`, the last one also with `R(x, y)`; estimate advantages by GAE (Schulman et al. 2016)
/// and whiten them over the batch's response tokens; take a few epochs of minibatches on the
/// clipped surrogate (Schulman et al. 2017, eq. 7) and the clipped value loss; move beta towards
/// the KL target.
///
/// Before the first minibatch of an update the ratio of new to old probabilities must be exactly 1
/// for every token: sampling and training run the same arithmetic. Anything else stops the run.
public final class RlhfPpo {
  private RlhfPpo() {}

  /// Hyper-parameters; [#defaults] are for the small models of the studies.
  ///
  /// @param updates rounds of sampling and learning
  /// @param batch prompts a round
  /// @param epochs passes over a round's samples
  /// @param minibatches minibatches a pass; divides `batch`
  /// @param sampling length and stop tokens of the responses; from the policy's own distribution
  /// @param clipRange epsilon of the policy ratio
  /// @param valueClipRange how far a value may move from its rollout value
  /// @param valueCoefficient weight of the value loss
  /// @param discount gamma, per token
  /// @param lambda of GAE
  /// @param learningRate of Adam at the start; it falls in a straight line to zero
  /// @param maxGradientNorm gradients are clipped to this L2 norm
  /// @param kl the KL controller at the start; its target is in nats per sequence
  public record Config(
      int updates,
      int batch,
      int epochs,
      int minibatches,
      Sampling sampling,
      double clipRange,
      double valueClipRange,
      double valueCoefficient,
      double discount,
      double lambda,
      double learningRate,
      double maxGradientNorm,
      AdaptiveKl kl) {
    public Config {
      if (updates < 0 || batch < 1 || epochs < 1 || minibatches < 1) {
        throw new IllegalArgumentException("PPO counts must be positive");
      }
      requirePlain(sampling);
      if (batch % minibatches != 0) {
        throw new IllegalArgumentException(
            "a batch of " + batch + " does not split into " + minibatches + " minibatches");
      }
    }

    /// Clip 0.2, gamma 1, lambda 0.95.
    public static Config defaults(int updates, Sampling sampling, AdaptiveKl kl) {
      return new Config(updates, 64, 1, 2, sampling, 0.2, 0.2, 0.5, 1, 0.95, 5e-4, 1, kl);
    }

    /// The same with another KL controller.
    public Config with(AdaptiveKl other) {
      return new Config(
          updates,
          batch,
          epochs,
          minibatches,
          sampling,
          clipRange,
          valueClipRange,
          valueCoefficient,
          discount,
          lambda,
          learningRate,
          maxGradientNorm,
          other);
    }
  }

  /// The ratio compares the policy with itself: a transformed distribution would be another policy.
  static void requirePlain(Sampling sampling) {
    if (!sampling.isPlain()) {
      throw new IllegalArgumentException(
          "policy gradients sample from the policy itself: temperature 1, no top-k, no top-p; got "
              + sampling);
    }
  }

  /// What an update reports; names as users of other trainers know them.
  ///
  /// @param reward mean `R(x, y)` of the samples
  /// @param kl divergence from the reference in nats per sequence: exact at every sampled state
  /// @param beta the KL coefficient used
  /// @param policyLoss mean clipped surrogate
  /// @param valueLoss mean clipped value loss
  /// @param clipFraction share of tokens whose ratio left the clip range, last minibatch
  /// @param gradientNorm before clipping, last minibatch
  public record Update(
      int update,
      double reward,
      double kl,
      double beta,
      double policyLoss,
      double valueLoss,
      double clipFraction,
      double gradientNorm) {}

  /// Trains `start` to please `reward` while staying near `reference`.
  ///
  /// @param prompts draws the prompts of one update
  /// @param log sees each update
  public static ActorCritic train(
      ActorCritic start,
      Gpt reference,
      SequenceReward reward,
      Function<Rng, int[][]> prompts,
      Config config,
      Rng key,
      Consumer<Update> log) {
    long steps = (long) config.updates() * config.epochs() * config.minibatches();
    AdamW optimizer =
        AdamW.adam(0).withRate(Schedule.linear(config.learningRate(), 0, Math.max(1, steps)));
    ActorCritic model = start;
    Optimizer.State state = optimizer.init(model);
    AdaptiveKl kl = config.kl();
    for (int update = 0; update < config.updates(); update++) {
      Rng now = key.fold(update);
      int[][] drawn = prompts.apply(now.fold("prompts"));
      double beta = kl.coefficient();
      Rollouts round = sample(model, reference, reward, drawn, beta, config, now.fold("sample"));
      Update report = null;
      for (int epoch = 0; epoch < config.epochs(); epoch++) {
        int[] order = now.fold("order").fold(epoch).order(drawn.length);
        for (int part = 0; part < config.minibatches(); part++) {
          int size = drawn.length / config.minibatches();
          int[] rows = Arrays.copyOfRange(order, part * size, (part + 1) * size);
          Rollouts.Minibatch minibatch = round.minibatch(rows);
          var step = Grad.valueAndGradWith(m -> loss(m, minibatch, config), model);
          double[] ratios = ratios(minibatch, step.aux().logProbs());
          if (epoch == 0 && part == 0) {
            requireOnPolicy(ratios);
          }
          var clipped = Clip.byGlobalNorm(step.step().grad(), config.maxGradientNorm());
          double clipFraction = outside(ratios, config.clipRange());
          report = report(update, round, beta, step.aux(), clipFraction, clipped.norm());
          var next = optimizer.step(model, clipped.gradient(), state);
          model = next.model();
          state = next.state();
        }
      }
      log.accept(Objects.requireNonNull(report));
      kl = kl.update(round.kl());
    }
    return model;
  }

  /// Samples responses, scores them and estimates advantages.
  private static Rollouts sample(
      ActorCritic model,
      Gpt reference,
      SequenceReward reward,
      int[][] prompts,
      double beta,
      Config config,
      Rng key) {
    List<Rng> keys = Generator.keys(key, prompts.length, 1);
    List<Completion> completions =
        Generator.generate(model.policy(), prompts, config.sampling(), keys);
    List<int[]> sequences = new ArrayList<>();
    for (int i = 0; i < prompts.length; i++) {
      sequences.add(completions.get(i).after(prompts[i]));
    }
    int[] lengths = Arrays.stream(prompts).mapToInt(p -> p.length).toArray();
    double[][] logProbs = completions.stream().map(RlhfPpo::doubles).toArray(double[][]::new);
    TokenBatch batch = TokenBatch.of(sequences, lengths);
    Before before = Scope.call(() -> before(model, reference, batch));
    double[][] referenceLogProbs = batch.collect(before.referenceLogProbs());
    double[][] values = batch.collect(before.values());
    double[] scores = reward.of(sequences);
    double[][] advantages = new double[scores.length][];
    double[][] targets = new double[scores.length][];
    for (int i = 0; i < scores.length; i++) {
      double[] rewards = new double[values[i].length];
      for (int t = 0; t < rewards.length; t++) {
        double logRatio = logProbs[i][t] - referenceLogProbs[i][t];
        rewards[t] = -beta * logRatio;
      }
      rewards[rewards.length - 1] += scores[i];
      double[] discounts = new double[rewards.length];
      Arrays.fill(discounts, config.discount());
      discounts[rewards.length - 1] = 0;
      var estimate = Returns.gae(rewards, values[i], discounts, 0, config.lambda());
      advantages[i] = estimate.advantages();
      targets[i] = estimate.targets();
    }
    return new Rollouts(
        sequences,
        lengths,
        logProbs,
        values,
        Standardiser.whiten(advantages),
        targets,
        Arrays.stream(scores).average().orElse(0),
        before.kl().item() / scores.length);
  }

  /// What both models say of the samples.
  ///
  /// @param referenceLogProbs `[B, T-1]`
  /// @param values `[B, T-1]`
  /// @param kl scalar, the exact divergence at every token of the responses, summed
  private record Before(Tensor referenceLogProbs, Tensor values, Tensor kl) {}

  private static Before before(ActorCritic model, Gpt reference, TokenBatch batch) {
    ActorCritic.Output output = model.call(batch.inputs());
    Tensor logits = reference.logits(batch.inputs());
    return new Before(
        LogProbs.of(logits, batch.targets()),
        output.values(),
        Kl.exact(output.logits(), logits).mul(batch.mask()).sum());
  }

  private static double[] doubles(Completion completion) {
    float[] logProbs = completion.logProbs();
    return IntStream.range(0, logProbs.length).mapToDouble(t -> logProbs[t]).toArray();
  }

  /// What the loss shows besides its value.
  ///
  /// @param logProbs of the policy now, `[B, T-1]`
  private record Shown(Tensor logProbs, Tensor policyLoss, Tensor valueLoss) {}

  private static Loss.With<Shown> loss(ActorCritic model, Rollouts.Minibatch batch, Config config) {
    TokenBatch tokens = batch.tokens();
    ActorCritic.Output output = model.call(tokens.inputs());
    Tensor logProbs = LogProbs.of(output.logits(), tokens.targets());
    Tensor mask = tokens.mask();
    Tensor policy =
        ClippedSurrogate.policy(logProbs, batch.logProbs(), batch.advantages(), config.clipRange())
            .mul(mask)
            .sum();
    Tensor value =
        ClippedSurrogate.value(
                output.values(), batch.values(), batch.targets(), config.valueClipRange())
            .mul(mask)
            .sum();
    Tensor weight = mask.sum();
    Tensor total = policy.add(value.mul(config.valueCoefficient()));
    return new Loss(total, weight).with(new Shown(logProbs, policy.div(weight), value.div(weight)));
  }

  private static Update report(
      int update, Rollouts round, double beta, Shown shown, double clipFraction, double norm) {
    return new Update(
        update,
        round.reward(),
        round.kl(),
        beta,
        shown.policyLoss().item(),
        shown.valueLoss().item(),
        clipFraction,
        norm);
  }

  /// The law of same bits, checked where it matters: the policy that learns is the one that
  /// sampled.
  private static void requireOnPolicy(double[] ratios) {
    for (int i = 0; i < ratios.length; i++) {
      if (ratios[i] != 1) {
        throw new IllegalStateException(
            "before the first update of a round the ratio of new to old probabilities must be 1 for"
                + " every token, but it is "
                + ratios[i]
                + " for response token "
                + i
                + " of the minibatch");
      }
    }
  }

  /// New over old probability of every response token.
  private static double[] ratios(Rollouts.Minibatch batch, Tensor logProbs) {
    double[][] now = batch.tokens().collect(logProbs);
    double[][] then = batch.tokens().collect(batch.logProbs());
    return IntStream.range(0, now.length)
        .boxed()
        .flatMapToDouble(i ->
            IntStream.range(0, now[i].length)
                .mapToDouble(t -> StrictMath.exp(now[i][t] - then[i][t])))
        .toArray();
  }

  private static double outside(double[] ratios, double clipRange) {
    return Arrays.stream(ratios).filter(ratio -> Math.abs(ratio - 1) > clipRange).count()
        / (double) ratios.length;
  }
}
