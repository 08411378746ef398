package telos.irl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
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
import telos.rl.AdaptiveKl;
import telos.rl.GroupAdvantage;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// REINFORCE leave-one-out (Ahmadian et al. 2024): several responses to each prompt, each judged
/// against the mean of the others; the whole response is one action.
///
/// `R = R(x, y) - beta (log pi(y) - log ref(y))`, `A_i = R_i - mean_{j != i} R_j`, `L = -mean_i A_i
/// log pi(y_i)`.
public final class Rloo {
  private Rloo() {}

  /// Hyper-parameters.
  ///
  /// @param updates rounds of sampling and one gradient step
  /// @param prompts prompts a round
  /// @param samples responses to each prompt, at least 2
  /// @param sampling length and stop tokens of the responses; from the policy's own distribution
  /// @param learningRate of Adam
  /// @param maxGradientNorm gradients are clipped to this L2 norm
  /// @param kl the KL controller at the start; its target is in nats per sequence
  public record Config(
      int updates,
      int prompts,
      int samples,
      Sampling sampling,
      double learningRate,
      double maxGradientNorm,
      AdaptiveKl kl) {
    public Config {
      if (updates < 0 || prompts < 1 || samples < 2) {
        throw new IllegalArgumentException(
            "RLOO needs prompts, and at least 2 samples for each, got " + prompts + ", " + samples);
      }
      RlhfPpo.requirePlain(sampling);
    }

    /// 16 prompts with 4 samples each.
    public static Config defaults(int updates, Sampling sampling, AdaptiveKl kl) {
      return new Config(updates, 16, 4, sampling, 1e-3, 1, kl);
    }
  }

  /// What an update reports: mean `R(x, y)`, mean sequence KL in nats, the coefficient used.
  public record Update(int update, double reward, double kl, double beta, double gradientNorm) {}

  /// Trains `start` to please `reward` while staying near `reference`.
  ///
  /// @param prompts draws the prompts of one update
  public static Gpt train(
      Gpt start,
      Gpt reference,
      SequenceReward reward,
      Function<Rng, int[][]> prompts,
      Config config,
      Rng key,
      Consumer<Update> log) {
    AdamW optimizer = AdamW.adam(config.learningRate());
    Gpt model = start;
    Optimizer.State state = optimizer.init(model);
    AdaptiveKl kl = config.kl();
    for (int update = 0; update < config.updates(); update++) {
      Rng now = key.fold(update);
      Round round = sample(model, reference, reward, prompts, kl.coefficient(), config, now);
      var step = Grad.valueAndGrad(m -> loss(m, round), model);
      var clipped = Clip.byGlobalNorm(step.grad(), config.maxGradientNorm());
      var next = optimizer.step(model, clipped.gradient(), state);
      model = next.model();
      state = next.state();
      log.accept(new Update(update, round.reward(), round.kl(), kl.coefficient(), clipped.norm()));
      kl = kl.update(round.kl());
    }
    return model;
  }

  /// @param advantages one a sequence, F32 `[B]`
  private record Round(TokenBatch tokens, Tensor advantages, double reward, double kl) {}

  private static Round sample(
      Gpt model,
      Gpt reference,
      SequenceReward reward,
      Function<Rng, int[][]> prompts,
      double beta,
      Config config,
      Rng key) {
    int[][] distinct = prompts.apply(key.fold("prompts"));
    int samples = config.samples();
    int[][] repeated = new int[distinct.length * samples][];
    Arrays.setAll(repeated, i -> distinct[i / samples]);
    List<Completion> completions =
        Generator.generate(
            model,
            repeated,
            config.sampling(),
            Generator.keys(key.fold("sample"), distinct.length, samples));
    List<int[]> sequences = new ArrayList<>();
    for (int i = 0; i < repeated.length; i++) {
      sequences.add(completions.get(i).after(repeated[i]));
    }
    TokenBatch tokens =
        TokenBatch.of(sequences, Arrays.stream(repeated).mapToInt(p -> p.length).toArray());
    double[][] referenceLogProbs =
        tokens.collect(
            Scope.call(() -> LogProbs.of(reference.logits(tokens.inputs()), tokens.targets())));
    double[] scores = reward.of(sequences);
    double[][] groups = new double[distinct.length][samples];
    double kl = 0;
    for (int i = 0; i < scores.length; i++) {
      double logRatio = -Arrays.stream(referenceLogProbs[i]).sum();
      for (float logProb : completions.get(i).logProbs()) {
        logRatio += logProb;
      }
      kl += logRatio / scores.length;
      groups[i / samples][i % samples] = scores[i] - beta * logRatio;
    }
    double[][] advantages = GroupAdvantage.leaveOneOut(groups);
    float[] flat = new float[scores.length];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = (float) advantages[i / samples][i % samples];
    }
    return new Round(tokens, Tensor.of(flat), Arrays.stream(scores).average().orElse(0), kl);
  }

  private static Loss loss(Gpt model, Round round) {
    TokenBatch tokens = round.tokens();
    Tensor logProbs = LogProbs.of(model.logits(tokens.inputs()), tokens.targets());
    Tensor sequence = LogProbs.sum(logProbs, tokens.mask());
    Tensor weight = Tensor.scalar((float) sequence.size());
    return new Loss(sequence.mul(round.advantages()).sum().neg(), weight);
  }
}
