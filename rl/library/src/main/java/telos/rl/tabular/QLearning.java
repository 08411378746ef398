package telos.rl.tabular;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

/// Q-learning (Watkins 1989) in a table, for environments with discrete observations and actions:
///
/// `Q(s, a) <- Q(s, a) + alpha (r + gamma (1 - terminated) max_a' Q(s', a') - Q(s, a))`.
///
/// It learns the optimal values while it acts epsilon-greedily, and finds them in the limit if
/// every pair is tried again and again and the steps fall as [QTable] says.
public final class QLearning implements Learner {
  private static final Hyperparameters REQUIRE = new Hyperparameters("q-learning");

  private final Config config;
  private final SameStep vector;
  private final QTable table;
  private final Schedule epsilon;
  private final Rng key;

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

    /// Steps that fall with the power 0.77 of the visits, for which Even-Dar and Mansour (2003)
    /// show the fastest convergence; the rest is ours.
    public static Config defaults() {
      return new Config(0.99, 1, 0.77, 0, 1, 0.1, 100_000, 1000);
    }
  }

  public <O, A> QLearning(
      Config config, Supplier<? extends Environment<O, A>> environment, Rng key) {
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
    vector.reset(key.fold("environment"));
  }

  @Override
  public Map<String, Double> advance() {
    List<Finished> episodes = new ArrayList<>();
    for (int i = 0; i < config.steps; i++) {
      episodes.addAll(Scope.call("q-learning", this::step));
    }
    return Finished.means(episodes);
  }

  private List<Finished> step() {
    long now = vector.interactions();
    int state = vector.current().toInts()[0];
    Rng own = key.fold("action").fold(now);
    int action = table.choose(state, vector.allowed(), epsilon.at(now), own);
    VectorStep step = vector.step(Tensor.of(action));
    double future = table.best(step.next().toInts()[0], step.nextAllowed());
    table.update(state, action, step.rewards()[0] + step.discounts(config.gamma)[0] * future);
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
    writer.put("environment", vector.snapshot());
    return writer.snapshot();
  }

  @Override
  public void restore(Snapshot snapshot) {
    table.restore(snapshot);
    vector.restore(snapshot.below("environment"));
  }

  @Override
  public void close() {
    vector.close();
  }
}
