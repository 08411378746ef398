package telos.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyRunnerTest {
  @TempDir private Path folder = Path.of("");
  private final ToyStudy study = new ToyStudy();
  private RunTools tools = RunTools.plain(new ArtefactCache(folder, "code"));

  @BeforeEach
  void tools() {
    tools = parallel(1, new StopSignal());
  }

  private RunTools parallel(int seeds, StopSignal stop) {
    return new RunTools(
        new ArtefactCache(folder.resolve("cache"), "code"),
        new Seeds(seeds, SeedDevice.current(), stop),
        Progress.quiet(),
        stop,
        RunTools.noScalars());
  }

  private static Request quick(int seeds) {
    return new Request(Profile.QUICK, OptionalInt.of(seeds), Optional.empty());
  }

  private List<Outcome> run(RunTools with, String directory, Request request) throws Exception {
    return new StudyRunner(with).run(study, request, folder.resolve(directory));
  }

  @Test
  void verdictsComeFromTheIntervals() throws Exception {
    List<Outcome> outcomes = run(tools, "run", Request.of(Profile.DEFAULT));
    assertEquals(
        List.of("reached", "undecided", "reached", "not reached", "undecided"),
        outcomes.stream().map(o -> o.verdict().label()).toList());
  }

  @Test
  void theQuickProfileDecidesNothing() throws Exception {
    for (Outcome outcome : run(tools, "run", quick(3))) {
      assertEquals(Verdict.UNDECIDED, outcome.verdict());
    }
  }

  @Test
  void seedsSideBySideGiveTheSameResults() throws Exception {
    run(tools, "one", quick(5));
    run(parallel(3, new StopSignal()), "three", quick(5));
    var one = RunDirectory.open(folder.resolve("one"));
    var three = RunDirectory.open(folder.resolve("three"));
    for (String key : List.of("claims", "series")) {
      assertEquals(one.read("results.json").get(key), three.read("results.json").get(key));
    }
    assertEquals(new HashSet<>(one.metrics()), new HashSet<>(three.metrics()));
  }

  @Test
  void aFailingSeedIsNamedAndTheRunCanBeResumed() throws Exception {
    study.failingSeed = 1;
    var failure = assertThrows(SeedFailure.class, () -> run(tools, "run", quick(3)));
    assertEquals("Stage 'score' failed for seed 1: the toy broke", failure.getMessage());
    assertFalse(Files.exists(folder.resolve("run/results.json")));

    study.failingSeed = -1;
    int before = study.ran.get();
    List<Outcome> resumed = new StudyRunner(tools).resume(study, folder.resolve("run"));
    assertTrue(study.ran.get() - before <= 2, "finished stages of a seed are not done again");

    run(tools, "whole", quick(3));
    var whole = RunDirectory.open(folder.resolve("whole"));
    var directory = RunDirectory.open(folder.resolve("run"));
    assertEquals(
        whole.read("results.json").get("series"), directory.read("results.json").get("series"));
    assertEquals(whole.metrics().size(), directory.metrics().size());
    assertEquals(new HashSet<>(whole.metrics()), new HashSet<>(directory.metrics()));
    assertEquals(5, resumed.size());
  }

  @Test
  void aStoppedRunContinuesToTheSameResults() throws Exception {
    var stop = new StopSignal();
    var impatient =
        new RunTools(
            tools.cache(),
            new Seeds(1, SeedDevice.current(), stop),
            _ ->
                new Progress.Stage() {
                  @Override
                  public void update(long done, long total) {
                    if (done > total / 2) {
                      stop.raise();
                    }
                  }

                  @Override
                  public void close() {}
                },
            stop,
            RunTools.noScalars());
    assertThrows(Stopped.class, () -> run(impatient, "run", quick(2)));
    new StudyRunner(tools).resume(study, folder.resolve("run"));
    run(tools, "whole", quick(2));
    assertEquals(
        RunDirectory.open(folder.resolve("whole")).metrics(),
        RunDirectory.open(folder.resolve("run")).metrics());
  }

  @Test
  void resultsOfOtherSettingsAreNotMixed() throws Exception {
    run(tools, "run", quick(2));
    var directory = RunDirectory.open(folder.resolve("run"));
    var changed = directory.run();
    changed.put("config", Map.of("steps", 7));
    directory.write("run.json", changed);
    var refusal =
        assertThrows(
            IOException.class, () -> new StudyRunner(tools).resume(study, folder.resolve("run")));
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("other settings"), refusal.getMessage());
  }

  @Test
  void aDamagedStageIsNamed() throws Exception {
    run(tools, "run", quick(2));
    Path stage = folder.resolve("run/stages/score-seed-1.json");
    Files.writeString(stage, "{\"seed\": 1}");
    var refusal =
        assertThrows(
            Exception.class, () -> new StudyRunner(tools).resume(study, folder.resolve("run")));
    assertTrue(
        String.valueOf(refusal.getMessage()).contains(stage.toString()), refusal.getMessage());
  }

  @Test
  void aCutLastLineOfTheLogIsLeftOut() throws Exception {
    run(tools, "run", quick(2));
    Path log = folder.resolve("run/metrics.jsonl");
    int lines = RunDirectory.open(folder.resolve("run")).metrics().size();
    Files.writeString(log, Files.readString(log) + "{\"step\": 3, \"lo");
    assertEquals(lines, RunDirectory.open(folder.resolve("run")).metrics().size());
  }
}
