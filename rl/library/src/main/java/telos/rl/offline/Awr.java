package telos.rl.offline;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import telos.autograd.Grad;
import telos.nn.Activation;
import telos.nn.Init;
import telos.nn.Layer;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.nn.Schedule;
import telos.nn.Sequential;
import telos.nn.Sgd;
import telos.rl.AdvantageWeights;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.Policy;
import telos.rl.Returns;
import telos.rl.Snapshot;
import telos.rl.Standardiser;
import telos.rl.Trajectory;
import telos.rl.Transitions;
import telos.rl.offline.Updates.Update;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Advantage-weighted regression (Peng et al. 2019) on fixed data: alternately regresses the values
/// of the recorded policy on lambda-returns, and clones its actions in proportion to their
/// exponentiated advantages. With lambda 1 it is advantage-weighted behaviour cloning on Monte
/// Carlo returns.
///
/// An iteration is one of the paper's algorithm 1. Of bounded actions the mean lies within the
/// bounds, so that its penalty for means beyond them is not needed; the scales of actions are
/// learnt.
public final class Awr implements Learner {
  /// Hyper-parameters; the defaults are those of the authors' code.
  ///
  /// @param hidden widths of the hidden layers
  /// @param temperature beta, by which standardised advantages are divided
  /// @param limit omega_max, the largest weight of an action
  /// @param discount gamma, below 1: values are learnt in units of `1 / (1 - gamma)`
  /// @param lambda of the returns
  /// @param standardise whether observations are
  /// @param criticRate of the value's gradient descent
  /// @param actorRate of the policy's
  /// @param momentum of both
  /// @param batch steps in an update
  /// @param criticUpdates of an iteration
  /// @param actorUpdates of an iteration
  public record Config(
      List<Integer> hidden,
      double temperature,
      double limit,
      double discount,
      double lambda,
      boolean standardise,
      double criticRate,
      double actorRate,
      double momentum,
      int batch,
      int criticUpdates,
      int actorUpdates) {
    public Config {
      hidden = List.copyOf(hidden);
      new Hyperparameters("awr")
          .widths("hidden", hidden)
          .positive("temperature", temperature)
          .positive("limit", limit)
          .require(discount >= 0 && discount < 1, "discount", discount, "in [0, 1)")
          .share("lambda", lambda)
          .positive("criticRate", criticRate)
          .positive("actorRate", actorRate)
          .require(momentum >= 0 && momentum < 1, "momentum", momentum, "in [0, 1)")
          .positive("batch", batch)
          .positive("criticUpdates", criticUpdates)
          .positive("actorUpdates", actorUpdates);
    }

    public static Config defaults() {
      return new Config(List.of(128, 64), 1, 20, 0.99, 0.95, true, 1e-2, 5e-5, 0.9, 256, 200, 1000);
    }
  }

  /// What is learnt.
  ///
  /// @param value `(1 - gamma) V`
  private record State(Optimizer.Step<Layer> value, Optimizer.Step<UnitActor> actor) {}

  private final Config config;
  private final Dataset data;
  private final Optimizer critic;
  private final Optimizer actor;
  private final Updates<State> updates;

  public Awr(Config config, Dataset data, Rng key) {
    this.config = config;
    this.data = data;
    critic = new Sgd(Schedule.constant(config.criticRate()), config.momentum());
    actor = new Sgd(Schedule.constant(config.actorRate()), config.momentum());
    Init xavier = Init.xavierUniform(1);
    Layer features = data.features(config.standardise());
    Layer value =
        Sequential.of(
            features,
            new Networks(config.hidden(), Activation.RELU, xavier, xavier)
                .mlp(data.width(), 1, key.fold("value")));
    Networks small = new Networks(config.hidden(), Activation.RELU, xavier, Init.uniform(0.01));
    UnitActor policy = UnitActor.of(data, features, small, key.fold("actor"));
    updates =
        new Updates<>(
            new State(
                new Optimizer.Step<>(value, critic.init(value)),
                new Optimizer.Step<>(policy, actor.init(policy))),
            key.fold("updates"));
  }

