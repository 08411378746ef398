package telos.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import telos.agent.AgentFiles;
import telos.agent.AgentPlan;
import telos.agent.AgentTraining;
import telos.agent.Algorithms;
import telos.agent.Recordings;
import telos.rl.Trajectory;
import telos.study.MetricsLog;
import telos.study.RunDirectory;
import telos.study.StopSignal;
import telos.study.Stopped;

final class AgentCommandsTest {
  @TempDir private Path folder;

  private record Result(int code, String out, String err) {}

  private static Result telos(Object... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Telos.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(Stream.of(args).map(String::valueOf).toArray(String[]::new));
    return new Result(code, out.toString(), err.toString());
  }

  private Path trained() {
    Path run = folder.resolve("ppo");
    Result result =
        telos(
            "train",
            "ppo",
            "--env",
            "CartPole-v1",
            "--steps",
            1024,
            "--seeds",
            2,
            "--episodes",
            2,
            "--set",
            "hidden=8",
            "--set",
            "minibatches=2",
            "--out",
            run);
    assertEquals(0, result.code(), result.err());
    assertTrue(result.out().contains("seed 1: return"), result.out());
    assertTrue(result.out().contains("mean of the seeds:"), result.out());
    return run;
  }

  /// Train, measure, look, record, and learn from the recording.
  @Test
  void aRunIsUsedToItsEnd() throws IOException {
    Path run = trained();
    assertTrue(Files.exists(run.resolve("report.html")));
    assertTrue(Files.exists(run.resolve("policies/seed-0-best.safetensors")));

    Result evaluated = telos("evaluate", run, "--episodes", 3, "--json");
    assertEquals(0, evaluated.code(), evaluated.err());
    assertTrue(evaluated.out().contains("interquartile_mean"), evaluated.out());
    assertEquals(evaluated.out(), telos("evaluate", run, "--episodes", 3, "--json").out());

    Path gif = folder.resolve("pole.gif");
    Result played = telos("play", run, "--gif", gif, "--width", 120);
    assertEquals(0, played.code(), played.err());
    assertEquals(120, ImageIO.read(gif.toFile()).getWidth());
    assertTrue(telos("play", run, "--seed", 7).err().contains("no seed 7"));
    assertTrue(telos("evaluate", run, "--return", 7).err().contains("asks for no return"));

    Path onnx = folder.resolve("pole.onnx");
    Result exported = telos("export", "onnx", "--model", run, "--out", onnx);
    assertEquals(0, exported.code(), exported.err());
    assertTrue(exported.out().contains("output actions INT64"), exported.out());

    Path data = folder.resolve("pole.records");
    assertEquals(0, telos("rollout", run, "--sample", "--steps", 200, "--out", data).code());
    assertEquals(
        0, telos("rollout", "--random", "CartPole-v1", "--steps", 200, "--out", data).code());
    Path cloned = folder.resolve("bc");
    Result offline =
        telos(
            "train",
            "bc",
            "--env",
            "CartPole-v1",
            "--data",
            data,
            "--steps",
            4,
            "--episodes",
            2,
            "--set",
            "hidden=8",
            "--set",
            "updates=2",
            "--out",
            cloned);
    assertEquals(0, offline.code(), offline.err());
    assertEquals(0, telos("evaluate", cloned, "--episodes", 2).code());
  }

  /// What a run remembers of its training is data as well: every step of it.
  @Test
  void theReplayBufferIsRecorded() throws IOException {
    Path run = folder.resolve("sac");
    String settings = "--set hidden=8 --set batch=8 --set iteration=50 --set learningStarts=300";
    List<Object> train =
        new ArrayList<>(List.of("train", "sac", "--env", "Pendulum-v1", "--steps", 450));
    train.addAll(List.of("--episodes", 1, "--out", run));
    train.addAll(List.of(settings.split(" ")));
    assertEquals(0, telos(train.toArray()).code());
    Path data = folder.resolve("replay.records");
    Result recorded = telos("rollout", run, "--replay", "--source", "replay", "--out", data);
    assertEquals(0, recorded.code(), recorded.err());
    assertTrue(recorded.out().startsWith("450 steps recorded"), recorded.out());
    try (var episodes = Recordings.open(data)) {
      List<Trajectory> all = episodes.trajectories();
      assertEquals(List.of(200, 200, 50), all.stream().map(Trajectory::length).toList());
      assertTrue(all.stream().allMatch(Trajectory::truncated));
      double[] torques = all.getFirst().actions().toDoubles();
      assertTrue(DoubleStream.of(torques).anyMatch(torque -> Math.abs(torque) > 1.5));
    }
    Result none = telos("rollout", trained(), "--replay", "--out", folder.resolve("none"));
    assertEquals(1, none.code());
    assertTrue(none.err().contains("ppo remembers no episodes"), none.err());
    assertTrue(Files.notExists(folder.resolve("none")));
  }

