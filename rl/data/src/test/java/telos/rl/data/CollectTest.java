package telos.rl.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.format.Json;
import telos.rl.Policy;
import telos.rl.Trajectory;
import telos.rl.environment.CartPole;
import telos.rl.environment.Environment;
import telos.rl.environment.Pendulum;
import telos.rl.environment.Simulation;
import telos.rl.environment.Space;
import telos.rl.environment.Step;
import telos.rl.environment.TimeLimit;
import telos.tensor.Rng;
import telos.tensor.Tensor;

final class CollectTest {
  private static final Rng KEY = Rng.of(11);

  @TempDir private Path directory;

  private static Environment<float[], Integer> cartPole() {
    return new TimeLimit<>(new Simulation<>(new CartPole()), 30);
  }

  /// Pushes the pole the way it falls: such episodes reach the limit, random ones fall before.
  private static final Policy BALANCE =
      new Policy.Deterministic<>(
          List.of(),
          (_, observations) -> {
            float[] values = observations.toFloats();
            int[] actions = new int[observations.dim(0)];
            for (int i = 0; i < actions.length; i++) {
              actions[i] = values[4 * i + 2] + values[4 * i + 3] > 0 ? 1 : 0;
            }
            return Tensor.of(actions);
          });

  private static List<Episode> episodes(Collect collect, long steps) throws IOException {
    List<Episode> episodes = new ArrayList<>();
    long taken = collect.into(episodes::add, CollectTest::cartPole, steps, KEY);
    assertEquals(taken, episodes.stream().mapToLong(Episode::length).sum());
    assertTrue(taken >= steps, taken + " steps");
    return episodes;
  }

  /// Whole episodes, each of which the environment repeats when it is given the recorded actions;
  /// the time limit truncates and does not terminate.
  @Test
  void episodesAreWhatHappened() throws IOException {
    Header header = Collect.header(cartPole(), new Json.Obj(Map.of()));
    for (Collect collect :
        List.of(Collect.random(header.actions(), 3), new Collect("balance", BALANCE, 3))) {
      List<Episode> episodes = episodes(collect, 400);
      Map<Float, Trajectory> byStart = new LinkedHashMap<>();
      for (Episode episode : episodes) {
        assertEquals(collect.source(), episode.source());
        Trajectory trajectory = header.trajectory(episode);
        byStart.put(trajectory.observations().toFloats()[0], trajectory);
        assertTrue(episode.length() <= 30);
        assertEquals(episode.length() == 30, episode.truncated());
        assertTrue(episode.truncated() || episode.terminated());
      }
      assertEquals(episodes.size(), byStart.size());
      int found = 0;
      for (int i = 0; i < 3; i++) {
        for (int e = 0; found < episodes.size() && e < episodes.size(); e++) {
          found += repeats(KEY.fold("environment").fold(i).fold(e), byStart) ? 1 : 0;
        }
      }
      assertEquals(episodes.size(), found);
    }
  }

  private static boolean repeats(Rng key, Map<Float, Trajectory> byStart) {
    var environment = cartPole();
    float[] start = environment.reset(key);
    Trajectory trajectory = byStart.get(start[0]);
    if (trajectory == null) {
      return false;
    }
    float[] observations = trajectory.observations().toFloats();
    int[] actions = trajectory.actions().toInts();
    for (int t = 0; t < actions.length; t++) {
      Step<float[]> step = environment.step(actions[t]);
      assertArrayEquals(
          step.observation(), java.util.Arrays.copyOfRange(observations, 4 * t + 4, 4 * t + 8));
      assertEquals(t == actions.length - 1, step.done());
      if (step.done()) {
        assertEquals(step.terminated(), trajectory.terminated());
        assertEquals(step.truncated(), trajectory.truncated());
      }
    }
    return true;
  }

  /// Every environment's first episodes are there, the long ones too: nothing that began is
  /// dropped.
  @Test
  void longEpisodesAreNotLost() throws IOException {
    List<Episode> episodes = episodes(new Collect("balance", BALANCE, 8), 1);
    assertEquals(8, episodes.size());
  }

  /// A mixture is one after the other; equal keys give equal bytes.
  @Test
  void mixture() throws IOException {
    List<Path> files = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      Path file = directory.resolve("mixture" + run);
      Header header = Collect.header(cartPole(), new Json.Obj(Map.of()));
      try (var writer = RecordWriter.create(file, header)) {
        Collect.random(header.actions(), 4).into(writer, CollectTest::cartPole, 50, KEY);
        new Collect("expert", BALANCE, 4).into(writer, CollectTest::cartPole, 50, KEY);
      }
      files.add(file);
    }
    assertEquals(-1, Files.mismatch(files.get(0), files.get(1)));
    List<String> sources = new ArrayList<>();
    RecordFile.open(files.get(0)).forEach(episode -> sources.add(episode.source()));
    assertEquals(List.of("random", "expert"), sources.stream().distinct().toList());
  }

  /// What is recorded is what was done: actions within their box.
  @Test
  void continuous() throws IOException {
    Policy wild =
        new Policy.Deterministic<>(
            List.of(), (_, observations) -> observations.slice(1, 0, 1).mul(100f));
    var header = new Header(new Pendulum().observations(), new Pendulum().actions());
    List<Episode> episodes = new ArrayList<>();
    new Collect("wild", wild, 2)
        .into(episodes::add, () -> new TimeLimit<>(new Simulation<>(new Pendulum()), 5), 10, KEY);
    var box = (Space.Box) header.actions();
    for (Episode episode : episodes) {
      Trajectory trajectory = header.trajectory(episode);
      for (float action : trajectory.actions().toFloats()) {
        assertTrue(box.contains(new float[] {action}));
      }
      assertTrue(trajectory.truncated() && !trajectory.terminated());
    }
  }
}