  @Override
  public Map<String, Double> advance() {
    Transitions all = data.transitions(config.discount());
    Tensor returns = column(concat(Returns.Advantages::targets)).mul(1 - config.discount());
    var regression = new Batches(all.withRewards(returns), config.batch());
    Map<String, Double> report =
        new LinkedHashMap<>(
            updates.advance(
                config.criticUpdates(),
                (state, key) -> regress(state, regression.draw(key.fold("batch")))));

    double[] advantages = concat(Returns.Advantages::advantages);
    var cloning = new Batches(all.withRewards(weights(advantages)), config.batch());
    report.putAll(
        updates.advance(
            config.actorUpdates(),
            (state, key) -> imitate(state, cloning.draw(key.fold("batch")))));
    return report;
  }

  /// Lambda-returns or advantages of all steps, by the present values.
  private double[] concat(Function<Returns.Advantages, double[]> part) {
    return data.trajectories().stream()
        .flatMapToDouble(trajectory -> Arrays.stream(part.apply(estimates(trajectory))))
        .toArray();
  }

  private Returns.Advantages estimates(Trajectory trajectory) {
    Layer value = updates.state().value().model();
    double[] values = Scope.call("values", () -> value.call(trajectory.observations()).toDoubles());
    for (int t = 0; t < values.length; t++) {
      values[t] /= 1 - config.discount();
    }
    int length = trajectory.length();
    double[] discounts = new double[length];
    Arrays.fill(discounts, config.discount());
    if (trajectory.terminated()) {
      discounts[length - 1] = 0;
    }
    return Returns.gae(
        trajectory.rewards().toDoubles(),
        Arrays.copyOf(values, length),
        discounts,
        values[length],
        config.lambda());
  }

  /// `min(exp(A / beta), omega_max)` of standardised advantages, `[N]`.
  private Tensor weights(double[] advantages) {
    Standardiser standard = Standardiser.fit(advantages);
    double[] standardised = Arrays.stream(advantages).map(standard::apply).toArray();
    return AdvantageWeights.exponential(column(standardised), config.temperature(), config.limit());
  }

  private static Tensor column(double[] values) {
    return Tensor.of(values, values.length).cast(DType.F32);
  }

  /// @param batch with scaled lambda-returns for rewards
  private Update<State> regress(State state, Transitions batch) {
    var value = state.value();
    var step =
        Grad.valueAndGrad(
            v -> {
              Tensor error = v.call(batch.observations()).squeeze(-1).sub(batch.rewards());
              return Losses.mean(error.square().mul(0.5));
            },
            value.model());
    return new Update<>(
        new State(critic.step(value.model(), step.grad(), value.state()), state.actor()),
        Map.of("value_loss", step.value()));
  }

  /// @param batch with weights for rewards
  private Update<State> imitate(State state, Transitions batch) {
    var policy = state.actor();
    var step =
        Grad.valueAndGrad(
            pi -> {
              Tensor logProb = pi.of(batch.observations()).logProb(batch.actions());
              return Losses.mean(logProb.mul(batch.rewards()).neg());
            },
            policy.model());
    return new Update<>(
        new State(state.value(), actor.step(policy.model(), step.grad(), policy.state())),
        Map.of("actor_loss", step.value()));
  }

  @Override
  public Policy policy() {
    return UnitActions.of(data.actions())
        .outward(new Policy.Memoryless<>(updates.state().actor().model(), UnitActor::of));
  }

  @Override
  public long steps() {
    return updates.count();
  }

  @Override
  public Snapshot snapshot() {
    return updates.snapshot();
  }

  @Override
  public void restore(Snapshot snapshot) {
    updates.restore(snapshot);
  }
}
