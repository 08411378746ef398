package telos.rl.mujoco;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import telos.rl.environment.Environment;
import telos.rl.environment.EnvironmentCheck;
import telos.rl.environment.Environments;
import telos.rl.environment.Space;
import telos.rl.environment.Step;
import telos.tensor.Rng;

/// The environments keep their promises: sizes, bits, states, rewards, endings.
final class EnvironmentsTest {
  private static final Rng KEY = Rng.of(11);

  @BeforeAll
  @BeforeContainer
  static void needsMujoco() {
    Here.needsMujoco();
  }

  static Task task(String name) {
    return switch (name) {
      case "Ant-v5" -> new Ant();
      case "HalfCheetah-v5" -> Locomotion.halfCheetah();
      case "Hopper-v5" -> Locomotion.hopper();
      case "Pusher-v5" -> new Pusher();
      case "Reacher-v5" -> new Reacher();
      case "Swimmer-v5" -> Locomotion.swimmer();
      case "Walker2d-v5" -> Locomotion.walker2d();
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static Environment.Restorable<float[], float[]> make(String name) {
    return Mujoco.environments().get(name).get();
  }

  private static float[] action(Environment<float[], float[]> environment, int step) {
    return environment.actions().sample(KEY.fold("action").fold(step));
  }

  /// Sizes, limits of actions and of time as published.
  @ParameterizedTest
  @CsvSource({
    "Ant-v5, 105, 8, 1, 1000",
    "HalfCheetah-v5, 17, 6, 1, 1000",
    "Hopper-v5, 11, 3, 1, 1000",
    "Pusher-v5, 23, 7, 2, 100",
    "Reacher-v5, 10, 2, 1, 50",
    "Swimmer-v5, 8, 2, 1, 1000",
    "Walker2d-v5, 17, 6, 1, 1000",
  })
  void spacesAndTimesAreThePublished(String name, int seen, int controls, float most, int limit) {
    try (var environment = make(name)) {
      assertEquals(
          Space.Box.of(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, seen),
          environment.observations());
      assertEquals(Space.Box.of(-most, most, controls), environment.actions());
      float[] still = new float[controls];
      environment.reset(KEY);
      int steps = 1;
      Step<float[]> step = environment.step(still);
      while (!step.done()) {
        step = environment.step(still);
        steps++;
      }
      assertTrue(steps == limit ? step.truncated() : step.terminated() && steps < limit);
      assertThrows(IllegalStateException.class, () -> environment.step(still));
    }
  }

  /// Equal keys and actions give equal bits, whatever came before; a state restored in mid-episode,
  /// in another environment too, goes on to the same bits.
  @ParameterizedTest
  @CsvSource({
    "Ant-v5",
    "HalfCheetah-v5",
    "Hopper-v5",
    "Pusher-v5",
    "Reacher-v5",
    "Swimmer-v5",
    "Walker2d-v5"
  })
  void episodesRepeatAndResume(String name) {
    try (var one = make(name);
        var two = make(name)) {
      two.reset(KEY.fold("before"));
      two.step(action(two, 99));
      for (int episode = 0; episode < 3; episode++) {
        float[] start = one.reset(KEY.fold(episode));
        assertArrayEquals(start, two.reset(KEY.fold(episode)));
        Step<float[]> step;
        int steps = 0;
        do {
          if (steps % 4 == 2) {
            two.reset(KEY.fold("elsewhere"));
            two.restore(one.state());
          }
          step = one.step(action(one, steps));
          assertEqualSteps(step, two.step(action(one, steps)));
          one.observations().require("observation", step.observation());
          steps++;
        } while (!step.done() && steps < 40);
      }
      assertFalse(Arrays.equals(one.reset(KEY.fold(98)), one.reset(KEY.fold(99))));
    }
  }

  private static void assertEqualSteps(Step<float[]> expected, Step<float[]> actual) {
    assertArrayEquals(expected.observation(), actual.observation());
    assertEquals(expected.reward(), actual.reward());
    assertEquals(expected.terminated(), actual.terminated());
    assertEquals(expected.truncated(), actual.truncated());
    assertEquals(expected.info(), actual.info());
  }

  /// What a restored environment shows first is what the other showed last.
  @Property(tries = 10)
  void restoredObservationIsTheLast(@ForAll @IntRange(min = 1, max = 12) int steps) {
    for (String name : Mujoco.environments().keySet()) {
      try (var one = make(name);
          var two = make(name)) {
        one.reset(KEY.fold(steps));
        Step<float[]> step = one.step(action(one, 0));
        for (int i = 1; i < steps && !step.done(); i++) {
          step = one.step(action(one, i));
        }
        if (!step.done()) {
          assertArrayEquals(step.observation(), two.restore(one.state()));
        }
      }
    }
  }

  /// `dx / dt + survival - cost`, from what can be read off the states alone.
  @ParameterizedTest
  @CsvSource({
    "HalfCheetah-v5, 0.05, 0, 0.1",
    "Hopper-v5, 0.008, 1, 0.001",
    "Swimmer-v5, 0.04, 0, 0.0001",
    "Walker2d-v5, 0.008, 1, 0.001"
  })
  void runnersAreRewardedForSpeed(String name, double seconds, double survival, double price) {
    try (var environment = new MujocoEnvironment(task(name))) {
      environment.reset(KEY);
      for (int i = 0; i < 8; i++) {
        double from = environment.physics().qpos(0);
        float[] action = action(environment, i);
        double squares = 0;
        for (float torque : action) {
          squares += (double) torque * torque;
        }
        Step<float[]> step = environment.step(action);
        double moved = environment.physics().qpos(0) - from;
        assertFalse(step.terminated());
        assertEquals(moved / seconds + survival - price * squares, step.reward(), 1e-9);
      }
    }
  }

  /// Distances between bodies, from positions.
  @Test
  void reachersAreRewardedForNearness() {
    try (var environment = new MujocoEnvironment(new Reacher())) {
      Physics physics = environment.physics();
      environment.reset(KEY);
      Step<float[]> step = environment.step(new float[] {0.5f, -1});
      double distance = distance(physics, "tip", "target");
      assertEquals(-distance - 1.25, step.reward(), 1e-9);
      assertTrue(Math.hypot(physics.qpos(2), physics.qpos(3)) < 0.2);
    }
    try (var environment = new MujocoEnvironment(new Pusher())) {
      Physics physics = environment.physics();
      environment.reset(KEY);
      Step<float[]> step = environment.step(new float[] {2, 0, 0, -1, 0, 0, 0});
      double expected =
          -distance(physics, "object", "goal") - 0.5 - 0.5 * distance(physics, "tips", "object");
      assertEquals(expected, step.reward(), 1e-9);
    }
  }

  private static double distance(Physics physics, String from, String to) {
    double sum = 0;
    for (int axis = 0; axis < 3; axis++) {
      double way = physics.xpos(physics.body(to), axis) - physics.xpos(physics.body(from), axis);
      sum += way * way;
    }
    return Math.sqrt(sum);
  }

  /// The first step after which the mechanism is not healthy ends the episode and brings no bonus.
  @Test
  void fallenMechanismsEnd() {
    assertTrue(ends(Locomotion.hopper(), 2, 0.21));
    assertFalse(ends(Locomotion.hopper(), 2, 0.15));
    assertFalse(ends(Locomotion.hopper(), 1, 5));
    assertTrue(ends(Locomotion.walker2d(), 1, 2.1));
    assertTrue(ends(Locomotion.walker2d(), 2, -1.05));
    assertFalse(ends(Locomotion.walker2d(), 2, 0.9));
    assertTrue(ends(new Ant(), 2, 1.1));
    assertFalse(ends(new Ant(), 2, 0.8));
    assertFalse(ends(Locomotion.halfCheetah(), 2, 3));
    assertFalse(ends(Locomotion.swimmer(), 2, 3));
  }

  /// Bounds of height, which the ground would push a mechanism out of within a step, and of all
  /// else.
  @Test
  void healthHasBounds() {
    assertFalse(healthy(Locomotion.hopper(), 0.69, 0));
    assertTrue(healthy(Locomotion.hopper(), 0.71, 99));
    assertFalse(healthy(Locomotion.hopper(), 0.71, -101));
    assertFalse(healthy(Locomotion.walker2d(), 0.79, 0));
    assertTrue(healthy(Locomotion.walker2d(), 0.81, 101));
    assertTrue(healthy(Locomotion.halfCheetah(), -9, 101));
  }

  private static boolean healthy(Locomotion task, double height, double velocity) {
    try (Physics physics = task.load()) {
      double[] positions = physics.qpos0();
      positions[1] = height;
      double[] velocities = new double[physics.nv()];
      velocities[1] = velocity;
      physics.start(positions, velocities);
      return task.health().of(physics);
    }
  }

  private static boolean ends(Task task, int coordinate, double value) {
    try (Physics physics = task.load()) {
      double[] positions = physics.qpos0();
      positions[coordinate] = value;
      physics.start(positions, new double[physics.nv()]);
      Step<float[]> step = task.act(physics, new float[physics.nu()]);
      assertFalse(step.truncated());
      if (step.terminated()) {
        assertEquals(0.0, step.info().get("reward_survive"));
      }
      return step.terminated();
    }
  }

  /// Mean returns of random actions: Gymnasium 1.3.0 gives -290 +- 19, 19 +- 3, -1 +- 1.3 and -43.1
  /// +- 0.8 (20 episodes); D4RL (Fu et al. 2020) counts -280 as HalfCheetah's random score.
  @ParameterizedTest
  @CsvSource({
    "HalfCheetah-v5, 2, -450, -120",
    "Hopper-v5, 40, 8, 32",
    "Walker2d-v5, 40, -6, 8",
    "Reacher-v5, 20, -47, -39"
  })
  void randomActionsEarnWhatOthersReport(String name, int episodes, double least, double most) {
    try (var environment = make(name)) {
      double total = 0;
      for (int episode = 0; episode < episodes; episode++) {
        environment.reset(KEY.fold(episode));
        Rng choices = KEY.fold("choices").fold(episode);
        Step<float[]> step;
        int steps = 0;
        do {
          step = environment.step(environment.actions().sample(choices.fold(steps++)));
          total += step.reward();
        } while (!step.done());
      }
      double mean = total / episodes;
      assertTrue(mean > least && mean < most, "mean return " + mean);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Ant-v5",
    "HalfCheetah-v5",
    "Hopper-v5",
    "Pusher-v5",
    "Reacher-v5",
    "Swimmer-v5",
    "Walker2d-v5"
  })
  void rulesOfEnvironmentsAreKept(String name) {
    assertEquals(List.of(), EnvironmentCheck.of(make(name)).faults());
  }

  @Test
  void environmentsAreFoundByName(@TempDir Path folder) throws Exception {
    assertTrue(Environments.names().containsAll(Mujoco.environments().keySet()));
    try (var hopper = Environments.continuous("Hopper-v5")) {
      assertEquals(11, hopper.reset(KEY).length);
      assertEquals(0.008, hopper.scene().orElseThrow().seconds(), 1e-12);
    }
    Path model = folder.resolve("slide.xml");
    Files.writeString(
        model,
        """
        <mujoco><worldbody><body><joint type="slide"/><geom size="1"/></body></worldbody></mujoco>
        """);
    try (var slide = Environments.continuous(model.toString())) {
      assertEquals(2, slide.reset(KEY).length);
    }
    var wrong = assertThrows(IllegalArgumentException.class, () -> Environments.of("none.xml"));
    assertEquals("mujoco: none.xml is no file that can be read", wrong.getMessage());
  }

  @Test
  void whatIsNoActionIsRefused() {
    try (var environment = make("Hopper-v5")) {
      assertThrows(IllegalStateException.class, () -> environment.step(new float[3]));
      environment.reset(KEY);
      assertThrows(IllegalArgumentException.class, () -> environment.step(new float[2]));
      assertThrows(
          IllegalArgumentException.class, () -> environment.step(new float[] {0, 1.5f, 0}));
      assertThrows(
          IllegalArgumentException.class, () -> environment.step(new float[] {0, Float.NaN, 0}));
      environment.step(new float[3]);
    }
  }

  @Test
  void closedEnvironmentsAreNotUsed() {
    var environment = new MujocoEnvironment(new Reacher());
    environment.reset(KEY);
    environment.close();
    environment.close();
    var closed = assertThrows(IllegalStateException.class, () -> environment.step(new float[2]));
    assertEquals("mujoco: reacher.xml is closed", closed.getMessage());
    assertThrows(IllegalStateException.class, () -> environment.reset(KEY));
    assertThrows(IllegalStateException.class, environment::scene);
  }

  /// Any model, with a reward of the user's; where it diverges, the episode is cut before.
  @Test
  void usersBringModels(@TempDir Path folder) throws Exception {
    Path model = folder.resolve("cart.xml");
    Files.writeString(
        model,
        """
        <mujoco><option timestep="0.1"/><worldbody><body>
          <joint name="x" type="slide" axis="1 0 0"/><geom type="box" size="1 1 1" mass="2"/>
        </body></worldbody><actuator><motor joint="x" gear="100"/></actuator></mujoco>
        """);
    Mechanism.Reward speed = (state, action, next) -> next[0] - state[0] - action[0];
    try (var environment = new MujocoEnvironment(new Mechanism(model, 2, 0.5, speed))) {
      float[] start = environment.reset(KEY);
      assertTrue(Math.abs(start[0]) < 0.5 && Math.abs(start[1]) < 0.5 && start[0] != start[1]);
      Step<float[]> step = environment.step(new float[] {0.04f});
      assertEquals(start[1] + 0.4, step.observation()[1], 1e-6);
      assertEquals(step.observation()[0] - start[0] - 0.04, step.reward(), 1e-6);
      Step<float[]> cut = environment.step(new float[] {1e9f});
      assertTrue(cut.truncated() && !cut.terminated());
      assertArrayEquals(step.observation(), cut.observation());
      assertEquals(0, cut.reward());
      assertTrue(cut.info().containsKey("unstable"));
      environment.reset(KEY);
      assertEquals(Map.of(), environment.step(new float[1]).info());
    }
    try (var plain = new MujocoEnvironment(Mechanism.of(model))) {
      assertArrayEquals(new float[2], plain.reset(KEY));
      assertEquals(0, plain.step(new float[] {1}).reward());
    }
    assertThrows(
        IllegalArgumentException.class, () -> new Mechanism(model, 0, 0, Mechanism.Reward.NONE));
  }
}
