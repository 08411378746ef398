package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.rl.ActorCritic;
import telos.rl.Rollout;
import telos.rl.Trajectory;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.PolicyEvaluation;
import telos.rl.vector.Disabled;
import telos.rl.vector.SameStep;
import telos.tensor.Rng;
import telos.tensor.Scope;

/// The gradients that algorithms estimate from samples are, on the average, the exact gradient of
/// the expected return. Samples come from fixed keys; the bound is 4.5 standard errors of their
/// mean, which of a hundred thousand right estimates one misses.
final class PolicyGradientTest {
  private static final Rng KEY = Rng.of(3);
  private static final double ERRORS = 4.5;
  private static final double[][] LOGITS = {{0.3, -0.4}, {-0.2, 0.6}, {0.1, 0}};

  private static final Ppo.Config PPO =
      new Ppo.Config(
          16,
          32,
          1,
          1,
          1e-3,
          0,
          1,
          0.9,
          0.2,
          false,
          0.5,
          0,
          10,
          0,
          false,
          false,
          false,
          Curiosity.Kind.NONE,
          0,
          List.of());

  private static final A2c.Config A2C =
      new A2c.Config(16, 32, 1e-3, 0.99, 1, 0.9, 0.5, 0, 10, List.of());

  /// The mean of many estimates against the exact vector.
  private static void assertUnbiased(double[] exact, List<double[]> estimates) {
    int n = estimates.size();
    for (int i = 0; i < exact.length; i++) {
      int at = i;
      double mean = estimates.stream().mapToDouble(e -> e[at]).average().orElseThrow();
      double squares = estimates.stream().mapToDouble(e -> Math.pow(e[at] - mean, 2)).sum();
      double error = Math.sqrt(squares / (n - 1) / n);
      assertEquals(exact[i], mean, ERRORS * error + 1e-9, "element " + i + " of " + n);
      assertTrue(error < 0.1, "estimates scatter too much to say anything: " + error);
    }
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  /// REINFORCE at a discount below one: it weighs time t by gamma^t, as the gradient does.
  @Test
  void reinforceIsUnbiasedWhateverItsBaseline() {
    Mdp mdp = Small.ending(0.8);
    ActorCritic model = Small.tables(LOGITS, new double[] {0.5, -1, 2});
    List<double[]> estimates = new ArrayList<>();
    var copies = Stream.generate(Small.environment(mdp, 1000)).limit(100).toList();
    try (var environments = new Disabled(copies)) {
      environments.reset(KEY.fold("environment"));
      for (int i = 0; i < 150; i++) {
        estimates.add(
            Scope.call(() -> {
              var agent = model.actor().policy().begin(100);
              var episodes = Trajectory.episodes(environments, agent, KEY.fold("action"));
              var steps = Reinforce.Steps.of(model, episodes, 0.8);
              var step = Grad.valueAndGradWith(m -> Reinforce.loss(m, steps, 0), model);
              return negative(Small.logits(step.step().grad().actor()));
            }));
      }
    }
    double[][] exact = PolicyEvaluation.gradient(mdp, Small.softmax(LOGITS));
    assertUnbiased(flat(exact), estimates);
  }

  /// A2C and, where the ratio is one, PPO: with the true values as critic, without discount, and
  /// from first states on. The loss is a mean over steps, so a mean episode length brings it to the
  /// scale of the gradient.
  @Test
  void actorCriticsAreUnbiasedWithTheTrueCritic() {
    assertUnbiased(exact(), estimates(rollout -> a2c(model(), rollout)));
    assertUnbiased(exact(), estimates(rollout -> ppo(model(), rollout)));
  }

  private static ActorCritic model() {
    double[] values = PolicyEvaluation.values(Small.ending(1), Small.softmax(LOGITS));
    return Small.tables(LOGITS, values);
  }

  private static double[] exact() {
    return flat(PolicyEvaluation.gradient(Small.ending(1), Small.softmax(LOGITS)));
  }

  private static double[] a2c(ActorCritic model, Rollout rollout) {
    var steps = A2c.Steps.of(model, rollout, 1, 0.9);
    return negative(
        Small.logits(
            Grad.valueAndGradWith(m -> A2c.loss(m, steps, A2C), model).step().grad().actor()));
  }

  private static double[] ppo(ActorCritic model, Rollout rollout) {
    var sample = Ppo.sample(model, rollout, 1, 0.9);
    return negative(
        Small.logits(
            Grad.valueAndGradWith(m -> Ppo.loss(m, sample, PPO), model).step().grad().actor()));
  }

  /// Every step ends its episode with probability 0.3, so an episode has 1 / 0.3 of them.
  private static List<double[]> estimates(Function<Rollout, double[]> gradient) {
    List<double[]> estimates = new ArrayList<>();
    var copies = Stream.generate(Small.environment(Small.ending(1), 1000)).limit(16).toList();
    try (var environments = new SameStep(copies)) {
      environments.reset(KEY.fold("environment"));
      for (int i = 0; i < 250; i++) {
        estimates.add(
            Scope.call(() -> {
              var agent = model().actor().policy().begin(16);
              var rollout = Rollout.of(environments, agent, 32, KEY.fold("action"));
              double[] mean = gradient.apply(rollout);
              return Arrays.stream(mean).map(g -> g / 0.3).toArray();
            }));
      }
    }
    return estimates;
  }

  /// A2C is PPO at ratio one (Huang et al. 2022), to the last bits of the same sums.
  @Test
  void a2cIsPpoBeforeItsFirstStep() {
    var copies = Stream.generate(Small.environment(Small.ending(1), 1000)).limit(16).toList();
    try (var environments = new SameStep(copies)) {
      environments.reset(KEY);
      var agent = model().actor().policy().begin(16);
      var rollout = Rollout.of(environments, agent, 32, KEY.fold("action"));
      assertArrayEquals(a2c(model(), rollout), ppo(model(), rollout), 1e-7);
    }
  }

  private static double[] negative(double[] values) {
    return Arrays.stream(values).map(x -> -x).toArray();
  }
}
