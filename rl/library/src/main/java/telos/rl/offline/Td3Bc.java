package telos.rl.offline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Ema;
import telos.nn.Layer;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.nn.Sequential;
import telos.rl.DeterministicActor;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Networks;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.Transitions;
import telos.rl.UnitBox;
import telos.rl.offline.Updates.Update;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// TD3+BC (Fujimoto and Gu 2021): TD3 on recorded data, whose actor also stays close to what was
/// done. For boxes of actions.
///
/// Observations are standardised as in the authors' code, `(s - mean) / (deviation + 10^-3)` by all
/// that was recorded; more than 10 deviations count as 10, which theirs do not.
public final class Td3Bc implements Learner {
  /// Hyper-parameters; the defaults are those of the authors' code (`main.py`), which are the
  /// paper's.
  ///
  /// @param hidden widths of the hidden layers
  /// @param alpha how much the value counts against imitation; 0 is behaviour cloning
  /// @param discount gamma
  /// @param polyak tau, by which target networks follow
  /// @param noise sigma of the smoothing of target actions; bounds lie 2 apart
  /// @param noiseClip c, the most that noise moves an action
  /// @param delay d, updates of the critics for one of the actor
  /// @param standardise whether observations are
  /// @param rate of Adam
  /// @param batch steps in an update
  /// @param updates of an iteration
  public record Config(
      List<Integer> hidden,
      double alpha,
      double discount,
      double polyak,
      double noise,
      double noiseClip,
      int delay,
      boolean standardise,
      double rate,
      int batch,
      int updates) {
    public Config {
      hidden = List.copyOf(hidden);
      new Hyperparameters("td3-bc")
          .widths("hidden", hidden)
          .notNegative("alpha", alpha)
          .share("discount", discount)
          .part("polyak", polyak)
          .notNegative("noise", noise)
          .notNegative("noiseClip", noiseClip)
          .positive("delay", delay)
          .positive("rate", rate)
          .positive("batch", batch)
          .positive("updates", updates);
    }

    public static Config defaults() {
      return new Config(List.of(256, 256), 2.5, 0.99, 0.005, 0.2, 0.5, 2, true, 3e-4, 256, 500);
    }
  }

  /// What is learnt.
  private record State(
      Optimizer.Step<DeterministicActor> actor,
      Optimizer.Step<ActionValues> critics,
      DeterministicActor targetActor,
      ActionValues targets) {}

  private final Config config;
  private final UnitBox box;
  private final Optimizer adam;
  private final Batches batches;
  private final Updates<State> updates;

  public Td3Bc(Config config, Dataset data, Rng key) {
    this.config = config;
    box = UnitBox.of(data.actions());
    batches = Batches.of(data, config.discount(), config.batch());
    adam = AdamW.adam(config.rate());
    Networks networks = Networks.uniform(config.hidden(), Activation.RELU);
    Layer features = data.features(config.standardise());
    var actor =
        new DeterministicActor(
            Sequential.of(features, networks.mlp(data.width(), box.size(), key.fold("actor"))));
    ActionValues critics = ActionValues.of(2, data, features, networks, key.fold("critics"));
    updates =
        new Updates<>(
            new State(
                new Optimizer.Step<>(actor, adam.init(actor)),
                new Optimizer.Step<>(critics, adam.init(critics)),
                Updates.target(actor),
                Updates.target(critics)),
            key.fold("updates"));
  }

  @Override
  public Map<String, Double> advance() {
    return updates.advance(
        config.updates(),
        (state, key) -> update(state, batches.draw(key.fold("batch")), key.fold("noise")));
  }

  private Update<State> update(State state, Transitions batch, Rng key) {
    Tensor targets = targets(state, batch, key);
    var critic =
        Grad.valueAndGrad(
            q -> q.error(batch.observations(), batch.actions(), targets), state.critics().model());
    var critics = adam.step(state.critics().model(), critic.grad(), state.critics().state());
    Map<String, Double> report = new LinkedHashMap<>(Map.of("critic_loss", critic.value()));
    if ((updates.count() + 1) % config.delay() != 0) {
      return new Update<>(
          new State(state.actor(), critics, state.targetActor(), state.targets()), report);
    }
    var step =
        Grad.valueAndGrad(pi -> actorLoss(pi, critics.model(), batch), state.actor().model());
    var actor = adam.step(state.actor().model(), step.grad(), state.actor().state());
    report.put("actor_loss", step.value());
    double decay = 1 - config.polyak();
    return new Update<>(
        new State(
            actor,
            critics,
            Ema.step(state.targetActor(), actor.model(), decay),
            Ema.step(state.targets(), critics.model(), decay)),
        report);
  }

  /// `r + gamma min Q'(s', pi'(s') + noise)`, clipped double Q-learning with smoothed actions.
  private Tensor targets(State state, Transitions batch, Rng key) {
    Tensor actions = state.targetActor().at(batch.next());
    Tensor noise =
        key.normal(actions.shape())
            .mul(config.noise())
            .clamp(-config.noiseClip(), config.noiseClip());
    Tensor values = state.targets().least(batch.next(), actions.add(noise).clamp(-1, 1));
    return batch.rewards().add(batch.discounts().mul(values));
  }

  /// `-lambda Q_1(s, pi(s)) + (pi(s) - a)^2`, `lambda = alpha / mean |Q_1|` (eq. 5).
  private Loss actorLoss(DeterministicActor actor, ActionValues critics, Transitions batch) {
    Tensor actions = actor.at(batch.observations());
    Tensor values = critics.of(batch.observations(), actions).at(0, 0);
    Tensor lambda = values.stopGradient().abs().mean().maximum(1e-8).recip().mul(config.alpha());
    Tensor value = values.mean().mul(lambda);
    Loss imitation = Losses.meanSquaredError(actions, batch.actions());
    return new Loss(imitation.sum().sub(value.mul(imitation.weight())), imitation.weight());
  }

  @Override
  public Policy policy() {
    return updates.state().actor().model().policy(box);
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
