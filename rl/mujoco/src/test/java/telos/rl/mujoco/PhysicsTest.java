package telos.rl.mujoco;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What MuJoCo computes is what mechanics says, and what goes wrong in it ends in a sentence.
final class PhysicsTest {
  private static final float[] NO_CONTROLS = {};

  private static final String BALL =
      """
      <mujoco><option timestep="0.01"/><worldbody><body name="ball" pos="0 0 100">
        <freejoint/><geom type="sphere" size="0.1" density="1000"/>
      </body></worldbody></mujoco>
      """;

  /// A point of 2 kg on a massless rod of 0.5 m.
  private static final String PENDULUM =
      """
      <mujoco><compiler angle="radian"/><option timestep="0.002" integrator="RK4"><flag energy="enable"/></option>
      <worldbody><body pos="0 0 1"><joint axis="0 1 0"/>
        <inertial pos="0 0 -0.5" mass="2" diaginertia="1e-6 1e-6 1e-6"/>
      </body></worldbody></mujoco>
      """;

  /// A motor without limits on a slide.
  private static final String CART =
      """
      <mujoco><option timestep="0.1" gravity="0 0 0"/><worldbody><body>
        <joint name="x" type="slide" axis="1 0 0"/><geom type="box" size="1 1 1" mass="2"/>
      </body></worldbody><actuator><motor joint="x"/></actuator></mujoco>
      """;

  @BeforeAll
  static void needsMujoco() {
    Here.needsMujoco();
  }

  /// MuJoCo's Euler steps give `v = -g n dt` and `z = z0 - g dt^2 n (n + 1) / 2`.
  @Test
  void ballFalls() {
    try (Physics ball = Physics.of(BALL)) {
      ball.start(ball.qpos0(), new double[6]);
      int n = 200;
      ball.advance(NO_CONTROLS, n);
      assertEquals(-9.81 * n * 0.01, ball.qvel(2), 1e-9);
      assertEquals(100 - 9.81 * 1e-4 * n * (n + 1) / 2, ball.qpos(2), 1e-9);
      assertEquals(2, ball.time(), 1e-9);
      assertEquals(1000 * 4.0 / 3 * Math.PI * 1e-3, ball.mass(ball.body("ball")), 1e-9);
      assertEquals(ball.qpos(2) + 9.81 * 1e-4 * n, ball.xpos(1, 2), 1e-9, "a substep behind");
    }
  }

  /// `E = m (v^2 / 2 + g z)`, which a frictionless pendulum keeps.
  @Test
  void pendulumKeepsItsEnergy() {
    try (Physics pendulum = Physics.of(PENDULUM)) {
      pendulum.start(new double[] {2}, new double[] {1});
      double height = 1 - 0.5 * Math.cos(2);
      double energy = 2 * (0.5 * 0.5 * 0.5 + 9.81 * height);
      assertEquals(energy, pendulum.energy(), 1e-5);
      for (int i = 0; i < 500; i++) {
        pendulum.advance(NO_CONTROLS, 1);
        assertEquals(energy, pendulum.energy(), 1e-5);
      }
      assertTrue(Math.abs(pendulum.qpos(0) - 2) > 0.1, "it must have moved");
    }
  }

  /// `v += F dt / m`.
  @Test
  void forcesAccelerate() {
    try (Physics cart = Physics.of(CART)) {
      assertTrue(cart.controls().contains(new float[] {1e6f}));
      cart.start(new double[] {1}, new double[] {3});
      cart.advance(new float[] {-4}, 2);
      assertEquals(3 - 2 * 4 * 0.1 / 2, cart.qvel(0), 1e-12);
      cart.computeForces();
      assertEquals(0, cart.cfrc(1, 3), "a motor is no outer force");
    }
  }

