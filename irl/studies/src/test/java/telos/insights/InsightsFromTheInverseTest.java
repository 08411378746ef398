package telos.insights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.report.Report;
import telos.study.ArtefactCache;
import telos.study.Outcome;
import telos.study.Profile;
import telos.study.Request;
import telos.study.RunDirectory;
import telos.study.RunTools;
import telos.study.StudyRunner;
import telos.study.Verdict;

/// The mechanics of the whole study: what it writes, and that a resumed run ends the same. Whether
/// its claims hold is what the study itself measures.
class InsightsFromTheInverseTest {
  @TempDir private Path folder = Path.of("");

  private StudyRunner runner() {
    return new StudyRunner(RunTools.plain(new ArtefactCache(folder.resolve("cache"), "code")));
  }

  private static Request quick(Optional<Path> data) {
    return new Request(Profile.QUICK, OptionalInt.empty(), data);
  }

  private static List<String> names(List<Outcome> outcomes) {
    return outcomes.stream().map(outcome -> outcome.claim().name()).toList();
  }

  private static void assertRecorded(RunDirectory run, List<Outcome> outcomes) throws IOException {
    assertEquals(outcomes.size(), ((List<?>) run.read("results.json").get("claims")).size());
    assertFalse(run.metrics().isEmpty());
    for (Outcome outcome : outcomes) {
      assertEquals(Verdict.UNDECIDED, outcome.verdict(), "the quick profile decides nothing");
      assertTrue(Double.isFinite(outcome.interval().estimate()), outcome.claim().name());
    }
    String html = Files.readString(Report.write(run));
    Pattern outside = Pattern.compile("\\s(src|href|srcset|action)\\s*=\\s*[\"']?https?:");
    assertFalse(outside.matcher(html).find(), "the report needs no network");
    for (String name : names(outcomes)) {
      assertTrue(html.contains(">" + name + "<"), "claim " + name + " is in the report");
    }
  }

  @Test
  void quickRunAndItsResumption() throws Exception {
    InsightsFromTheInverse study = new InsightsFromTheInverse();
    Path out = folder.resolve("run");
    List<Outcome> outcomes = runner().run(study, quick(Optional.empty()), out);
    RunDirectory run = RunDirectory.open(out);
    assertEquals(List.of("1a", "1b", "2a", "2b", "2c", "2d", "3a", "3b", "3c"), names(outcomes));
    assertRecorded(run, outcomes);
    Map<String, ?> whole = run.read("results.json");
    int lines = run.metrics().size();

    Files.delete(out.resolve("results.json"));
    Files.delete(out.resolve("stages/quote-seed-0.json"));
    runner().resume(study, out);
    Map<String, ?> resumed = run.read("results.json");
    for (String key : List.of("claims", "series", "notes")) {
      assertEquals(whole.get(key), resumed.get(key), key);
    }
    assertTrue(run.metrics().size() <= lines, "the lines of the first attempt are gone");
  }

  @Test
  void quickRunOnRealPreferences() throws Exception {
    Path data = preferences(64);
    Path out = folder.resolve("real");
    List<Outcome> outcomes =
        runner().run(new InsightsFromTheInverse(), quick(Optional.of(data)), out);
    assertEquals(List.of("R1", "R2", "R3", "R4", "R5"), names(outcomes));
    assertRecorded(RunDirectory.open(out), outcomes);
    assertTrue(
        RunDirectory.open(out).read("results.json").get("notes").toString().contains("64 pref"));
  }

  @Test
  void fewPreferencesAreRefused() throws Exception {
    Path data = preferences(49);
    var failure =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                runner()
                    .run(
                        new InsightsFromTheInverse(),
                        quick(Optional.of(data)),
                        folder.resolve("few")));
    assertTrue(failure.getMessage().contains("holds 49 preference pairs"), failure.getMessage());
  }

  /// Helpful answers preferred to curt ones.
  private Path preferences(int count) throws IOException {
    List<String> things =
        List.of("river", "garden", "winter", "kitchen", "letter", "window", "market");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      String one = things.get(i % things.size());
      String two = things.get((i * 3 + i / things.size()) % things.size());
      lines.append(
          """
          {"prompt": "Human: tell me about the %1$s and the %2$s.\\n\\nAssistant: ", \
          "chosen": "Gladly. The %1$s is %3$d steps from here, and the %2$s is close to it.", \
          "rejected": "No. Leave the %1$s alone, the %2$s is none of my %3$d problems."}
          """
              .formatted(one, two, i));
    }
    return Files.writeString(folder.resolve("pairs.jsonl"), lines.toString());
  }
}
