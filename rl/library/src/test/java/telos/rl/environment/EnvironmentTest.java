package telos.rl.environment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Planning;
import telos.tensor.Rng;

final class EnvironmentTest {
  private static final Rng KEY = Rng.of(5);

  private static Stream<Dynamics<?>> classics() {
    return Stream.of(
        new CartPole(),
        new MountainCar(),
        new MountainCarContinuous(),
        new Acrobot(),
        new Pendulum());
  }

  /// Equal keys and actions give equal bits; what is observed lies in its space; a restored state
  /// goes on as the original does, with what is left of its time.
  @ParameterizedTest
  @MethodSource("classics")
  <A> void episodesRepeatAndResume(Dynamics<A> dynamics) {
    Environment.Restorable<float[], A> first = new TimeLimit<>(new Simulation<>(dynamics), 60);
    Environment.Restorable<float[], A> second = new TimeLimit<>(new Simulation<>(dynamics), 60);
    for (int episode = 0; episode < 20; episode++) {
      float[] start = first.reset(KEY.fold(episode));
      first.observations().require("observation", start);
      A action = dynamics.actions().sample(KEY.fold("warm").fold(episode));
      assertFalse(first.step(action).done());
      second.restore(first.state());
      Step<float[]> a;
      int steps = 1;
      do {
        action = dynamics.actions().sample(KEY.fold(episode).fold(steps++));
        a = first.step(action);
        Step<float[]> b = second.step(action);
        assertArrayEquals(a.observation(), b.observation());
        assertEquals(a.reward(), b.reward());
        assertEquals(a.done(), b.done());
        first.observations().require("observation", a.observation());
      } while (!a.done());
      assertTrue(a.terminated() || steps == 60);
      assertArrayEquals(start, second.reset(KEY.fold(episode)));
    }
    assertFalse(Arrays.equals(first.reset(KEY.fold(98)), first.reset(KEY.fold(99))));
  }

  @Test
  void endedEpisodesAndWhatIsNoActionAreRefused() {
    Environment<float[], Integer> environment =
        new TimeLimit<>(new Simulation<>(new CartPole()), 1);
    assertThrows(IllegalStateException.class, () -> environment.step(0));
    environment.reset(KEY);
    var wrong = assertThrows(IllegalArgumentException.class, () -> environment.step(2));
    assertTrue(wrong.getMessage().contains("action: 2 is not in 0 to 1"), wrong.getMessage());
    Step<float[]> only = environment.step(1);
    assertTrue(only.truncated() && !only.terminated());
    assertEquals(0.9, only.discount(0.9));
    assertThrows(IllegalStateException.class, () -> environment.step(0));
  }

  @Test
  void torqueOutsideItsBoundsIsRefused() {
    Simulation<float[]> pendulum = new Simulation<>(new Pendulum());
    pendulum.reset(KEY);
    assertThrows(IllegalArgumentException.class, () -> pendulum.step(new float[] {2.5f}));
    assertThrows(IllegalArgumentException.class, () -> pendulum.step(new float[] {Float.NaN}));
    assertThrows(IllegalArgumentException.class, () -> pendulum.step(new float[2]));
  }

  /// What is sampled has the frequencies of the model: the mean return of the optimal policy is its
  /// value, within four standard errors.
  @Test
  void tabularEnvironmentFollowsItsModel() {
    Mdp mdp = FrozenLake.slippery(FrozenLake.SMALL, 1);
    Planning.Solution optimum = Planning.valueIteration(mdp, 1e-10);
    TabularEnvironment environment = new TabularEnvironment(mdp);
    int episodes = 4000;
    double total = 0;
    for (int i = 0; i < episodes; i++) {
      int state = environment.reset(KEY.fold(i));
      Step<Integer> step;
      do {
        step = environment.step(likeliest(optimum.policy()[state]));
        state = step.observation();
        total += step.reward();
      } while (!step.done());
    }
    double value = optimum.expectedReturn(mdp);
    assertEquals(14.0 / 17, value, 1e-6);
    double error = Math.sqrt(value * (1 - value) / episodes);
    assertEquals(value, total / episodes, 4 * error);
  }

  private static int likeliest(double[] p) {
    int best = 0;
    for (int a = 1; a < p.length; a++) {
      best = p[a] > p[best] ? a : best;
    }
    return best;
  }

  @Test
  void tabularEnvironmentGoesOnFromAState() {
    TabularEnvironment first = new TabularEnvironment(Taxi.mdp(1));
    TabularEnvironment second = new TabularEnvironment(Taxi.mdp(1));
    first.reset(KEY);
    for (int i = 0; i < 50; i++) {
      assertEquals(first.state().values()[0], second.restore(first.state()).doubleValue());
      assertEquals(first.step(i % 4).observation(), second.step(i % 4).observation());
    }
  }

  /// The shortest way along the cliff takes 13 steps; a trip costs at most the walls' detour.
  @Test
  void optimaOfTheTables() {
    Mdp cliff = CliffWalking.mdp(1);
    assertEquals(-13, Planning.valueIteration(cliff, 1e-9).expectedReturn(cliff), 1e-9);
    Mdp taxi = Taxi.mdp(1);
    assertEquals(500, taxi.states());
    double[] values = Planning.valueIteration(taxi, 1e-9).values();
    // At red, passenger at red, bound for green: pick up, 8 steps round the wall, put down.
    assertEquals(20 - 9, values[1], 1e-9);
    // At blue with the passenger inside and bound for blue.
    assertEquals(20, values[(23 * 5 + 4) * 4 + 3], 1e-9);
    assertEquals(300, Arrays.stream(taxi.initial()).filter(p -> p > 0).count());
  }

  @Property(tries = 100)
  void samplesLieInTheirSpaces(@ForAll long seed, @ForAll @IntRange(min = 1, max = 9) int n) {
    Rng key = Rng.of(seed);
    float any = Float.POSITIVE_INFINITY;
    List<Space<?>> spaces =
        List.of(
            Space.Box.of(-3, 2, n),
            Space.Box.of(new float[] {-any, 0, -any, 5}, new float[] {any, any, 1, 5}),
            new Space.Discrete(n, -4),
            new Space.MultiDiscrete(new int[] {n, 1, 2 * n}),
            new Space.MultiBinary(n),
            new Space.Text(1, n, "abc"));
    for (Space<?> space : spaces) {
      holds(space, key);
    }
    holds(new Space.Tuple(spaces), key);
    holds(new Space.Dict(Map.of("a", spaces.get(0), "b", new Space.Tuple(spaces))), key);
  }

  private static <T> void holds(Space<T> space, Rng key) {
    assertEquals("", space.fault(space.sample(key)));
  }

  @Test
  void faultsNameTheNumber() {
    Space<float[]> box = Space.Box.of(-1, 1, 3);
    assertEquals("number 1 is 7.0, not in [-1.0, 1.0]", box.fault(new float[] {0, 7, 0}));
    assertEquals("2 numbers instead of 3", box.fault(new float[2]));
    var tuple = new Space.Tuple(List.of(box, Space.Discrete.of(2)));
    assertEquals("part 1: 2 is not in 0 to 1", tuple.fault(List.of(new float[3], 2)));
    assertTrue(tuple.fault(List.of(1, 1)).startsWith("part 0: a Integer is no element of Box"));
  }
}
