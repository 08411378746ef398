package telos.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.format.GenerationDefaults;
import telos.nn.format.PeftAdapter;
import telos.nn.format.Pretrained;
import telos.nn.text.ChatTemplate;
import telos.nn.text.SubwordTokenizer;
import telos.study.RunDirectory;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class SftCommandTest {
  @TempDir private static Path shared;
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

  private static Path model() {
    return shared.resolve("base");
  }

  private static Path data() {
    return shared.resolve("chat.jsonl");
  }

  @BeforeAll
  static void makeModel() throws IOException {
    var tokenizer =
        SubwordTokenizer.train(List.of("the red sea of the green tree"), 264)
            .withSpecialTokens(List.of("<|im_start|>", "<|im_end|>"));
    int end = tokenizer.specialId("<|im_end|>");
    var gpt = Gpt.init(GptConfig.llama(1, 2, 1, 8, 12, 64, tokenizer.vocabularySize()), Rng.of(1));
    new Pretrained(
            gpt,
            Optional.of(tokenizer),
            Optional.of(ChatTemplate.chatMl()),
            GenerationDefaults.greedy(OptionalInt.empty(), List.of(end), OptionalInt.empty()))
        .save(model());
    var lines = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      lines.append(
          """
          {"prompt": "the sea %d", "completion": " of the tree %d"}
          """
              .formatted(i, i));
    }
    Files.writeString(data(), lines);
  }

  private Result sft(String out, Object... more) {
    var args = Stream.of("sft", "--model", model(), "--data", data(), "--out", folder.resolve(out));
    return telos(Stream.concat(args, Stream.of(more)).toArray());
  }

  @Test
  void aModelIsTrainedAndGoesOnToTheSameBytes() throws IOException {
    Object[] options = {
      "--steps",
      4,
      "--batch",
      2,
      "--accumulate",
      2,
      "--rate",
      0.01,
      "--every",
      2,
      "--ema",
      0.5,
      "--hold-out",
      0.2,
      "--optimizer",
      "muon",
      "--schedule",
      "wsd"
    };
    Result trained = sft("a", options);
    assertEquals(0, trained.code(), trained.err());
    assertTrue(trained.out().contains("Loss at step 4: "), trained.out());
    assertTrue(trained.out().contains("on held-out examples"), trained.out());
    Path a = folder.resolve("a");
    Pretrained result = Pretrained.load(a);
    assertTrue(result.chatTemplate().isPresent());
    assertNotEquals(
        Pretrained.load(model()).model().norm().call(Tensor.ones(1, 8)).sum().item(),
        result.model().norm().call(Tensor.ones(1, 8)).sum().item());
    Path b = folder.resolve("b");
    copyRun(a, b, 2);
    Result resumed = telos("sft", "--resume", b);
    assertEquals(0, resumed.code(), resumed.err());
    assertArrayEquals(
        Files.readAllBytes(a.resolve("model.safetensors")),
        Files.readAllBytes(b.resolve("model.safetensors")));
    assertEquals(RunDirectory.open(a).metrics(), RunDirectory.open(b).metrics());
  }

  /// As it was after a step.
  private static void copyRun(Path from, Path to, int step) throws IOException {
    Path checkpoint = Path.of("checkpoints", "step-%08d".formatted(step));
    copyFiles(from.resolve(checkpoint), to.resolve(checkpoint));
    for (String file : List.of("run.json", "metrics.jsonl", "base_weights.sha256")) {
      if (Files.exists(from.resolve(file))) {
        Files.copy(from.resolve(file), to.resolve(file));
      }
    }
  }

  private static void copyFiles(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (var files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /// Checkpoints hold what is learnt; the rest is the base's, which may have been trained or
  /// replaced since.
  @ParameterizedTest
  @CsvSource({"--lora, adapter_model", "--freeze=blocks.*, model"})
  void onAChangedBaseNothingGoesOn(String kind, String weights) throws IOException {
    Path base = folder.resolve("base");
    copyFiles(model(), base);
    Path whole = folder.resolve("whole");
    Object[] begin = {"sft", "--model", base, "--data", data(), "--out", whole};
    Object[] options = {kind, "--steps", 2, "--batch", 2, "--every", 1};
    Result trained = telos(Stream.of(begin, options).flatMap(Stream::of).toArray());
    assertEquals(0, trained.code(), trained.err());
    Path half = folder.resolve("half");
    copyRun(whole, half, 1);
    Pretrained before = Pretrained.load(base);
    Gpt moved = Tree.map(before.model(), leaf -> leaf.mul(1.001));
    new Pretrained(moved, before.tokenizer(), before.chatTemplate(), before.defaults()).save(base);
    assertRefused(1, telos("sft", "--resume", half), "trained on other weights");
    copyFiles(model(), base);
    assertEquals(0, telos("sft", "--resume", half).code());
    String file = weights + ".safetensors";
    assertArrayEquals(
        Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(half.resolve(file)));
  }

  @Test
  void anAdapterIsTrained() throws IOException {
    Result trained =
        sft(
            "lora",
            "--lora",
            "--rank",
            2,
            "--target",
            "q_proj,down_proj",
            "--dropout",
            0.1,
            "--steps",
            2,
            "--rslora");
    assertEquals(0, trained.code(), trained.err());
    assertFalse(Files.exists(folder.resolve("lora/model.safetensors")));
    Gpt base = Pretrained.load(model()).model();
    var adapter = PeftAdapter.load(folder.resolve("lora"), base);
    assertEquals(2, adapter.lora().rank());
    assertTrue(adapter.lora().stabilised());
    Path again = folder.resolve("again");
    Files.createDirectories(again);
    Files.copy(folder.resolve("lora/run.json"), again.resolve("run.json"));
    assertEquals(0, telos("sft", "--resume", again).code());
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("lora/adapter_model.safetensors")),
        Files.readAllBytes(again.resolve("adapter_model.safetensors")));
    Files.writeString(again.resolve("base_weights.sha256"), "0".repeat(64));
    assertRefused(1, telos("sft", "--resume", again), "trained on other weights");
    Path adapted = folder.resolve("lora");
    assertRefused(1, telos("generate", "--model", adapted, "--ids", 1), "telos merge --model");
    Path merged = folder.resolve("merged");
    Object[] merge = {"merge", "--model", model(), "--adapter", adapted, "--out", merged};
    assertEquals(0, telos(merge).code());
    assertRefused(2, telos(merge), "is not an empty directory");
    Tensor ids = Tensor.of(new int[] {1, 2, 3}, Shape.of(1, 3));
    assertArrayEquals(
        adapter.model().logits(ids).toFloats(),
        Pretrained.load(merged).model().logits(ids).toFloats(),
        1e-4f);
  }

  @Test
  void whatIsFrozenStays() throws IOException {
    Result trained = sft("frozen", "--steps", 1, "--freeze", "tokens.*|blocks\\.0\\..*|norm.*");
    assertEquals(0, trained.code(), trained.err());
    Gpt before = Pretrained.load(model()).model();
    Gpt after = Pretrained.load(folder.resolve("frozen")).model();
    assertArrayEquals(before.tokens().weight().toFloats(), after.tokens().weight().toFloats());
    var expected = Tree.leaves(before);
    Tree.leaves(after)
        .forEach((path, leaf) ->
            assertEquals(
                path.startsWith("head"),
                !java.util.Arrays.equals(leaf.toFloats(), expected.get(path).toFloats()),
                path));
  }

  @Test
  void mistakesAreSentences() throws IOException {
    assertRefused(2, telos("sft"), "Which model, and which data?");
    assertRefused(2, sft("x", "--batch", 0), "must be positive");
    assertRefused(2, sft("x", "--ema", 1), "must be in [0, 1)");
    assertRefused(1, sft("y", "--lora", "--target", "c_attn"), "\"c_attn\" fits no module");
    assertRefused(2, sft("z", "--freeze", "("), "is no regular expression");
    Path bad = Files.writeString(folder.resolve("bad.jsonl"), "{\"text\": \"a\"}\n{\"text\"}\n");
    Result refused = telos("sft", "--model", model(), "--data", bad, "--out", folder.resolve("w"));
    assertRefused(1, refused, "bad.jsonl, line 2: ");
    assertRefused(1, telos("sft", "--resume", folder), "is not a run directory");
    Result taken = sft("y");
    assertRefused(1, taken, "choose another --out");
  }

  private static void assertRefused(int code, Result result, String sentence) {
    assertEquals(code, result.code(), result.err());
    assertTrue(result.err().contains(sentence), result.err());
    assertFalse(result.err().contains("\tat "), result.err());
  }
}
