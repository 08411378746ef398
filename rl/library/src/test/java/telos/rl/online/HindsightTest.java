package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import telos.rl.Evaluation;
import telos.rl.Her;
import telos.rl.Learner;
import telos.rl.LearnerContract;
import telos.rl.Transitions;
import telos.rl.environment.Dynamics;
import telos.rl.environment.Goals;
import telos.rl.environment.Maze;
import telos.rl.environment.Pendulum;
import telos.rl.environment.PointMaze;
import telos.rl.environment.Simulation;
import telos.rl.environment.Space;
import telos.rl.environment.TimeLimit;
import telos.rl.vector.SameStep;
import telos.rl.vector.VectorStep;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Goals in hindsight for actor-critics.
final class HindsightTest {
  private static final Rng KEY = Rng.of(41);

  /// A point on a line that is to come within 0.05 of a goal, which ends the episode; every other
  /// step costs 1.
  private record Line() implements Dynamics<float[]>, Goals {
    @Override
    public Space.Box observations() {
      return Space.Box.of(-4, 4, 2);
    }

    @Override
    public Space<float[]> actions() {
      return Space.Box.of(-1, 1, 1);
    }

    @Override
    public double[] start(Rng key) {
      double goal = 1 + key.uniform();
      return new double[] {0, key.fold("side").bernoulli(0.5) ? goal : -goal};
    }

    @Override
    public Outcome move(double[] state, float[] action) {
      double place = Math.clamp(state[0] + 0.5 * action[0], -3, 3);
      boolean there = Math.abs(place - state[1]) < 0.05;
      return new Outcome(new double[] {place, state[1]}, there ? 0 : -1, there);
    }

    @Override
    public float[] observe(double[] state) {
      return new float[] {(float) state[0], (float) state[1]};
    }

    @Override
    public int goalSize() {
      return 1;
    }

    @Override
    public int achievedAt() {
      return 0;
    }

    @Override
    public double reward(float[] achieved, float[] desired) {
      return solved(achieved, desired) ? 0 : -1;
    }

    @Override
    public boolean solved(float[] achieved, float[] desired) {
      return Math.abs(achieved[0] - desired[0]) < 0.05;
    }
  }

  private static TimeLimit<float[], float[]> line() {
    return new TimeLimit<>(new Simulation<>(new Line()), 10);
  }

  private static TimeLimit<float[], float[]> maze() {
    return new TimeLimit<>(new Simulation<>(new PointMaze(Maze.OPEN, false, true)), 7);
  }

  /// The algorithms, with small networks.
  enum Kind {
    DDPG,
    TD3,
    SAC;

    Learner of(Map<String, ?> changed, Supplier<TimeLimit<float[], float[]>> environment) {
      Map<String, Object> all =
          new HashMap<>(Map.of("hidden", List.of(32, 32), "batch", 32, "gamma", 0.9, "tau", 0.05));
      all.putAll(Map.of("actorRate", 3e-3, "criticRate", 3e-3, "iteration", 50));
      all.putAll(Map.of("temperature", 0.05, "temperatureRate", 0.0));
      all.putAll(changed);
      return switch (this) {
        case DDPG -> new Ddpg(known(Ddpg.Config.defaults(), all), environment, KEY);
        case TD3 -> new Td3(known(Td3.Config.defaults(), all), environment, KEY);
        case SAC -> new Sac(known(Sac.Config.defaults(), all), environment, KEY);
      };
    }

    private static <C extends Record> C known(C defaults, Map<String, ?> changed) {
      return Settings.with(defaults, changed);
    }
  }

  /// Some episodes still run when it is interrupted.
  @ParameterizedTest
  @EnumSource
  void resumes(Kind kind) {
    Map<String, ?> few =
        Map.of(
            "hidden",
            List.of(8),
            "hindsight",
            2,
            "environments",
            2,
            "iteration",
            5,
            "learningStarts",
            20,
            "batch",
            8,
            "capacity",
            60);
    LearnerContract.assertResumes(() -> kind.of(few, HindsightTest::maze), 5, 4);
  }

  /// What is told in hindsight of the maze pays what the maze would have paid.
  @Test
  void theMazeIsToldAnew() {
    PointMaze maze = new PointMaze(Maze.OPEN, false, true);
    var her = Her.of(maze(), 3, 0.9, 2).orElseThrow();
    int told = 0;
    try (var vector = new SameStep(List.of(maze(), maze()))) {
      vector.reset(KEY);
      for (int t = 0; t < 21; t++) {
        Tensor before = vector.current();
        Tensor actions = KEY.fold(t).uniform(-1, 1, telos.tensor.Shape.of(2, 2));
        VectorStep step = vector.step(actions);
        Transitions batch = her.add(before, actions, step, KEY.fold("told").fold(t));
        float[] next = batch.next().toFloats();
        for (int i = 0; i < batch.size(); i++) {
          float[] achieved = Arrays.copyOfRange(next, 6 * i, 6 * i + 2);
          float[] desired = Arrays.copyOfRange(next, 6 * i + 4, 6 * i + 6);
          assertEquals(maze.reward(achieved, desired), batch.rewards().toDoubles()[i], 1e-6);
          double discount = maze.solved(achieved, desired) ? 0 : 0.9;
          assertEquals(discount, batch.discounts().toDoubles()[i], 1e-6);
          told++;
        }
        if (batch.size() > 0) {
          float[] seen = batch.observations().toFloats();
          assertArrayEquals(
              Arrays.copyOfRange(next, 4, 6), Arrays.copyOfRange(seen, 4, 6), "one goal a row");
        }
      }
    }
    assertTrue(told >= 2 * 3 * 7 * 4, told + " transitions");
  }

  /// After 600 steps; without hindsight that is too early.
  @ParameterizedTest
  @EnumSource
  void reachesItsGoals(Kind kind) {
    double with = achieved(kind, 4);
    double without = achieved(kind, 0);
    assertTrue(with > -6, "with hindsight " + with);
    assertTrue(without < -8, "without " + without);
  }

  private static double achieved(Kind kind, int hindsight) {
    Map<String, Object> settings = new HashMap<>(Map.of("hindsight", hindsight));
    settings.put("learningStarts", 200);
    try (Learner learner = kind.of(settings, HindsightTest::line)) {
      while (learner.steps() < 600) {
        learner.advance();
      }
      return Evaluation.of(learner.policy().greedy(), HindsightTest::line, 40, 10, KEY).mean();
    }
  }

  @Test
  void needsGoals() {
    Supplier<TimeLimit<float[], float[]>> pendulum =
        () -> new TimeLimit<>(new Simulation<>(new Pendulum()), 9);
    var refused =
        assertThrows(
            IllegalArgumentException.class, () -> Kind.SAC.of(Map.of("hindsight", 4), pendulum));
    assertTrue(refused.getMessage().contains("no environment of goals"), refused.getMessage());
  }
}
