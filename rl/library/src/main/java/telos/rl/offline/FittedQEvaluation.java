package telos.rl.offline;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import telos.autograd.Grad;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Ema;
import telos.nn.Layer;
import telos.nn.Optimizer;
import telos.rl.Categorical;
import telos.rl.Distribution;
import telos.rl.Hyperparameters;
import telos.rl.Networks;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.Transitions;
import telos.rl.offline.Updates.Update;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Fitted Q evaluation (Le et al. 2019, algorithm 3): what another policy would earn where the data
/// was recorded, by regressing its action values on `r + gamma E Q(s', a')`, a' of that policy.
///
/// The regressions are not run to their ends one by one; a target network follows instead, as in
/// later practice (Fu et al. 2021).
public final class FittedQEvaluation {
  /// Hyper-parameters; the defaults are ours.
  ///
  /// @param hidden widths of the hidden layers; none for a linear function of observations and
  ///   action
  /// @param discount gamma
  /// @param polyak by which the target network follows
  /// @param standardise whether observations are
  /// @param rate of Adam
  /// @param batch steps in an update
  /// @param updates of an iteration
  public record Config(
      List<Integer> hidden,
      double discount,
      double polyak,
      boolean standardise,
      double rate,
      int batch,
      int updates) {
    public Config {
      hidden = List.copyOf(hidden);
      new Hyperparameters("fqe")
          .widths("hidden", hidden)
          .share("discount", discount)
          .part("polyak", polyak)
          .positive("rate", rate)
          .positive("batch", batch)
          .positive("updates", updates);
    }

    public static Config defaults() {
      return new Config(List.of(256, 256), 0.99, 0.005, true, 3e-4, 256, 500);
    }
  }

  /// What is learnt.
  private record State(Optimizer.Step<ActionValues> values, ActionValues targets) {}

  private final Config config;
  private final Dataset data;
  private final Policy policy;
  private final UnitActions units;
  private final Batches batches;
  private final Optimizer adam;
  private final Rng key;
  private final Updates<State> updates;

  /// @param policy to be evaluated; it must look at the last observation only
  public FittedQEvaluation(Config config, Dataset data, Policy policy, Rng key) {
    this.config = config;
    this.data = data;
    this.policy = policy;
    this.key = key;
    units = UnitActions.of(data.actions());
    batches = Batches.of(data, config.discount(), config.batch());
    adam = AdamW.adam(config.rate());
    Networks networks = Networks.uniform(config.hidden(), Activation.RELU);
    Layer features = data.features(config.standardise());
    ActionValues values = ActionValues.of(1, data, features, networks, key.fold("values"));
    updates =
        new Updates<>(
            new State(new Optimizer.Step<>(values, adam.init(values)), Updates.target(values)),
            key.fold("updates"));
  }

  /// One iteration of updates.
  ///
  /// @return numbers for logs by name
  public Map<String, Double> advance() {
    return updates.advance(
        config.updates(), (state, now) -> update(state, batches.draw(now.fold("batch")), now));
  }

  private Update<State> update(State state, Transitions batch, Rng now) {
    Tensor next = expected(state.targets(), batch.next(), now.fold("next"));
    Tensor targets = batch.rewards().add(batch.discounts().mul(next));
    ActionValues values = state.values().model();
    var step =
        Grad.valueAndGrad(q -> q.error(batch.observations(), batch.actions(), targets), values);
    var fitted = adam.step(values, step.grad(), state.values().state());
    return new Update<>(
        new State(fitted, Ema.step(state.targets(), fitted.model(), 1 - config.polyak())),
        Map.of("loss", step.value()));
  }

  /// `E Q(s, a)`, a of the policy: exact where its distribution over discrete actions is known,
  /// else of one draw; `[N]`.
  private Tensor expected(ActionValues values, Tensor observations, Rng draw) {
    if (policy instanceof Policy.Memoryless<?> known
        && distribution(known, observations) instanceof Categorical categorical) {
      Tensor all = values.all(observations).at(0, 0);
      return categorical.logProbs().exp().mul(all).sum(-1);
    }
    boolean[] begins = new boolean[observations.dim(0)];
    Arrays.fill(begins, true);
    Tensor actions = policy.begin(begins.length).act(observations, begins, draw);
    return values.least(observations, units.inward(actions));
  }

  private static <M> Distribution distribution(Policy.Memoryless<M> known, Tensor observations) {
    return known.distribution().apply(known.model(), observations);
  }

  /// V of observations, `[N]`.
  public Tensor values(Tensor observations) {
    ActionValues values = updates.state().values().model();
    return Scope.call("fqe", () -> expected(values, observations, key.fold("value")));
  }

  /// Q of actions, `[N]`.
  public Tensor values(Tensor observations, Tensor actions) {
    return updates.state().values().model().least(observations, units.inward(actions));
  }

  /// What the policy would earn from where the recorded trajectories began: the mean value of their
  /// first observations.
  public double value() {
    if (data.trajectories().isEmpty()) {
      throw Dataset.empty();
    }
    List<Tensor> first =
        data.trajectories().stream()
            .map(trajectory -> trajectory.observations().slice(0, 0, 1))
            .toList();
    return values(Tensor.concat(0, first)).mean().item();
  }

  /// Everything that the next iteration depends on.
  public Snapshot snapshot() {
    return updates.snapshot();
  }

  /// Goes on from a snapshot of one of the same configuration.
  public void restore(Snapshot snapshot) {
    updates.restore(snapshot);
  }
}
