package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import telos.devices.cpu.CpuDevice;
import telos.rl.Learner;
import telos.rl.Snapshot;
import telos.rl.environment.CartPole;
import telos.rl.environment.Environment;
import telos.rl.environment.Pendulum;
import telos.rl.environment.Simulation;
import telos.rl.environment.Space;
import telos.rl.environment.TimeLimit;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// What the off-policy actor-critics compute in an update, how they count, and that a run is a pure
/// function of configuration and key.
class ActorCriticTest {
  private static final Rng KEY = Rng.of(7);

  /// The algorithms, with small networks.
  enum Algorithm {
    DDPG,
    TD3,
    SAC,
    DISCRETE_SAC,
    REDQ,
    DROQ;

    Learner of(int width, int batch) {
      List<Integer> hidden = List.of(width, width);
      return switch (this) {
        case DDPG ->
            new Ddpg(
                new Ddpg.Config(2, 5, 10, 30, batch, 0.99, 0.05, 1e-3, 1e-3, 0.1, 0.5, hidden, 0),
                pendulum(),
                KEY);
        case TD3 ->
            new Td3(
                new Td3.Config(
                    2, 5, 10, 30, batch, 0.99, 0.05, 1e-3, 1e-3, 0.1, 0.5, 0.2, 0.5, 2, hidden, 0),
                pendulum(),
                KEY);
        case SAC ->
            new Sac(
                new Sac.Config(
                    2, 5, 10, 30, batch, 0.99, 0.05, 1e-3, 1e-3, 1, 1e-3, -1, 0.5, hidden, 0),
                pendulum(),
                KEY);
        case DISCRETE_SAC ->
            new DiscreteSac(
                new DiscreteSac.Config(
                    2, 5, 10, 30, batch, 0.99, 0.05, 1e-3, 1e-3, 1, 1e-3, 0.5, hidden),
                () -> new TimeLimit<>(new Simulation<>(new CartPole()), 7),
                KEY);
        case REDQ ->
            new Redq(
                new Redq.Config(
                    2, 5, 10, 30, 3, 2, 4, batch, 0.99, 0.05, 1e-3, 1e-3, 1, 1e-3, -1, hidden),
                pendulum(),
                KEY);
        case DROQ ->
            new Droq(
                new Droq.Config(
                    2, 5, 10, 30, 4, batch, 0.01, 0.99, 0.05, 1e-3, 1e-3, 1, 1e-3, -1, hidden),
                pendulum(),
                KEY);
      };
    }

    /// Updates of critics and of actors for each step.
    int[] rates() {
      return switch (this) {
        case DDPG, SAC, DISCRETE_SAC -> new int[] {2, 2};
        case TD3 -> new int[] {2, 1};
        case REDQ, DROQ -> new int[] {8, 2};
      };
    }
  }

  private static Supplier<Environment<float[], float[]>> pendulum() {
    return () -> new TimeLimit<>(new Simulation<>(new Pendulum()), 7);
  }

  // --- runs ---

  private static void advance(Learner learner, int iterations) {
    for (int i = 0; i < iterations; i++) {
      var _ = learner.advance();
    }
  }

  private static Map<String, String> numbers(Snapshot snapshot) {
    Map<String, String> numbers = new HashMap<>();
    snapshot.tensors().forEach((name, t) -> numbers.put(name, bits(t)));
    snapshot
        .counters()
        .forEach((name, values) -> numbers.put(name, java.util.Arrays.toString(values)));
    return numbers;
  }

  private static String bits(Tensor tensor) {
    return tensor.toArray() instanceof float[] floats
        ? java.util.Arrays.toString(
            java.util.stream.IntStream.range(0, floats.length)
                .map(i -> Float.floatToRawIntBits(floats[i]))
                .toArray())
        : java.util.Arrays.toString(tensor.toDoubles());
  }

