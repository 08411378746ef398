package telos.rl.environment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import telos.rl.environment.Environment.Restorable;
import telos.rl.environment.Environment.State;
import telos.rl.tabular.Mdp;
import telos.tensor.Rng;

final class WrapperTest {
  static final int LIMIT = 40;

  interface Wrapping extends UnaryOperator<Restorable<float[], float[]>> {}

  static Restorable<float[], float[]> pendulum() {
    return new TimeLimit<>(new Simulation<>(new Pendulum()), LIMIT);
  }

  /// Those that change nothing of what happens.
  private static Stream<Wrapping> transparent() {
    return Stream.of(Checked::new, Counted::new, Recording::new, EpisodeStatistics::new);
  }

  /// Those whose episodes do not depend on former ones.
  private static Stream<Wrapping> steady() {
    RunningMoments seen = RunningMoments.none(3).with(1, 2, 3).with(-1, 0, 1);
    RunningMoments returns = RunningMoments.none(1).with(-5).with(-9);
    return Stream.concat(
        transparent(),
        Stream.of(
            e -> new FrameStack<>(e, 3),
            RescaleAction::new,
            ClipAction::new,
            FlattenObservation::new,
            Replayed::new,
            e -> new TimeLimit<>(e, LIMIT / 2),
            e -> new NormalizeObservation<>(e, seen, false),
            e -> new NormalizeReward<>(e, 0.9, returns, false)));
  }

  private static Stream<Wrapping> all() {
    return Stream.concat(
        steady(),
        Stream.of(
            NormalizeObservation::of,
            e -> NormalizeReward.of(e, 0.9),
            e ->
                NormalizeReward.of(
                    new EpisodeStatistics<>(
                        NormalizeObservation.of(new FrameStack<>(new RescaleAction<>(e), 2))),
                    0.99)));
  }

  @ParameterizedTest
  @MethodSource("steady")
  void wrappersKeepTheRules(Wrapping wrapping) {
    assertEquals(List.of(), EnvironmentCheck.of(wrapping.apply(pendulum())).faults());
  }