  @ParameterizedTest
  @CsvSource({
    "train ppo, Which environment?",
    "train ppo --env CartPol-v1, CartPole-v1",
    "train ppo --env CartPole-v1 --set rat=1, did you mean rate?",
    "train ppo --env CartPole-v1 --set rate=fast, rate must be a number",
    "train ppo --env CartPole-v1 --steps 0, --steps must be at least 1",
    "train iql --env Pendulum-v1, give --data PATH",
    "train ppo --env CartPole-v1 --data x, learns by acting",
    "train pppo --env CartPole-v1, ppo",
    "rollout --out x, Who acts?",
    "rollout --random CartPole-v1 --replay --out x, --replay needs the directory of a run",
  })
  void whatDoesNotFitIsSaid(String line, String said) {
    Result result = telos((Object[]) line.split(" "));
    assertEquals(2, result.code(), result.err());
    assertTrue(result.err().contains(said), result.err());
  }

  @Test
  void whatIsNoRunIsSaid() {
    assertTrue(telos("evaluate", folder).err().contains("is not a run directory"));
    Result missing =
        telos(
            "train",
            "bc",
            "--env",
            "CartPole-v1",
            "--data",
            folder.resolve("no"),
            "--out",
            folder.resolve("x"));
    assertEquals(1, missing.code());
    assertTrue(missing.err().contains("There is no recording"), missing.err());
  }

  /// Stopped after any window and resumed: the policies and the metrics of the uninterrupted run,
  /// byte for byte.
  @ParameterizedTest
  @CsvSource({"ppo, CartPole-v1, 3", "dqn, CartPole-v1, 5", "sac, Pendulum-v1, 4"})
  void resumedIsUninterrupted(String algorithm, String environment, int windows) throws Exception {
    Map<String, String> settings =
        switch (algorithm) {
          case "ppo" -> Map.of("hidden", "8", "steps", "16");
          case "dqn" -> Map.of("hidden", "8", "capacity", "500");
          default -> Map.of("hidden", "8");
        };
    Record config = Algorithms.of(algorithm).config(environment, 1000, settings);
    var plan = new AgentPlan(algorithm, environment, List.of(), config, 1000, 3, 1, 1);
    RunDirectory whole = RunDirectory.create(folder.resolve("whole"), plan.header());
    train(plan, whole, Integer.MAX_VALUE);
    RunDirectory parts = RunDirectory.create(folder.resolve("parts"), plan.header());
    assertThrows(Stopped.class, () -> train(plan, parts, windows));
    train(AgentPlan.of(parts), parts, Integer.MAX_VALUE);
    for (String file :
        List.of(
            "policies/seed-3-best.safetensors",
            "policies/seed-3-last.safetensors",
            "metrics.jsonl")) {
      assertArrayEquals(
          Files.readAllBytes(whole.path().resolve(file)),
          Files.readAllBytes(parts.path().resolve(file)),
          file);
    }
  }

  private static void train(AgentPlan plan, RunDirectory run, int windows) throws Exception {
    var stop = new StopSignal();
    var seen = new AtomicInteger();
    try (MetricsLog metrics = run.metrics(new EventFiles(run))) {
      new AgentTraining(plan, new AgentFiles(run, plan.seed()), metrics, stop)
          .run(_ -> {
            if (seen.incrementAndGet() >= windows) {
              stop.raise();
            }
          });
    }
  }
}
