package telos.rl.environment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import telos.tensor.Rng;

/// Every environment that has a name.
final class EnvironmentsTest {
  private static List<String> names() {
    return Environments.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void bundledEnvironmentsKeepTheRules(String name) {
    assertEquals(List.of(), EnvironmentCheck.of(Environments.of(name)).faults());
  }

  /// The state is taken before every step of an episode, and a second environment goes on from it.
  @ParameterizedTest
  @MethodSource("names")
  void anyMomentCanBeGoneBackTo(String name) {
    resumes(Environments.of(name), Environments.of(name));
  }

  private static <O, A> void resumes(
      Environment.Restorable<O, A> first, Environment.Restorable<?, ?> other) {
    @SuppressWarnings("unchecked") // of the same name
    var second = (Environment.Restorable<O, A>) other;
    first.reset(Rng.of(7));
    boolean done = false;
    for (int i = 0; i < 120 && !done; i++) {
      second.restore(first.state());
      A action = first.actions().sample(Rng.of(8).fold(i));
      Step<O> a = first.step(action);
      Step<O> b = second.step(action);
      assertTrue(Objects.deepEquals(a.observation(), b.observation()));
      assertEquals(a.reward(), b.reward());
      assertEquals(a.done(), b.done());
      done = a.done();
    }
  }

  @Test
  void limitsAreGymnasiums() {
    var limits =
        Map.ofEntries(
            Map.entry("CartPole-v1", 500),
            Map.entry("MountainCar-v0", 200),
            Map.entry("MountainCarContinuous-v0", 999),
            Map.entry("Acrobot-v1", 500),
            Map.entry("Pendulum-v1", 200),
            Map.entry("FrozenLake-v1", 100),
            Map.entry("FrozenLake8x8-v1", 200),
            Map.entry("Taxi-v3", 200),
            Map.entry("PointMaze_UMaze-v3", 300),
            Map.entry("PointMaze_MediumDense-v3", 600),
            Map.entry("PointMaze_Large-v3", 800));
    limits.forEach((name, limit) ->
        assertEquals(
            limit, assertInstanceOf(TimeLimit.class, Environments.of(name)).limit(), name));
    assertInstanceOf(TabularEnvironment.class, Environments.of("CliffWalking-v1"));
  }

  @Test
  void eachCallGivesAFreshOne() {
    assertNotSame(Environments.of("CartPole-v1"), Environments.of("CartPole-v1"));
  }

  @Test
  void unknownNamesGetTheNearest() {
    var unknown =
        assertThrows(IllegalArgumentException.class, () -> Environments.of("cartpole-v0"));
    assertTrue(
        unknown
            .getMessage()
            .startsWith("environment: there is no 'cartpole-v0'; nearest are CartPole-v1,"),
        unknown.getMessage());
  }

  @Test
  void kindsOfActionsAreChecked() {
    assertEquals(16, Environments.discrete("FrozenLake-v1").reset(Rng.of(1)).length);
    assertEquals(3, Environments.continuous("Pendulum-v1").reset(Rng.of(1)).length);
    assertEquals(0, Environments.tabular("FrozenLake-v1").reset(Rng.of(1)));
    var torque =
        assertThrows(IllegalArgumentException.class, () -> Environments.discrete("Pendulum-v1"));
    assertTrue(torque.getMessage().contains("the actions of Pendulum-v1 are Box(-2.0 to 2.0"));
    assertThrows(IllegalArgumentException.class, () -> Environments.continuous("CartPole-v1"));
    assertThrows(IllegalArgumentException.class, () -> Environments.tabular("CartPole-v1"));
  }

  /// Services are found through the thread's class loader; this one has another module's provider.
  private static final class Foreign extends ClassLoader {
    Foreign() {
      super(EnvironmentsTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(ForeignProvider.class.getName())) {
        return super.loadClass(name, resolve);
      }
      Class<?> known = findLoadedClass(name);
      return known == null ? defined(name) : known;
    }

    private Class<?> defined(String name) {
      String file = name.substring(name.lastIndexOf('.') + 1) + ".class";
      try (var in = Objects.requireNonNull(EnvironmentsTest.class.getResourceAsStream(file))) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return name.equals("META-INF/services/" + EnvironmentProvider.class.getName())
          ? Collections.enumeration(List.of(services.toUri().toURL()))
          : super.getResources(name);
    }
  }

  @TempDir static Path directory;
  private static Path services = Path.of("");

  @Test
  void otherModulesAddNames() throws IOException {
    services = Files.writeString(directory.resolve("services"), ForeignProvider.class.getName());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(new Foreign());
    try {
      assertTrue(Environments.names().contains(ForeignProvider.NAME));
      var broken = Environments.discrete(ForeignProvider.NAME);
      broken.reset(Rng.of(1));
      var refused = assertThrows(IllegalStateException.class, () -> broken.step(0));
      assertEquals(
          "environment: after 1 steps it gave the reward NaN; needs a finite number",
          refused.getMessage());
      assertThrows(IllegalArgumentException.class, () -> broken.step(2));
    } finally {
      thread.setContextClassLoader(before);
    }
    assertFalse(Environments.names().contains(ForeignProvider.NAME));
  }
}
