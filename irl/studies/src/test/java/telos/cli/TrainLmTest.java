package telos.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.devices.cpu.CpuDevice;
import telos.nn.text.ByteTokenizer;
import telos.study.Canonical;
import telos.study.Progress;
import telos.study.RunDirectory;
import telos.study.RunTools;
import telos.study.StopSignal;
import telos.study.Stopped;
import telos.tensor.Tree;

class TrainLmTest {
  private static final LanguageModel.Config CONFIG =
      new LanguageModel.Config(6, 3, 1, 2, 16, 16, 4, 1e-2);
  private static final int[] TEXT =
      new ByteTokenizer().encode("the cat sat on the mat and the dog sat on the log. ".repeat(4));

  private record Result(int code, String out, String err) {}

  private static Result telos(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Telos.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(args);
    return new Result(code, out.toString(), err.toString());
  }

  /// Trains in a new directory, stopping at step `stopAt`, then goes on to the end.
  private static LanguageModel train(Path folder, long stopAt) throws Exception {
    var run =
        RunDirectory.create(folder, Map.of("command", "train lm", "config", Canonical.map(CONFIG)));
    if (stopAt > 0) {
      var stop = new StopSignal();
      Progress impatient =
          _ ->
              new Progress.Stage() {
                @Override
                public void update(long done, long total) {
                  if (done == stopAt) {
                    stop.raise();
                  }
                }

                @Override
                public void close() {}
              };
      try (var log = run.metrics(RunTools.noScalars().open(run))) {
        var training = new LanguageModelTraining(CONFIG, TEXT, run, stop);
        assertThrows(Stopped.class, () -> training.run(LanguageModel.init(CONFIG), log, impatient));
      }
    }
    LanguageModel from = LanguageModel.newest(run, LanguageModel.Config.of(run));
    assertEquals(stopAt, from.step());
    try (var log = run.metrics(RunTools.noScalars().open(run))) {
      return new LanguageModelTraining(CONFIG, TEXT, run, new StopSignal())
          .run(from, log, Progress.quiet());
    }
  }

  @Test
  void aResumedRunGivesTheSameBits(@TempDir Path folder) throws Exception {
    LanguageModel whole = train(folder.resolve("whole"), 0);
    LanguageModel parts = train(folder.resolve("parts"), 3);
    assertEquals(
        RunDirectory.open(folder.resolve("whole")).metrics(),
        RunDirectory.open(folder.resolve("parts")).metrics());
    var expected = Tree.leaves(whole.gpt());
    Tree.leaves(parts.gpt())
        .forEach((path, leaf) ->
            assertArrayEquals(expected.get(path).toFloats(), leaf.toFloats(), path));
  }

  @Test
  void threadsDoNotChangeTheCurve(@TempDir Path folder) throws Exception {
    for (int threads : new int[] {1, 2}) {
      try (var device = new CpuDevice(threads)) {
        device.with(() -> {
          try {
            return train(folder.resolve("threads-" + threads), 0);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
      }
    }
    assertEquals(
        Files.readString(folder.resolve("threads-1/metrics.jsonl")),
        Files.readString(folder.resolve("threads-2/metrics.jsonl")));
  }

  @Test
  void trainGenerateInspect(@TempDir Path folder) throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "abcabcabd ".repeat(30));
    Path out = folder.resolve("run");
    Result trained =
        telos(
            "train",
            "lm",
            "--text",
            text.toString(),
            "--out",
            out.toString(),
            "--steps",
            "3",
            "--layers",
            "1",
            "--heads",
            "2",
            "--width",
            "16",
            "--context",
            "16",
            "--batch",
            "2");
    assertEquals(0, trained.code(), trained.err());
    assertTrue(trained.out().contains("unigram entropy"), trained.out());
    var metrics = RunDirectory.open(out).metrics();
    assertEquals(3, metrics.size());
    assertEquals(1, metrics.getFirst().get("step"));
    assertTrue(metrics.getFirst().get("loss") instanceof Number);

    String[] generate = {"generate", "--model", out.toString(), "--prompt", "abc", "--tokens", "5"};
    assertEquals(telos(generate).out(), telos(generate).out());
    assertTrue(telos(generate).out().startsWith("abc"));
    assertEquals(2, telos("generate", "--model", out.toString(), "--top-p", "7").code());
    assertEquals(1, telos("generate", "--model", out.toString(), "--tokens", "16").code());

    assertTrue(telos("inspect", out.toString()).out().contains("step-00000003"));
    Path checkpoint = out.resolve("checkpoints/step-00000003");
    assertTrue(telos("inspect", checkpoint.toString()).out().contains("tokens.weight"));
    assertEquals(0, telos("inspect", checkpoint.resolve("model.safetensors").toString()).code());
  }

  @Test
  void badInputIsOneSentence(@TempDir Path folder) throws Exception {
    Path tiny = Files.writeString(folder.resolve("tiny.txt"), "abc");
    Result result = telos("train", "lm", "--text", tiny.toString(), "--out", folder + "/o");
    assertEquals(1, result.code());
    assertTrue(result.err().contains("has 3 bytes; a sequence needs 128"), result.err());
    assertTrue(Files.notExists(folder.resolve("o")));
    Path binary = Files.write(folder.resolve("b"), new byte[] {(byte) 0xc3, 0x28, (byte) 0xff});
    assertTrue(telos("train", "lm", "--text", binary.toString()).err().contains("is not UTF-8"));
    assertEquals(1, telos("inspect", folder.resolve("missing").toString()).code());
    Path broken = Files.write(folder.resolve("m.safetensors"), new byte[20]);
    Result inspected = telos("inspect", broken.toString());
    assertEquals(1, inspected.code());
    assertEquals(1, inspected.err().lines().count(), inspected.err());
    assertEquals(2, telos("train", "lm").code());
  }
}
