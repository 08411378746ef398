package telos.rl.offline;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.AdamW;
import telos.nn.Clip;
import telos.nn.Dropout;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.nn.Schedule;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.offline.Updates.Update;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// The decision transformer (Chen et al. 2021): learns what was done next by those who would still
/// earn a given return, and acts by asking for a high one.
///
/// Stretches are filled up at their ends, not at their beginnings: with embedded times that is the
/// same. Dropout is where the authors' GPT-2 has it: on the embeddings, the attention weights and
/// what blocks add. Only matrices decay, theirs all weights.
public final class DecisionTransformer implements Learner {
  /// Hyper-parameters; the defaults are those of the authors' `gym/experiment.py` for Hopper,
  /// HalfCheetah and Walker2d (of Reacher the scale is 10, episodes have 100 steps).
  ///
  /// @param context K, steps seen
  /// @param width D of the embeddings
  /// @param layers of the transformer
  /// @param heads of its attention
  /// @param dropout rate
  /// @param scale by which returns are divided
  /// @param longest steps of an episode with a time of their own; later ones share the last
  /// @param quantile which of the recorded returns [#policy()] asks for; 1 for the highest. Theirs
  ///   are given by hand
  /// @param standardise whether observations are
  /// @param rate of AdamW
  /// @param weightDecay of matrices
  /// @param warmup updates over which the rate rises
  /// @param clip the longest gradient
  /// @param batch stretches in an update
  /// @param updates of an iteration
  public record Config(
      int context,
      int width,
      int layers,
      int heads,
      double dropout,
      double scale,
      int longest,
      double quantile,
      boolean standardise,
      double rate,
      double weightDecay,
      int warmup,
      double clip,
      int batch,
      int updates) {
    public Config {
      new Hyperparameters("decision-transformer")
          .positive("context", context)
          .positive("width", width)
          .positive("layers", layers)
          .require(heads > 0 && width % heads == 0, "heads", heads, "a divisor of width, " + width)
          .require(dropout >= 0 && dropout < 1, "dropout", dropout, "in [0, 1)")
          .positive("scale", scale)
          .positive("longest", longest)
          .share("quantile", quantile)
          .positive("rate", rate)
          .notNegative("weightDecay", weightDecay)
          .notNegative("warmup", (double) warmup)
          .positive("clip", clip)
          .positive("batch", batch)
          .positive("updates", updates);
    }

    public static Config defaults() {
      return new Config(20, 128, 3, 1, 0.1, 1000, 1000, 1, true, 1e-4, 1e-4, 10_000, 0.25, 64, 100);
    }
  }

  private final Config config;
  private final UnitActions units;
  private final Optimizer adam;
  private final Updates<Optimizer.Step<DecisionModel>> updates;

  /// Null where there is nothing to learn from.
  private final @Nullable Stretches stretches;

  /// The return that [#policy()] asks for.
  private double asked;

  public DecisionTransformer(Config config, Dataset data, Rng key) {
    this.config = config;
    units = UnitActions.of(data.actions());
    stretches = data.trajectories().isEmpty() ? null : Stretches.of(data, config);
    asked = stretches == null ? 0 : quantile(data.totals(), config.quantile());
    Schedule warm =
        config.warmup() == 0
            ? Schedule.constant(config.rate())
            : Schedule.warmupLinear(
                config.rate(), config.rate(), config.warmup(), config.warmup() + 1);
    adam = AdamW.of(warm).withWeightDecay(config.weightDecay());
    DecisionModel model = DecisionModel.init(config, data, units, key.fold("model"));
    updates = new Updates<>(new Optimizer.Step<>(model, adam.init(model)), key.fold("updates"));
  }

  private static double quantile(double[] values, double share) {
    Arrays.sort(values);
    return values[(int) Math.round(share * (values.length - 1))];
  }

  @Override
  public Map<String, Double> advance() {
    Stretches from = stretches;
    if (from == null) {
      throw Dataset.empty();
    }
    return updates.advance(
        config.updates(),
        (state, key) ->
            update(state, from.draw(config.batch(), config.context(), key.fold("batch")), key));
  }

  private Update<Optimizer.Step<DecisionModel>> update(
      Optimizer.Step<DecisionModel> state, Stretches.Batch batch, Rng key) {
    var step = Grad.valueAndGrad(model -> loss(model, batch, key.fold("dropout")), state.model());
    var clipped = Clip.byGlobalNorm(step.grad(), config.clip());
    return new Update<>(
        adam.step(state.model(), clipped.gradient(), state.state()),
        Map.of("loss", step.value(), "gradient_norm", clipped.norm()));
  }

  /// Cross-entropy of discrete actions, or the mean square by which the others are missed.
  Loss loss(DecisionModel model, Stretches.Batch batch, Rng key) {
    Tensor said = model.call(batch.context(), new Dropout(config.dropout()), key);
    Tensor taken = batch.context().actions();
    if (units.discrete()) {
      return Losses.crossEntropy(said, taken, batch.mask());
    }
    Tensor mask = batch.mask().unsqueeze(-1).broadcastTo(said.shape());
    return Losses.meanSquaredError(said.tanh(), taken, mask);
  }

  /// The policy that asks for the configured quantile of what was recorded.
  @Override
  public Policy policy() {
    return policy(asked);
  }

  /// The policy that asks for a return. Whoever lets it act tells it the rewards, see
  /// [telos.rl.Policy.Agent#rewarded].
  public Policy policy(double target) {
    return units.outward(
        new Conditioned(
            updates.state().model(), config, units.discrete(), Tensor.of(target), false));
  }

  /// The policy of a decision transformer, which asks for another return.
  ///
  /// @throws IllegalArgumentException for a policy that asks for none
  public static Policy asking(Policy policy, double target) {
    boolean[] found = {false};
    Policy asking =
        Tree.replace(
            policy,
            Conditioned.class,
            (_, conditioned) -> {
              found[0] = true;
              return conditioned.asking(target);
            });
    if (!found[0]) {
      throw new IllegalArgumentException(
          "the policy asks for no return; a decision transformer does");
    }
    return asking;
  }

  @Override
  public long steps() {
    return updates.count();
  }

  @Override
  public Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("updates", updates.snapshot());
    writer.put("asked", new double[] {asked});
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot snapshot) {
    updates.restore(snapshot.below("updates"));
    asked = snapshot.numbers("asked")[0];
  }
}
