package telos.rl.online;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import telos.nn.Layer;
import telos.nn.Linear;
import telos.nn.Sequential;
import telos.rl.Actor;
import telos.rl.ActorCritic;
import telos.rl.Categorical;
import telos.rl.Learner;
import telos.rl.environment.CartPole;
import telos.rl.environment.Environment;
import telos.rl.environment.Simulation;
import telos.rl.environment.Space;
import telos.rl.environment.Step;
import telos.rl.environment.TabularEnvironment;
import telos.rl.environment.TimeLimit;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.rl.tabular.PolicyEvaluation;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Processes and policies small enough to be known exactly.
final class Small {
  private Small() {}

  /// Three states, two actions; each step ends the episode with probability 0.3.
  static Mdp ending(double discount) {
    var random = new SplittableRandom(7);
    Outcome[][][] outcomes = new Outcome[3][2][];
    for (Outcome[][] state : outcomes) {
      for (int a = 0; a < 2; a++) {
        double reward = random.nextDouble(-1, 1);
        int near = random.nextInt(3);
        int far = random.nextInt(3);
        state[a] =
            new Outcome[] {
              new Outcome(0.3, near, reward, true),
              new Outcome(0.5, near, reward + 1, false),
              new Outcome(0.2, far, reward - 1, false)
            };
      }
    }
    return new Mdp(outcomes, new double[] {0.5, 0.3, 0.2}, discount);
  }

  /// One state, two actions: the first pays 1, the second nothing, and it goes on for ever.
  static Mdp endless(double discount) {
    Outcome[][][] outcomes = {{{new Outcome(1, 0, 1, false)}, {new Outcome(1, 0, 0, false)}}};
    return new Mdp(outcomes, new double[] {1}, discount);
  }

  /// A bandit whose better arm depends on what is seen: in context c arm c pays 1.
  static Mdp bandit() {
    Outcome[][][] outcomes = new Outcome[2][2][];
    for (int context = 0; context < 2; context++) {
      for (int arm = 0; arm < 2; arm++) {
        double reward = arm == context ? 1 : 0;
        outcomes[context][arm] = new Outcome[] {new Outcome(1, context, reward, true)};
      }
    }
    return new Mdp(outcomes, new double[] {0.5, 0.5}, 1);
  }

  /// Five states in a row; to the right of the last waits 1, every step to the left of the first
  /// pays 0.1 and ends as well.
  static Mdp chain() {
    Outcome[][][] outcomes = new Outcome[5][2][];
    for (int s = 0; s < 5; s++) {
      outcomes[s][0] = new Outcome[] {new Outcome(1, Math.max(0, s - 1), s == 0 ? 0.1 : 0, s == 0)};
      outcomes[s][1] = new Outcome[] {new Outcome(1, Math.min(4, s + 1), s == 4 ? 1 : 0, s == 4)};
    }
    return new Mdp(outcomes, new double[] {0, 1, 0, 0, 0}, 0.99);
  }

  static Supplier<Environment.Restorable<Integer, Integer>> environment(Mdp mdp, int limit) {
    return () -> new TimeLimit<>(new TabularEnvironment(mdp), limit);
  }

  /// Episodes of `length` steps that show 0 or 1 first and then 2; the last action pays 1 if it is
  /// what was shown first.
  static Supplier<Environment.Restorable<Integer, Integer>> recall(int length) {
    return () -> new Recall(length);
  }

  private static final class Recall implements Environment.Restorable<Integer, Integer> {
    private final int length;
    private int cue;
    private int taken;

    Recall(int length) {
      this.length = length;
    }

    @Override
    public Space<Integer> observations() {
      return Space.Discrete.of(3);
    }

    @Override
    public Space<Integer> actions() {
      return Space.Discrete.of(2);
    }

    @Override
    public Integer reset(Rng key) {
      cue = key.integer(2);
      taken = 0;
      return cue;
    }

    @Override
    public Step<Integer> step(Integer action) {
      taken++;
      boolean over = taken == length;
      return Step.of(2, over && action == cue ? 1 : 0, over);
    }

    @Override
    public State state() {
      return new State(new double[0], new long[] {cue, taken});
    }

    @Override
    public Integer restore(State state) {
      cue = (int) state.counters()[0];
      taken = (int) state.counters()[1];
      return taken == 0 ? cue : 2;
    }
  }

  static Supplier<Environment.Restorable<float[], Integer>> cartPole() {
    return () -> new TimeLimit<>(new Simulation<>(new CartPole()), 500);
  }

  /// A softmax policy with these logits `[S][A]` and a critic with these values `[S]`, as tables.
  static ActorCritic tables(double[][] logits, double[] values) {
    double[] flat = Arrays.stream(logits).flatMapToDouble(Arrays::stream).toArray();
    int states = values.length;
    Actor actor = new Actor.Softmax(table(flat, states));
    return new ActorCritic(actor, table(values, states));
  }

  private static Layer table(double[] values, int states) {
    Tensor table = Tensor.of(values, states, values.length / states).cast(DType.F32);
    return Sequential.of(new OneHot(states), Linear.of(table));
  }

  private record OneHot(int states) implements Layer {
    @Override
    public Tensor call(Tensor seen) {
      return seen.oneHot(states);
    }
  }

  /// The table of an actor, or of its gradient, row by row.
  static double[] logits(Actor actor) {
    return Tree.leaves(actor).firstEntry().getValue().toDoubles();
  }

  static double[][] softmax(double[][] logits) {
    return Arrays.stream(logits)
        .map(row -> {
          double sum = Arrays.stream(row).map(Math::exp).sum();
          return Arrays.stream(row).map(x -> Math.exp(x) / sum).toArray();
        })
        .toArray(double[][]::new);
  }

  /// All numbers of a tree.
  static List<double[]> numbers(Object tree) {
    return Tree.leaves(tree).values().stream().map(Tensor::toDoubles).toList();
  }

  /// What the policy of a learner is worth, exactly.
  static double expectedReturn(Learner learner, Mdp mdp) {
    return PolicyEvaluation.expectedReturn(mdp, probabilities(learner, mdp.states()));
  }

  /// The policy's probabilities in each of S states.
  static double[][] probabilities(Learner learner, int states) {
    var policy = (Actor.Drawing) learner.policy();
    var choice = (Categorical) policy.actor().call(Tensor.arange(0, states));
    double[] logProbs = choice.logProbs().toDoubles();
    int actions = logProbs.length / states;
    double[][] logits = new double[states][];
    Arrays.setAll(logits, s -> Arrays.copyOfRange(logProbs, s * actions, (s + 1) * actions));
    return softmax(logits);
  }
}
