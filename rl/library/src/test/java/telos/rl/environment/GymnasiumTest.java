package telos.rl.environment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;

/// Every transition as Gymnasium computes it: states and actions drawn at random by Gymnasium's own
/// code, and whole tables of the tabular processes.
final class GymnasiumTest {
  private static final double TOLERANCE = 1e-6;
  private static final Map<String, Object> GOLDEN = golden();

  private static Map<String, Object> golden() {
    try (var in = GymnasiumTest.class.getResourceAsStream("gymnasium.json")) {
      return JSON.std.mapFrom(in);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void cartPole() {
    discrete("CartPole-v1", new CartPole());
  }

  @Test
  void mountainCar() {
    discrete("MountainCar-v0", new MountainCar());
  }

  @Test
  void acrobot() {
    discrete("Acrobot-v1", new Acrobot());
  }

  @Test
  void mountainCarContinuous() {
    continuous("MountainCarContinuous-v0", new MountainCarContinuous());
  }

  @Test
  void pendulum() {
    continuous("Pendulum-v1", new Pendulum());
  }

  @Test
  void frozenLake() {
    table("FrozenLake-v1", FrozenLake.slippery(FrozenLake.SMALL, 0.99));
  }

  @Test
  void cliffWalking() {
    table("CliffWalking-v1", CliffWalking.mdp(0.99));
  }

  private static void discrete(String name, Dynamics<Integer> dynamics) {
    for (Map<?, ?> each : transitions(name)) {
      compare(each, dynamics, ((Number) each.get("action")).intValue());
    }
  }

  private static void continuous(String name, Dynamics<float[]> dynamics) {
    for (Map<?, ?> each : transitions(name)) {
      compare(each, dynamics, Numbers.floats(numbers(each.get("action"))));
    }
  }

  private static List<Map<?, ?>> transitions(String name) {
    @SuppressWarnings("unchecked")
    var transitions = (List<Map<?, ?>>) GOLDEN.get(name);
    assertTrue(transitions.size() >= 50);
    return transitions;
  }

  private static <A> void compare(Map<?, ?> golden, Dynamics<A> dynamics, A action) {
    double[] state = numbers(golden.get("state"));
    Simulation<A> environment = new Simulation<>(dynamics);
    environment.restore(new Environment.State(state, new long[0]));
    Step<float[]> step = environment.step(action);
    double[] expected = numbers(golden.get("obs"));
    assertEquals(expected.length, step.observation().length);
    for (int i = 0; i < expected.length; i++) {
      near(expected[i], step.observation()[i], golden);
    }
    near(((Number) golden.get("reward")).doubleValue(), step.reward(), golden);
    assertEquals(golden.get("terminated"), step.terminated(), golden.toString());
  }

  private static void near(double expected, double got, Object where) {
    assertEquals(expected, got, TOLERANCE * Math.max(1, Math.abs(expected)), where.toString());
  }

  private static double[] numbers(Object list) {
    return ((List<?>) list).stream().mapToDouble(x -> ((Number) x).doubleValue()).toArray();
  }

  private static void table(String name, Mdp mdp) {
    var states = (Map<?, ?>) GOLDEN.get(name);
    assertEquals(states.size(), mdp.states());
    for (int s = 0; s < mdp.states(); s++) {
      var actions = (Map<?, ?>) states.get(Integer.toString(s));
      assertEquals(actions.size(), mdp.actions());
      for (int a = 0; a < mdp.actions(); a++) {
        var rows = (List<?>) actions.get(Integer.toString(a));
        List<Outcome> expected = rows.stream().map(row -> outcome((List<?>) row)).toList();
        assertEquals(expected, List.of(mdp.outcomes()[s][a]), name + " " + s + " " + a);
      }
    }
  }

  private static Outcome outcome(List<?> row) {
    return new Outcome(
        ((Number) row.get(0)).doubleValue(),
        ((Number) row.get(1)).intValue(),
        ((Number) row.get(2)).doubleValue(),
        (Boolean) row.get(3));
  }
}
