package telos.rl.tabular;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import telos.nn.Schedule;
import telos.rl.Hyperparameters;
import telos.rl.Learner;
import telos.rl.Policy;
import telos.rl.Snapshot;
import telos.rl.environment.Environment;
import telos.rl.vector.SameStep;
import telos.rl.vector.VectorStep;
import telos.rl.vector.VectorStep.Finished;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Sarsa (Rummery and Niranjan 1994) in a table, for environments with discrete observations and
/// actions:
///
/// `Q(s, a) <- Q(s, a) + alpha (r + gamma (1 - terminated) Q(s', a') - Q(s, a))`, where `a'` is
/// what it does next.
///
/// It learns what its own epsilon-greedy acting is worth, so it keeps away from edges that
/// exploration would fall over. After the last step of a truncated episode `a'` is what it would
/// have done.
public final class Sarsa implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("sarsa");

  private final Config config;
  private final SameStep vector;
  private final QTable table;
  private final Schedule epsilon;
  private final Rng key;

  /// What is done next.
  private int action;

  /// @param gamma discount of the values learnt, in `[0, 1]`
  /// @param rate alpha of the first visit of a pair, in `(0, 1]`
  /// @param decay by which power of the number of visits alpha falls, in `[0, 1]`; 0 keeps it
  /// @param initial values before anything was learnt
  /// @param epsilonStart probability of an arbitrary action at first
  /// @param epsilonEnd the same from step `explorationSteps` on
  /// @param explorationSteps during which epsilon falls in a straight line
  /// @param steps in the environment, an iteration
  public record Config(
      double gamma,
      double rate,
      double decay,
      double initial,
      double epsilonStart,
      double epsilonEnd,
      int explorationSteps,
      int steps) {
    public Config {
      REQUIRE
          .share("gamma", gamma)
          .part("rate", rate)
          .share("decay", decay)
          .finite("initial", initial)
          .share("epsilonStart", epsilonStart)
          .share("epsilonEnd", epsilonEnd)
          .atLeast(1, "explorationSteps", explorationSteps)
          .atLeast(1, "steps", steps);
    }

    /// Those of [QLearning], so that both can be compared.
    public static Config defaults() {
      return new Config(0.99, 1, 0.77, 0, 1, 0.1, 100_000, 1000);
    }
  }

  public <O, A> Sarsa(Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
    this.config = config;
    this.vector = new SameStep(List.of(environment.get()));
    this.table =
        new QTable(
            QTable.states(REQUIRE, vector.observationSpace()),
            REQUIRE.actions(vector.actionSpace()),
            config.initial,
            config.rate,
            config.decay);
    this.epsilon = Schedule.linear(config.epsilonStart, config.epsilonEnd, config.explorationSteps);
    this.key = key;
    Tensor begin = vector.reset(key.fold("environment"));
    this.action = choose(begin, vector.allowed(), "begin");
  }

  /// An action for an observation, at this moment and for one purpose.
  private int choose(Tensor state, Optional<Tensor> allowed, String purpose) {
    long now = vector.interactions();
    Rng own = key.fold(purpose).fold(now);
    return table.choose(state.toInts()[0], allowed, epsilon.at(now), own);
  }

  @Override
  public Map<String, Double> advance() {
    List<Finished> episodes = new ArrayList<>();
    for (int i = 0; i < config.steps; i++) {
      episodes.addAll(Scope.call("sarsa", this::step));
    }
    return Finished.means(episodes);
  }

  private List<Finished> step() {
    int state = vector.current().toInts()[0];
    VectorStep step = vector.step(Tensor.of(action));
    int next = step.next().toInts()[0];
    int following = choose(step.next(), step.nextAllowed(), "action");
    double future = step.discounts(config.gamma)[0] * table.value(next, following);
    table.update(state, action, step.rewards()[0] + future);
    action = step.done(0) ? choose(step.observations(), vector.allowed(), "begin") : following;
    return step.finished();
  }

  /// Q as learnt so far, `[S][A]`.
  public double[][] actionValues() {
    return table.values();
  }

  @Override
  public long steps() {
    return vector.interactions();
  }

  @Override
  public Policy policy() {
    return table.policy(epsilon.at(vector.interactions()));
  }

  @Override
  public Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    table.save(writer);
    writer.put("action", action);
    writer.put("environment", vector.snapshot());
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot snapshot) {
    table.restore(snapshot);
    action = (int) snapshot.counters("action")[0];
    vector.restore(snapshot.below("environment"));
  }

  @Override
  public void close() {
    vector.close();
  }
}