  /// Also once the buffer is full and the oldest have made room, and twice from one snapshot.
  @ParameterizedTest
  @EnumSource
  void aResumedRunEqualsTheUninterruptedOne(Algorithm algorithm) {
    int before = 1 + new Random().nextInt(5);
    try (Learner whole = algorithm.of(8, 16)) {
      advance(whole, before);
      Snapshot snapshot = whole.snapshot();
      advance(whole, 2);
      for (int i = 0; i < 2; i++) {
        try (Learner resumed = algorithm.of(8, 16)) {
          advance(resumed, 1);
          resumed.restore(snapshot);
          assertEquals(10L * before, resumed.steps());
          advance(resumed, 2);
          assertEquals(numbers(whole.snapshot()), numbers(resumed.snapshot()), "after " + before);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void threadsDoNotMatter(Algorithm algorithm) {
    assertEquals(run(algorithm, 1), run(algorithm, 2));
  }

  private static Map<String, String> run(Algorithm algorithm, int threads) {
    try (var device = new CpuDevice(threads)) {
      return device.with(() -> {
        try (Learner learner = algorithm.of(96, 96)) {
          advance(learner, 1);
          return numbers(learner.snapshot());
        }
      });
    }
  }

  /// Learning starts after 10 steps, in the fifth round of two environments.
  @ParameterizedTest
  @EnumSource
  void everyStepIsFollowedByItsUpdates(Algorithm algorithm) {
    try (Learner learner = algorithm.of(8, 16)) {
      advance(learner, 1);
      int[] rates = algorithm.rates();
      assertEquals(rates[0], learner.snapshot().tensor("state.criticAdam.steps").item());
      advance(learner, 1);
      assertEquals(6 * rates[0], learner.snapshot().tensor("state.criticAdam.steps").item());
      assertEquals(6 * rates[1], learner.snapshot().tensor("state.actorAdam.steps").item());
      assertEquals(20, learner.steps());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPolicyStaysWhatItIs(Algorithm algorithm) {
    try (Learner learner = algorithm.of(8, 16)) {
      advance(learner, 2);
      var policy = learner.policy();
      int width = algorithm == Algorithm.DISCRETE_SAC ? 4 : 3;
      Tensor observations = KEY.normal(Shape.of(5, width));
      boolean[] begins = new boolean[5];
      double[] first = policy.begin(5).act(observations, begins, KEY).toDoubles();
      double[] greedy = policy.greedy().begin(5).act(observations, begins, KEY).toDoubles();
      advance(learner, 1);
      assertArrayEquals(first, policy.begin(5).act(observations, begins, KEY).toDoubles());
      assertArrayEquals(
          greedy, policy.greedy().begin(5).act(observations, begins, KEY).toDoubles());
    }
  }

  /// Each leaf of the targets is a step of tau from where it was towards the critics of now.
  @Test
  void targetsFollowTheCritics() {
    var config =
        new Sac.Config(1, 1, 1, 30, 8, 0.99, 0.25, 1e-2, 1e-2, 1, 1e-3, -1, 0, List.of(4), 0);
    try (var sac = new Sac(config, pendulum(), KEY)) {
      advance(sac, 3);
      Snapshot before = sac.snapshot();
      advance(sac, 1);
      Snapshot after = sac.snapshot();
      for (String leaf : List.of("layers.0.weight", "layers.0.bias", "layers.1.weight")) {
        double[] old = before.tensor("state.targets.networks.members." + leaf).toDoubles();
        double[] critic = after.tensor("state.critics.networks.members." + leaf).toDoubles();
        double[] target = after.tensor("state.targets.networks.members." + leaf).toDoubles();
        for (int i = 0; i < old.length; i++) {
          assertEquals(old[i] + 0.25 * (critic[i] - old[i]), target[i], 1e-6);
        }
      }
    }
  }

  // --- an end, and a cut ---

  /// Reward 1 in a single state, where an action changes nothing.
  private record Constant(boolean ends) implements telos.rl.environment.Dynamics<float[]> {
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
      return new Outcome(state, 1, ends);
    }

    @Override
    public float[] observe(double[] state) {
      return new float[] {1};
    }
  }

  private static double value(boolean ends, int which) {
    Supplier<Environment<float[], float[]>> world =
        () -> new TimeLimit<>(new Simulation<>(new Constant(ends)), ends ? 9 : 1);
    List<Integer> linear = List.of();
    Learner learner =
        switch (which) {
          case 0 ->
              new Ddpg(
                  new Ddpg.Config(1, 30, 5, 99, 8, 0.5, 0.5, 0, 0.05, 0.3, 0, linear, 0),
                  world,
                  KEY);
          case 1 ->
              new Td3(
                  new Td3.Config(
                      1, 30, 5, 99, 8, 0.5, 0.5, 0, 0.05, 0.3, 0, 0.2, 0.5, 1, linear, 0),
                  world,
                  KEY);
          default ->
              new Sac(
                  new Sac.Config(1, 30, 5, 99, 8, 0.5, 0.5, 0, 0.05, 1e-6, 0, -1, 0, linear, 0),
                  world,
                  KEY);
        };
    try (learner) {
      advance(learner, 4);
      return learner.advance().getOrDefault("value", Double.NaN);
    }
  }

  /// With gamma one half: `1 + 1/2 + 1/4 ... = 2` where episodes are cut, 1 where they end.
  @Test
  void cutEpisodesGoOnAndEndedOnesDoNot() {
    for (int which = 0; which < 3; which++) {
      assertEquals(2, value(false, which), 0.1);
      assertEquals(1, value(true, which), 0.01);
    }
  }

  @Test
  void aParameterThatCannotWorkIsNamed() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> new Sac.Config(1, 1, 1, 9, 8, 1.5, 0.1, 0, 0, 1, 0, -1, 0, List.of(), 0))
            .getMessage();
    assertEquals("sac: gamma is 1.5, needs a number in [0, 1]", message);
    message =
        assertThrows(
                IllegalArgumentException.class,
                () -> new Redq.Config(1, 1, 1, 9, 3, 4, 1, 8, 0.9, 0.1, 0, 0, 1, 0, -1, List.of()))
            .getMessage();
    assertEquals("redq: subset is 4, needs 1 to the number of critics", message);
    message =
        assertThrows(
                IllegalArgumentException.class,
                () -> new Sac(Sac.Config.defaults(), () -> new Simulation<>(new CartPole()), KEY))
            .getMessage();
    assertTrue(message.contains("vectors between finite bounds"), message);
  }
}