  /// Nested or not, a state holds all that the wrapper adds to it.
  @ParameterizedTest
  @MethodSource("all")
  void wrappersGoOnFromAnyMoment(Wrapping wrapping) {
    var first = wrapping.apply(pendulum());
    var second = wrapping.apply(pendulum());
    first.reset(Rng.of(1));
    second.reset(Rng.of(2));
    boolean done = false;
    for (int i = 0; !done; i++) {
      float[] action = first.actions().sample(Rng.of(3).fold(i));
      second.restore(first.state());
      Step<float[]> a = first.step(action);
      Step<float[]> b = second.step(action);
      assertArrayEquals(a.observation(), b.observation());
      assertEquals(a.reward(), b.reward());
      assertEquals(a.truncated(), b.truncated());
      assertEquals(a.info(), b.info());
      done = a.done();
      if (!done) {
        assertArrayEquals(a.observation(), second.restore(first.state()));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("transparent")
  void whatOnlyLooksChangesNothing(Wrapping wrapping) {
    var plain = pendulum();
    var wrapped = wrapping.apply(pendulum());
    for (int episode = 0; episode < 3; episode++) {
      assertArrayEquals(plain.reset(Rng.of(episode)), wrapped.reset(Rng.of(episode)));
      Step<float[]> a;
      do {
        float[] action = {(float) Math.sin(episode)};
        a = plain.step(action);
        Step<float[]> b = wrapped.step(action);
        assertArrayEquals(a.observation(), b.observation());
        assertEquals(a.reward(), b.reward());
        assertEquals(a.truncated(), b.truncated());
      } while (!a.done());
    }
  }

  @Test
  void statesOfOtherEnvironmentsAreRefused() {
    var stack = new FrameStack<>(pendulum(), 3);
    var short1 = new State(new double[4], new long[1]);
    var refused = assertThrows(IllegalArgumentException.class, () -> stack.restore(short1));
    assertEquals(
        "state: 4 values and 1 counters where 9 and 0 belong; it is of another environment",
        refused.getMessage());
  }

  @Property(tries = 30)
  void framesAreStackedAsByHand(@ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int size) {
    var plain = pendulum();
    var stack = new FrameStack<>(pendulum(), size);
    assertEquals(Space.Box.of(-1, 1, 1).shape().size() + 1, box(stack).shape().size());
    List<float[]> frames = new ArrayList<>();
    frames.add(plain.reset(Rng.of(seed)));
    assertArrayEquals(stacked(frames, size), stack.reset(Rng.of(seed)));
    for (int i = 0; i < LIMIT; i++) {
      float[] torque = plain.actions().sample(Rng.of(seed).fold(i));
      frames.add(plain.step(torque).observation());
      float[] seen = stack.step(torque).observation();
      assertArrayEquals(stacked(frames, size), seen);
      assertTrue(box(stack).contains(seen));
    }
  }

  private static Space.Box box(Environment<float[], ?> environment) {
    return (Space.Box) environment.observations();
  }

  private static float[] stacked(List<float[]> frames, int size) {
    float[] all = new float[3 * size];
    for (int i = 0; i < size; i++) {
      float[] frame = frames.get(Math.max(0, frames.size() - size + i));
      System.arraycopy(frame, 0, all, 3 * i, 3);
    }
    return all;
  }

  @Test
  void actionsAreStretchedAndCut() {
    var plain = pendulum();
    var stretched = new RescaleAction<>(pendulum());
    var cut = new ClipAction<>(pendulum());
    List.of(plain, stretched, cut).forEach(e -> e.reset(Rng.of(1)));
    float[] expected = plain.step(new float[] {1.5f}).observation();
    assertArrayEquals(expected, stretched.step(new float[] {0.75f}).observation());
    cut.step(new float[] {1.5f});
    plain.step(new float[] {-2});
    assertArrayEquals(plain.step(new float[] {2}).observation(), stretchedAfter(stretched, -1, 1));
    cut.step(new float[] {-7});
    cut.step(new float[] {Float.POSITIVE_INFINITY});
    assertArrayEquals(plain.state().values(), cut.state().values());
    assertThrows(IllegalArgumentException.class, () -> stretched.step(new float[] {1.01f}));
    assertThrows(IllegalArgumentException.class, () -> cut.step(new float[] {Float.NaN}));
    assertThrows(IllegalArgumentException.class, () -> new RescaleAction<>(cut));
  }

  private static float[] stretchedAfter(Environment<float[], float[]> e, float a, float b) {
    e.step(new float[] {a});
    return e.step(new float[] {b}).observation();
  }

  @Test
  void episodesAreSummedUpAndCounted() {
    var counted = new Counted<>(new EpisodeStatistics<>(pendulum()));
    double total = 0;
    for (int episode = 1; episode <= 3; episode++) {
      counted.reset(Rng.of(episode));
      total = 0;
      Step<float[]> step;
      do {
        step = counted.step(new float[] {1});
        total += step.reward();
        assertEquals(step.done(), step.info().containsKey("episode"));
      } while (!step.done());
      assertEquals(Map.of("episode", new EpisodeStatistics.Episode(total, LIMIT)), step.info());
    }
    assertEquals(3, counted.episodes());
    assertEquals(3 * LIMIT, counted.steps());
    counted.reset(Rng.of(4));
    State then = counted.state();
    counted.step(new float[] {1});
    counted.restore(then);
    assertEquals(3 * LIMIT + 1, counted.steps());
  }

  @Test
  void replayingIsForNumbersAndVectors() {
    var first = new Replayed<>(Environments.discrete("FrozenLake8x8-v1"));
    var second = new Replayed<>(Environments.discrete("FrozenLake8x8-v1"));
    first.reset(Rng.of(5));
    first.step(2);
    assertArrayEquals(first.step(2).observation(), second.restore(first.state()));
    assertArrayEquals(first.step(1).observation(), second.step(1).observation());
    State shorter = new State(new double[1], second.state().counters());
    assertThrows(IllegalArgumentException.class, () -> second.restore(shorter));
  }

  @Test
  void recordingsHoldWholeEpisodes() {
    var recording = new Recording<>(pendulum());
    float[] first = recording.reset(Rng.of(1));
    Step<float[]> last = recording.step(new float[] {1});
    recording.restore(recording.state());
    recording.step(new float[] {-1});
    assertEquals(2, recording.episodes().size());
    var episode = recording.episodes().getFirst();
    assertArrayEquals(first, episode.first());
    assertEquals(last, episode.steps().getFirst());
    assertEquals(2, episode.scenes().size());
    assertArrayEquals(last.observation(), recording.episodes().getLast().first());
  }

  @Test
  void everySpaceIsFlattened() {
    var parts =
        List.<Space<?>>of(
            new Space.Discrete(3, -1),
            new Space.Box(new float[4], new float[] {1, 2, 3, 4}, List.of(2, 2)),
            new Space.MultiDiscrete(new int[] {2, 3}, new int[] {0, -1}),
            new Space.MultiBinary(2),
            new Space.Text(0, 3, "ab"));
    var tuple = new Flattening<>(new Space.Tuple(parts));
    List<Object> value =
        List.of(1, new float[] {1, 1, 2, 3}, new int[] {1, -1}, new boolean[] {true, false}, "ba");
    float[] expected = {0, 0, 1, 1, 1, 2, 3, 0, 1, 1, 0, 0, 1, 0, 1, 0, 2};
    assertArrayEquals(expected, tuple.of(value));
    assertTrue(tuple.box().contains(expected));
    var dict = new Flattening<>(new Space.Dict(Map.of("only", new Space.Tuple(parts))));
    assertArrayEquals(expected, dict.of(Map.of("only", value)));
    var bits = new Flattening<>(new Space.MultiBinary(2));
    assertThrows(IllegalArgumentException.class, () -> bits.of(new boolean[3]));
  }

  @Property(tries = 50)
  void flattenedElementsLieInTheirBox(@ForAll long seed) {
    for (Space<?> space :
        List.of(
            Space.Discrete.of(7),
            new Space.MultiDiscrete(new int[] {3, 1, 4}),
            new Space.Text(1, 6, "xyz"),
            new Space.Tuple(List.of(Space.Box.of(-1, 1, 2), new Space.MultiBinary(3))))) {
      flattens(space, Rng.of(seed));
    }
  }

  private static <T> void flattens(Space<T> space, Rng key) {
    var flattening = new Flattening<>(space);
    assertEquals("", flattening.box().fault(flattening.of(space.sample(key))));
  }

  @Test
  void statesOfTablesAreOneHot() {
    Environment<float[], Integer> lake = Environments.discrete("FrozenLake-v1");
    float[] start = new float[16];
    start[0] = 1;
    assertArrayEquals(start, lake.reset(Rng.of(1)));
    float[] next = lake.step(1).observation();
    assertEquals(1, next[0] + next[1] + next[4]);
    assertEquals(1, Arrays.stream(new int[] {0, 1, 4}).filter(i -> next[i] == 1).count());
  }

  /// Value by temporal differences on a process of two states that never ends, under a time limit:
  /// exact if cut episodes bootstrap, wrong if a cut counts as an end.
  @Test
  void cutEpisodesBootstrap() {
    double gamma = 0.9;
    double exact = 1 / (1 - gamma * gamma);
    assertEquals(exact, value(gamma, false), 1e-9);
    assertTrue(Math.abs(exact - value(gamma, true)) > 0.5);
  }

  private static double value(double gamma, boolean cutsAreEnds) {
    var outcomes =
        new Mdp.Outcome[][][] {
          {{new Mdp.Outcome(1, 1, 1, false)}}, {{new Mdp.Outcome(1, 0, 0, false)}}
        };
    var mdp = new Mdp(outcomes, new double[] {0.5, 0.5}, gamma);
    var environment = new TimeLimit<>(new TabularEnvironment(mdp), 3);
    double[] values = new double[2];
    for (int episode = 0; episode < 400; episode++) {
      int state = environment.reset(Rng.of(episode));
      Step<Integer> step;
      do {
        step = environment.step(0);
        double discount = cutsAreEnds && step.done() ? 0 : step.discount(gamma);
        values[state] = step.reward() + discount * values[step.observation()];
        state = step.observation();
      } while (!step.done());
    }
    return values[0];
  }
}