  /// The world pushes back with the weight of what rests on it.
  @Test
  void groundCarries() {
    String resting = BALL.replace("<body", "<geom type=\"plane\" size=\"1 1 1\"/><body");
    try (Physics ball = Physics.of(resting.replace("0 0 100", "0 0 0.1"))) {
      ball.start(ball.qpos0(), new double[6]);
      ball.advance(NO_CONTROLS, 500);
      ball.computeForces();
      assertEquals(9.81 * ball.mass(1), ball.cfrc(1, 5), 1e-3);
      assertEquals(0, ball.qvel(2), 1e-6);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', 'XML'",
    "'<mujoco><worldbody><body></mujoco>', 'XML'",
    "'<mujoco><worldbody><box/></worldbody></mujoco>', 'unrecognized element'",
    "'<mujoco><worldbody><body><freejoint/></body></worldbody></mujoco>', 'mass and inertia'",
    "'<mujoco><include file=\"nowhere.xml\"/></mujoco>', 'nowhere.xml'",
    "'<mujoco><worldbody><geom size=\"-1\"/></worldbody></mujoco>', 'must be positive'",
  })
  void whatIsNoModelIsRefusedInOneSentence(String mjcf, String says) {
    var wrong = assertThrows(IllegalArgumentException.class, () -> Physics.of(mjcf));
    assertTrue(wrong.getMessage().startsWith("mujoco: model: "), wrong.getMessage());
    assertTrue(wrong.getMessage().contains(says), wrong.getMessage());
    assertEquals(-1, wrong.getMessage().indexOf('\n'));
  }

  /// MuJoCo ends the process on such an error where nothing holds it back.
  @Test
  void errorsOfTheEngineWhileLoadingAreSurvived() {
    String distance =
        """
        <mujoco><worldbody>
          <body><freejoint/><geom name="a" size="0.1"/></body>
          <body pos="1 0 0"><freejoint/><geom name="b" size="0.1"/></body>
        </worldbody><equality><distance geom1="a" geom2="b"/></equality></mujoco>
        """;
    assertThrows(IllegalArgumentException.class, () -> Physics.of(distance));
    assertTrue(Double.isFinite(swing()));
  }

  @Test
  @SuppressWarnings("restricted") // makes an error happen
  void errorsOfTheEngineBreakTheMechanismOnly() throws Throwable {
    try (Physics ball = Physics.of(BALL);
        Arena arena = Arena.ofConfined()) {
      SymbolLookup symbols = SymbolLookup.libraryLookup(Mujoco.library().file(), arena);
      var type = FunctionDescriptor.ofVoid(ValueLayout.ADDRESS);
      var linker = Linker.nativeLinker();
      linker
          .downcallHandle(symbols.findOrThrow("mju_error"), type)
          .invoke(arena.allocateFrom("stack\n overflow"));
      var error = assertThrows(IllegalStateException.class, () -> ball.advance(NO_CONTROLS, 1));
      assertEquals("mujoco: model: stack overflow; it cannot be used any more", error.getMessage());
      var later = assertThrows(IllegalStateException.class, ball::time);
      assertEquals("mujoco: model is broken by an earlier error", later.getMessage());
    }
    assertTrue(Double.isFinite(swing()));
  }

  @Test
  void whatIsClosedIsNotUsed() {
    Physics ball = Physics.of(BALL);
    double[] state = new double[ball.stateSize()];
    ball.close();
    ball.close();
    List<Runnable> uses =
        List.of(
            ball::time,
            ball::qpos0,
            ball::controls,
            ball::energy,
            ball::shapes,
            ball::computeForces,
            () -> ball.qpos(0),
            () -> ball.mass(0),
            () -> ball.body("ball"),
            () -> ball.start(new double[7], new double[6]),
            () -> ball.advance(NO_CONTROLS, 1),
            () -> ball.state(state),
            () -> ball.restore(state));
    for (Runnable use : uses) {
      var closed = assertThrows(IllegalStateException.class, use::run);
      assertEquals("mujoco: model is closed", closed.getMessage());
    }
  }

