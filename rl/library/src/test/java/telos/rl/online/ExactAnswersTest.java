package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import telos.rl.Learner;
import telos.rl.Policy;
import telos.rl.environment.Dynamics;
import telos.rl.environment.Environment;
import telos.rl.environment.Simulation;
import telos.rl.environment.Space;
import telos.rl.environment.TabularEnvironment;
import telos.rl.environment.TimeLimit;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Planning;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Off-policy actor-critics on problems whose answer is known.
class ExactAnswersTest {
  private static final Rng KEY = Rng.of(3);

  private static void advance(Learner learner, int iterations) {
    for (int i = 0; i < iterations; i++) {
      var _ = learner.advance();
    }
  }

  // --- the linear-quadratic regulator ---

  private static final double GAMMA = 0.8;

  /// `x' = x + u`, reward `-(x^2 + u^2)`.
  private record Regulator() implements Dynamics<float[]> {
    @Override
    public Space.Box observations() {
      return Space.Box.of(-8, 8, 1);
    }

    @Override
    public Space<float[]> actions() {
      return Space.Box.of(-1, 1, 1);
    }

    @Override
    public double[] start(Rng key) {
      return new double[] {2 * key.uniform() - 1};
    }

    @Override
    public Outcome move(double[] state, float[] action) {
      double cost = state[0] * state[0] + action[0] * action[0];
      return new Outcome(new double[] {Math.clamp(state[0] + action[0], -8, 8)}, -cost, false);
    }

    @Override
    public float[] observe(double[] state) {
      return new float[] {(float) state[0]};
    }
  }

  private static Supplier<Environment<float[], float[]>> regulator() {
    return () -> new TimeLimit<>(new Simulation<>(new Regulator()), 2);
  }

  /// P of the value `-P x^2`, by Riccati's equation for `a = b = q = r = 1`.
  private static double riccati() {
    double p = 1;
    for (int i = 0; i < 200; i++) {
      p = 1 + GAMMA * p - GAMMA * p * GAMMA * p / (1 + GAMMA * p);
    }
    return p;
  }

  /// Discounted cost of following a policy for `x^2 = 1`, over that of the best one.
  private static double excess(Policy policy) {
    double cost = 0;
    for (double start : new double[] {-1, -0.5, 0.5, 1}) {
      double x = start;
      double discount = 1;
      for (int t = 0; t < 30; t++) {
        Tensor seen = Tensor.of(new float[] {(float) x}, 1, 1);
        double u = policy.greedy().begin(1).act(seen, new boolean[1], KEY).item();
        cost += discount * (x * x + u * u) / (start * start) / 4;
        x += u;
        discount *= GAMMA;
      }
    }
    return cost / riccati();
  }

  /// Doing nothing costs `1 / (1 - gamma)`, 3.4 times the optimum. Episodes are cut after two
  /// steps, so what comes later is known by bootstrapping only.
  @Test
  void theRegulatorIsSolved() {
    List<Integer> hidden = List.of(32);
    List<Integer> wide = List.of(64);
    List<Learner> learners =
        List.of(
            new Ddpg(
                new Ddpg.Config(4, 75, 300, 9999, 64, GAMMA, 0.05, 1e-3, 1e-2, 0.5, 0, wide, 0),
                regulator(),
                KEY),
            new Td3(
                new Td3.Config(
                    4, 75, 300, 9999, 64, GAMMA, 0.05, 1e-3, 1e-2, 0.5, 0, 0.1, 0.2, 2, hidden, 0),
                regulator(),
                KEY),
            new Sac(
                new Sac.Config(
                    4, 75, 300, 9999, 64, GAMMA, 0.05, 1e-3, 1e-2, 0.05, 0, -1, 0, hidden, 0),
                regulator(),
                KEY),
            new Redq(
                new Redq.Config(
                    4, 20, 100, 9999, 3, 2, 4, 64, GAMMA, 0.05, 3e-3, 1e-2, 0.05, 0, -1, hidden),
                regulator(),
                KEY),
            new Droq(
                new Droq.Config(
                    4, 20, 100, 9999, 4, 64, 0.01, GAMMA, 0.05, 3e-3, 1e-2, 0.05, 0, -1, hidden),
                regulator(),
                KEY));
    for (Learner learner : learners) {
      try (learner) {
        advance(learner, 3);
        double excess = excess(learner.policy());
        String name = learner.getClass().getSimpleName();
        assertTrue(excess > 0.999 && excess < 1.15, name + " costs " + excess + " of the optimum");
      }
    }
  }

