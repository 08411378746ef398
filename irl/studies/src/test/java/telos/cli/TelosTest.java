package telos.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.format.Pretrained;
import telos.rl.mujoco.Mujoco;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class TelosTest {
  private record Result(int code, String out, String err) {}

  private static Result telos(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Telos.commandLine(args)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(args);
    return new Result(code, out.toString(), err.toString());
  }

  private static void assertOneSentence(Result result, int code, String sentence) {
    assertEquals(code, result.code());
    assertEquals("telos: " + sentence, result.err().lines().findFirst().orElse(""));
    assertFalse(result.err().contains("\tat "), "no stack trace without --verbose");
  }

  @Test
  void listShowsStudies() {
    Result result = telos("study", "list");
    assertEquals(0, result.code());
    assertTrue(result.out().contains("toy-study"), result.out());
  }

  @Test
  void theCommandNamedIsBuiltAlone() {
    assertEquals(Set.of("train"), Telos.commandLine("train", "lm").getSubcommands().keySet());
    assertTrue(
        Telos.commandLine("train")
            .getSubcommands()
            .get("train")
            .getSubcommands()
            .containsKey("ppo"));
    assertTrue(
        Telos.commandLine("--help")
            .getSubcommands()
            .keySet()
            .containsAll(Set.of("train", "study", "bench")));
    Result misspelt = telos("stduy");
    assertEquals(2, misspelt.code());
    assertTrue(
        misspelt.err().contains("Did you mean") && misspelt.err().contains("study"),
        misspelt.err());
  }

  @Test
  void versionNamesJava() {
    Result result = telos("--version");
    assertEquals(0, result.code());
    assertTrue(result.out().matches("(?s)telos .* \\(Java 2.*\\)\\s*"), result.out());
  }

  @Test
  void unknownStudyNamesTheNearest() {
    assertOneSentence(
        telos("study", "run", "toy-studdy"),
        2,
        "There is no study 'toy-studdy'; did you mean toy-study?");
    assertOneSentence(
        telos("study", "run", "zzzzzzzzzzzz"),
        2,
        "There is no study 'zzzzzzzzzzzz'; 'telos study list' shows them all");
  }

  @Test
  void wrongUsageIsTwo() {
    assertEquals(2, telos("study", "run").code());
    assertEquals(2, telos("study", "run", "toy-study", "--seeds", "0").code());
    assertEquals(2, telos("study", "run", "toy-study", "--quick", "--full").code());
    assertEquals(2, telos("nonsense").code());
    assertEquals(2, telos("bench", "matmul-13444").code());
  }

  @Test
  void missingFilesAreOne(@TempDir Path folder) {
    Path missing = folder.resolve("missing.jsonl");
    assertOneSentence(
        telos("study", "run", "toy-study", "--data", missing.toString()),
        1,
        "There is no file '" + missing + "'");
    assertOneSentence(
        telos("study", "report", folder.toString()),
        1,
        "'" + folder + "' is not a run directory: it has no run.json");
  }

  @Test
  void aPeerThatCannotBeStartedIsOne() {
    Result result = telos("bench", "matmul-64", "--peer", "/no/such/program rows");
    assertEquals(1, result.code());
    assertEquals(1, result.err().strip().lines().count(), result.err());
    assertTrue(
        result.err().contains("The peer '/no/such/program rows' cannot be started"), result.err());
  }

  @Test
  void verboseShowsTheStack(@TempDir Path folder) {
    assertTrue(telos("study", "report", folder.toString(), "--verbose").err().contains("\tat "));
  }

  @Test
  void runWritesAReportAndRefusesToOverwriteIt(@TempDir Path folder) throws Exception {
    Path out = folder.resolve("run");
    Result result = telos("study", "run", "toy-study", "--quick", "--out", out.toString());
    assertEquals(0, result.code(), result.err());
    assertTrue(result.out().contains("undecided"), result.out());
    assertTrue(Files.size(out.resolve("report.html")) > 100_000);
    Files.delete(out.resolve("report.html"));
    assertEquals(0, telos("study", "report", out.toString()).code());
    assertTrue(Files.exists(out.resolve("report.html")));
    Result again = telos("study", "run", "toy-study", "--quick", "--out", out.toString());
    assertEquals(1, again.code());
    assertTrue(again.err().contains("--resume"), again.err());
    assertEquals(0, telos("study", "run", "--resume", out.toString()).code());
  }

  @Test
  void dataIsRefusedWhereItMeansNothing(@TempDir Path folder) throws Exception {
    Path data = Files.writeString(folder.resolve("data.jsonl"), "{}");
    Result result =
        telos(
            "study",
            "run",
            "toy-study",
            "--data",
            data.toString(),
            "--out",
            folder.resolve("o").toString());
    assertOneSentence(result, 1, "The study 'toy-study' takes no --data file");
    assertFalse(Files.exists(folder.resolve("o")));
  }

  @Test
  void doctorFindsAWorkingDevice() {
    Result result = telos("doctor");
    assertEquals(0, result.code(), result.out());
    assertTrue(result.out().contains("works"), result.out());
    assertTrue(result.out().contains("TELOS_THREADS"), result.out());
    String mujoco = Mujoco.missing().map(why -> "none: " + why).orElse("libmujoco");
    assertTrue(result.out().contains(mujoco), result.out());
  }

  @Test
  void logitsAreThoseOfTheModel(@TempDir Path folder) throws Exception {
    Gpt model = Gpt.init(GptConfig.llama(1, 2, 1, 8, 12, 16, 5), Rng.of(1));
    Pretrained.of(model).save(folder);
    Tensor ids = Tensor.of(new int[] {1, 4}, Shape.of(1, 2));
    Gpt exact = Tree.map(model, leaf -> leaf.cast(DType.F64));
    assertPrints(exact.logits(ids), folder);
    assertPrints(exact.logits(ids), folder, "--dtype", "f64");
    assertPrints(model.logits(ids), folder, "--dtype", "f32");
    assertOneSentence(
        telos("logits", "--model", folder.toString(), "--ids", "1,5"),
        1,
        "The token 5 is not one of the model's 5");
    assertEquals(2, telos("logits", "--model", folder.toString()).code());
    assertEquals(1, telos("logits", "--model", folder + "/absent", "--ids", "1").code());
  }

  /// The scores of five tokens after each of two, in as many digits as they have.
  private static void assertPrints(Tensor logits, Path folder, String... more) {
    var command = Stream.of("logits", "--model", folder.toString(), "--ids", "1,4", "--json");
    Result result = telos(Stream.concat(command, Stream.of(more)).toArray(String[]::new));
    assertEquals(0, result.code(), result.err());
    String numbers =
        logits.dtype() == DType.F64
            ? Arrays.toString(logits.toDoubles())
            : Arrays.toString(logits.toFloats());
    String[] rows = numbers.substring(1, numbers.length() - 1).split(", ");
    String first = String.join(",", Arrays.copyOfRange(rows, 0, 5));
    String second = String.join(",", Arrays.copyOfRange(rows, 5, 10));
    assertEquals("{\"logits\":[[" + first + "],[" + second + "]]}", result.out().strip());
  }

  @Test
  void fullDiskIsOneSentence() {
    var refused =
        new java.nio.file.FileSystemException(
            "/runs/metrics.jsonl", null, "No space left on device");
    var deep =
        new java.io.UncheckedIOException(
            "Could not write metrics: " + refused.getMessage(), refused);
    assertTrue(Failure.sentence(deep).startsWith("The disk is full ("), Failure.sentence(deep));
  }
}