  @Test
  void otherSizesAndNamesAreRefused() {
    try (Physics ball = Physics.of(BALL)) {
      List<Runnable> uses =
          List.of(
              () -> ball.start(new double[6], new double[6]),
              () -> ball.start(new double[7], new double[7]),
              () -> ball.advance(new float[1], 1),
              () -> ball.restore(new double[3]),
              () -> ball.body("bull"));
      for (Runnable use : uses) {
        assertThrows(IllegalArgumentException.class, use::run);
      }
      assertThrows(IndexOutOfBoundsException.class, () -> ball.qpos(7));
      assertThrows(IndexOutOfBoundsException.class, () -> ball.xpos(2, 0));
    }
  }

  /// An acceleration without bounds, at once and later: MuJoCo starts over, and says so.
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void divergenceIsSeen(int before) {
    try (Physics cart = Physics.of(CART.replace("mass=\"2\"", "mass=\"0.001\""))) {
      for (int again = 0; again < 2; again++) {
        cart.start(new double[] {1}, new double[] {3});
        cart.advance(new float[] {1}, before);
        assertTrue(cart.divergence().isEmpty());
        cart.advance(new float[] {1e9f}, 3);
        assertTrue(cart.divergence().orElseThrow().contains("unstable"));
      }
      cart.start(new double[] {1}, new double[] {3});
      assertTrue(cart.divergence().isEmpty());
      cart.advance(new float[] {1e15f}, 1);
      assertTrue(cart.divergence().isPresent(), "more than MuJoCo takes for a control");
    }
  }

  @Test
  void filesReadTheFilesTheyName(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("ball.xml"), BALL);
    Path model = folder.resolve("including.xml");
    Files.writeString(model, "<mujoco><include file=\"ball.xml\"/></mujoco>");
    try (Physics ball = Physics.read(model)) {
      assertEquals(7, ball.nq());
    }
    var none =
        assertThrows(
            IllegalArgumentException.class, () -> Physics.read(folder.resolve("none.xml")));
    assertTrue(none.getMessage().endsWith("none.xml is no file that can be read"));
  }

  /// Threads load and run mechanisms of their own at the same time, to the same bits.
  @Test
  void threadsDoNotMeet() {
    ConcurrentLinkedQueue<Double> ends = new ConcurrentLinkedQueue<>();
    List<Thread> threads =
        IntStream.range(0, 4)
            .mapToObj(_ -> Thread.ofPlatform().start(() -> ends.add(swing())))
            .toList();
    threads.forEach(PhysicsTest::join);
    assertEquals(List.of(swing(), swing(), swing(), swing()), List.copyOf(ends));
  }

  private static double swing() {
    try (Physics pendulum = Physics.of(PENDULUM)) {
      pendulum.start(new double[] {1}, new double[1]);
      pendulum.advance(NO_CONTROLS, 1000);
      return pendulum.qpos(0);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Contacts make the future depend on where the solver starts, which is part of the state.
  @Test
  void statesGoOnBitForBit() {
    String tumbling =
        BALL.replace("0 0 100", "0 0 0.3")
            .replace("type=\"sphere\" size=\"0.1\"", "type=\"box\" size=\"0.1 0.2 0.3\"")
            .replace("<body", "<geom type=\"plane\" size=\"9 9 1\"/><body");
    try (Physics one = Physics.of(tumbling);
        Physics two = Physics.of(tumbling)) {
      one.start(one.qpos0(), new double[] {1, 0, 0, 0, 5, 2});
      double[] state = new double[one.stateSize()];
      double[] other = new double[one.stateSize()];
      two.state(other);
      for (int i = 0; i < 100; i++) {
        one.state(state);
        two.restore(state);
        two.state(other);
        assertArrayEquals(state, other);
        one.advance(NO_CONTROLS, 3);
        two.advance(NO_CONTROLS, 3);
        one.state(state);
        two.state(other);
        assertArrayEquals(state, other, "after " + i);
      }
    }
  }
}