  // --- a bandit ---

  private static final double PEAK = 0.3;
  private static final double CURVATURE = 4;

  /// One step, reward `-c (a - m)^2`.
  private record Bandit() implements Dynamics<float[]> {
    @Override
    public Space.Box observations() {
      return Space.Box.of(-1, 1, 1);
    }

    @Override
    public Space<float[]> actions() {
      return Space.Box.of(-1, 1, 1);
    }

    @Override
    public double[] start(Rng key) {
      return new double[] {1};
    }

    @Override
    public Outcome move(double[] state, float[] action) {
      double distance = action[0] - PEAK;
      return new Outcome(state, -CURVATURE * distance * distance, true);
    }

    @Override
    public float[] observe(double[] state) {
      return new float[] {1};
    }
  }

  /// The best policy of temperature alpha is proportional to `exp(Q / alpha)`: normal around m with
  /// variance `alpha / 2c`. So an entropy H belongs to `alpha = 2c exp(2H) / (2 pi e)`.
  @Test
  void temperatureAndPolicyOfABanditAreThoseOfTheClosedForm() {
    double deviation = 0.15;
    double entropy = 0.5 * Math.log(2 * Math.PI * Math.E * deviation * deviation);
    var config =
        new Sac.Config(
            4, 60, 200, 9999, 64, 0.9, 0.05, 3e-3, 5e-3, 1, 1e-2, entropy, 0, List.of(48), 0);
    try (var sac = new Sac(config, () -> new Simulation<>(new Bandit()), KEY)) {
      advance(sac, 7);
      double temperature = sac.advance().getOrDefault("temperature", Double.NaN);
      assertEquals(1, temperature / (2 * CURVATURE * deviation * deviation), 0.25);
      int draws = 4000;
      double[] actions =
          sac.policy()
              .begin(draws)
              .act(Tensor.ones(draws, 1), new boolean[draws], KEY.fold("draws"))
              .toDoubles();
      double mean = 0;
      double square = 0;
      for (double action : actions) {
        mean += action / draws;
        square += action * action / draws;
      }
      assertEquals(PEAK, mean, 0.04);
      assertEquals(1, Math.sqrt(square - mean * mean) / deviation, 0.15);
    }
  }

  // --- a table ---

  private static Mdp.Outcome[] to(int state, double reward) {
    return new Mdp.Outcome[] {new Mdp.Outcome(1, state, reward, false)};
  }

  /// With one-hot linear networks the soft values of [Planning] are within reach, exactly.
  @Test
  void discreteSacFindsTheSoftOptimum() {
    double temperature = 0.5;
    Mdp mdp =
        new Mdp(
            new Mdp.Outcome[][][] {
              {to(1, 0), to(2, 0.5)},
              {to(2, 1), to(0, 0.2)},
              {{new Mdp.Outcome(1, 0, -0.3, true)}, to(1, 0.1)}
            },
            new double[] {0.5, 0.25, 0.25},
            0.7);
    var soft = Planning.softValueIteration(mdp, temperature, 1e-9);
    var config =
        new DiscreteSac.Config(
            4, 50, 100, 9999, 64, 0.7, 0.05, 2e-2, 2e-2, temperature, 0, 0, List.of());
    try (var learner =
        new DiscreteSac(config, () -> new TimeLimit<>(new TabularEnvironment(mdp), 10), KEY)) {
      advance(learner, 8);
      double[][] learnt = Small.probabilities(learner, 3);
      for (int s = 0; s < 3; s++) {
        for (int a = 0; a < 2; a++) {
          assertEquals(soft.policy()[s][a], learnt[s][a], 0.03);
          assertEquals(soft.actionValues()[s][a], value(learner, s, a), 0.05);
        }
      }
    }
  }

  /// Of the first critic: its weights are the table, less its bias.
  private static double value(DiscreteSac learner, int state, int action) {
    var snapshot = learner.snapshot();
    String layer = "state.critics.members.layers.1.layers.0.";
    double[] weight = snapshot.tensor(layer + "weight").toDoubles();
    double[] bias = snapshot.tensor(layer + "bias").toDoubles();
    return weight[2 * state + action] + bias[action];
  }
}
