package telos.rl.mujoco;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import telos.rl.environment.Environment;
import telos.rl.environment.Step;

/// Models, observations, rewards and endings are Gymnasium's: from the same state the same action
/// leads to the same transition, up to what rounding to float and other versions of MuJoCo do.
final class GymnasiumTest {
  private static final double TOLERANCE = 1e-6;

  /// What one line of the transitions' file has.
  record Transition(double[] start, float[] action, double[] seen, double[] outcome) {}

  /// An environment's transitions.
  record Recording(String name, double[] masses, List<Transition> transitions) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void needsMujoco() {
    Here.needsMujoco();
  }

  private static Stream<Recording> recordings() throws IOException {
    try (var reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(GymnasiumTest.class.getResourceAsStream("gymnasium.txt")),
                StandardCharsets.UTF_8))) {
      Iterator<String> lines = reader.lines().filter(line -> !line.startsWith("#")).iterator();
      List<Recording> recordings = new ArrayList<>();
      while (lines.hasNext()) {
        recordings.add(recording(lines));
      }
      return recordings.stream();
    }
  }

  private static Recording recording(Iterator<String> lines) {
    String name = lines.next();
    double[] masses = numbers(lines.next());
    List<Transition> transitions = new ArrayList<>();
    for (int left = Integer.parseInt(lines.next()); left > 0; left--) {
      double[] motion = join(numbers(lines.next()), numbers(lines.next()), numbers(lines.next()));
      double[] places = numbers(lines.next());
      double[] forces = new double[2 * places.length];
      transitions.add(
          new Transition(
              join(places, forces, new double[1], motion),
              Numbers.floats(numbers(lines.next())),
              numbers(lines.next()),
              numbers(lines.next())));
    }
    return new Recording(name, masses, transitions);
  }

  private static double[] numbers(String line) {
    return Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray();
  }

  private static double[] join(double[]... parts) {
    return Arrays.stream(parts).flatMapToDouble(Arrays::stream).toArray();
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void transitionsAreGymnasiums(Recording recording) {
    try (MujocoEnvironment environment =
        new MujocoEnvironment(EnvironmentsTest.task(recording.name))) {
      Physics physics = environment.physics();
      assertEquals(recording.masses.length, physics.nbody());
      for (int i = 0; i < recording.masses.length; i++) {
        assertEquals(recording.masses[i], physics.mass(i), 1e-12 * (1 + recording.masses[i]));
      }
      for (Transition transition : recording.transitions) {
        // Newer versions' states go on after these numbers with controls and outer forces, all
        // zero.
        double[] state = Arrays.copyOf(transition.start, physics.stateSize());
        environment.restore(new Environment.State(state, new long[0]));
        Step<float[]> step = environment.step(transition.action);
        assertEquals(transition.seen.length, step.observation().length);
        for (int i = 0; i < transition.seen.length; i++) {
          assertNear(transition.seen[i], step.observation()[i], "number " + i);
        }
        assertNear(transition.outcome[0], step.reward(), "reward");
        assertEquals(transition.outcome[1] == 1, step.terminated());
      }
    }
  }

  private static void assertNear(double expected, double actual, String what) {
    assertEquals(expected, actual, TOLERANCE * Math.max(1, Math.abs(expected)), what);
  }
}
