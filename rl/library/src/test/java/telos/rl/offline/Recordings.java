package telos.rl.offline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import telos.rl.Categorical;
import telos.rl.Policy;
import telos.rl.Trajectory;
import telos.rl.environment.Space;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Small recorded data for tests.
final class Recordings {
  private Recordings() {}

  /// States and actions taken, one state more than actions.
  static Trajectory episode(int[] states, int[] actions, double[] rewards, boolean terminated) {
    return new Trajectory(
        Tensor.of(states, Shape.of(states.length)),
        Tensor.of(actions, Shape.of(actions.length)),
        floats(rewards, rewards.length),
        terminated,
        !terminated);
  }

  static Tensor floats(double[] values, int... dims) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Tensor.of(floats, dims);
  }

  static Dataset discrete(int states, int actions, List<Trajectory> trajectories) {
    return new Dataset(Space.Discrete.of(states), Space.Discrete.of(actions), trajectories);
  }

  /// Every outcome of the chosen pairs as an episode of one step, each pair's outcomes as often as
  /// they are likely, in `parts` of one.
  static List<Trajectory> outcomes(Mdp mdp, boolean[][] chosen, int parts) {
    List<Trajectory> all = new ArrayList<>();
    for (int s = 0; s < mdp.states(); s++) {
      for (int a = 0; a < mdp.actions(); a++) {
        for (Outcome outcome : chosen[s][a] ? mdp.outcomes()[s][a] : new Outcome[0]) {
          for (long i = 0; i < Math.round(outcome.probability() * parts); i++) {
            all.add(
                episode(
                    new int[] {s, outcome.next()},
                    new int[] {a},
                    new double[] {outcome.reward()},
                    outcome.terminated()));
          }
        }
      }
    }
    return all;
  }

  static boolean[][] everything(Mdp mdp) {
    boolean[][] all = new boolean[mdp.states()][mdp.actions()];
    for (boolean[] row : all) {
      Arrays.fill(row, true);
    }
    return all;
  }

  /// A process in which each pair has `branches` equally likely outcomes.
  static Mdp random(int seed, int states, int actions, int branches, double discount) {
    var random = new SplittableRandom(seed);
    Outcome[][][] outcomes = new Outcome[states][actions][branches];
    for (Outcome[][] row : outcomes) {
      for (Outcome[] each : row) {
        Arrays.setAll(
            each,
            _ ->
                new Outcome(
                    1.0 / branches,
                    random.nextInt(states),
                    random.nextDouble(-1, 1),
                    random.nextInt(6) == 0));
      }
    }
    double[] initial = new double[states];
    Arrays.fill(initial, 1.0 / states);
    return new Mdp(outcomes, initial, discount);
  }

  static double[][] policy(int seed, int states, int actions) {
    var random = new SplittableRandom(seed);
    double[][] policy = new double[states][];
    for (int s = 0; s < states; s++) {
      double[] p = random.doubles(actions, 0.1, 1).toArray();
      double sum = Arrays.stream(p).sum();
      policy[s] = Arrays.stream(p).map(x -> x / sum).toArray();
    }
    return policy;
  }

  /// A table of probabilities as a policy.
  static Policy tabular(double[][] policy) {
    double[] logs = Arrays.stream(policy).flatMapToDouble(Arrays::stream).map(Math::log).toArray();
    return new Policy.Memoryless<>(
        floats(logs, policy.length, policy[0].length),
        (table, states) -> new Categorical(table.gather(0, states)));
  }

  static Tensor states(int n) {
    return Tensor.arange(0, n);
  }

  /// Probabilities `[S][A]` that a policy gives the actions of states.
  static double[][] probabilities(Policy policy, int states, int actions) {
    double[][] p = new double[states][actions];
    for (int a = 0; a < actions; a++) {
      int[] taken = new int[states];
      Arrays.fill(taken, a);
      double[] logs = logProb(policy, states(states), Tensor.of(taken, Shape.of(states)));
      for (int s = 0; s < states; s++) {
        p[s][a] = Math.exp(logs[s]);
      }
    }
    return p;
  }

  private static double[] logProb(Policy policy, Tensor states, Tensor actions) {
    return policy instanceof Policy.Memoryless<?> memoryless
        ? logProb(memoryless, states, actions)
        : new double[0];
  }

  private static <M> double[] logProb(Policy.Memoryless<M> policy, Tensor states, Tensor actions) {
    return policy.distribution().apply(policy.model(), states).logProb(actions).toDoubles();
  }

  /// A few episodes in `[-1, 3]^2` with observations in the plane.
  static Dataset plane(int episodes, int length) {
    var random = new SplittableRandom(7);
    List<Trajectory> all = new ArrayList<>();
    for (int i = 0; i < episodes; i++) {
      all.add(
          new Trajectory(
              floats(random.doubles((length + 1) * 2L, -5, 9).toArray(), length + 1, 2),
              floats(random.doubles(length * 2L, -1, 3).toArray(), length, 2),
              floats(random.doubles(length, 0, 1).toArray(), length),
              i % 2 == 0,
              i % 2 == 1));
    }
    return new Dataset(Space.Box.of(-10, 10, 2), Space.Box.of(-1, 3, 2), all);
  }

  /// A few episodes of four states and three actions.
  static Dataset chain(int episodes, int length) {
    var random = new SplittableRandom(8);
    List<Trajectory> all = new ArrayList<>();
    for (int i = 0; i < episodes; i++) {
      all.add(
          episode(
              random.ints(length + 1, 0, 4).toArray(),
              random.ints(length, 0, 3).toArray(),
              random.doubles(length, 0, 1).toArray(),
              i % 2 == 0));
    }
    return discrete(4, 3, all);
  }

  /// Actions of two states in the box `[-1, 3]`.
  static Dataset oneNumber(double[][] actions) {
    List<Trajectory> steps = new ArrayList<>();
    for (int s = 0; s < actions.length; s++) {
      for (double action : actions[s]) {
        steps.add(
            new Trajectory(
                Tensor.of(new int[] {s, s}),
                floats(new double[] {action}, 1, 1),
                floats(new double[] {action}, 1),
                true,
                false));
      }
    }
    return new Dataset(Space.Discrete.of(2), Space.Box.of(-1, 3, 1), steps);
  }

  /// What a policy does at the beginning of episodes.
  static double[] act(Policy policy, Tensor observations) {
    int rows = observations.dim(0);
    boolean[] begins = new boolean[rows];
    Arrays.fill(begins, true);
    return policy.begin(rows).act(observations, begins, Rng.of(3)).toDoubles();
  }
}
