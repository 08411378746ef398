package telos.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.Encoder;
import telos.nn.EncoderConfig;
import telos.nn.Pooling;
import telos.nn.SentenceEncoder;
import telos.nn.format.BertDirectory;
import telos.nn.text.SubwordTokenizer;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

class EmbedTest {
  private static final List<String> TEXTS =
      IntStream.range(0, 20).mapToObj(i -> "a cat sat ".repeat(1 + i % 3) + i).toList();

  @TempDir private Path folder = Path.of("");
  private SentenceEncoder model =
      new SentenceEncoder(
          Encoder.init(EncoderConfig.bert(1, 2, 8, 48, 300), Rng.of(1)), Pooling.MEAN, true);
  private SubwordTokenizer tokenizer = SubwordTokenizer.train(TEXTS, 280);

  private record Result(int code, String out, String err) {}

  private Result embed(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    String[] all =
        Arrays.copyOf(new String[] {"embed", "--model", folder.toString()}, 3 + args.length);
    System.arraycopy(args, 0, all, 3, args.length);
    int code =
        Telos.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(all);
    return new Result(code, out.toString(), err.toString());
  }

  @BeforeEach
  void save() throws IOException {
    new BertDirectory(model, 32).write(folder);
    tokenizer.save(folder.resolve("tokenizer.json"));
  }

  private float[] alone(int... ids) {
    return model.call(Tensor.of(ids, Shape.of(1, ids.length)), Tensor.of(ids.length)).toFloats();
  }

  /// More texts than one batch holds, each with the vector it has alone.
  @Test
  void oneObjectALine() throws IOException {
    Path file = Files.write(folder.resolve("texts.txt"), TEXTS.subList(1, 20));
    Result result = embed("--text", TEXTS.getFirst(), "--file", file.toString(), "--json");
    assertEquals(0, result.code(), result.err());
    List<String> lines = result.out().lines().toList();
    assertEquals(20, lines.size());
    for (int i = 0; i < 20; i++) {
      String vector = Arrays.toString(alone(tokenizer.encode(TEXTS.get(i)))).replace(" ", "");
      assertEquals("{\"embedding\":" + vector + "}", lines.get(i));
    }
  }

  @Test
  void tooLongIsRefusedOrCut() {
    String text = "z".repeat(50);
    Result refused = embed("--text", "a", "--text", text);
    assertEquals(1, refused.code());
    assertTrue(refused.err().contains("Text 2 has 50 tokens, more than the 32"), refused.err());
    Result cut = embed("--text", text, "--truncate");
    String vector = Arrays.toString(alone(Arrays.copyOf(tokenizer.encode(text), 32)));
    assertEquals(vector.replaceAll("[\\[\\],]", ""), cut.out().strip());
  }

  @Test
  void wrongUsageAndWrongFiles() throws IOException {
    assertEquals(2, embed().code());
    assertTrue(embed("--text", "").err().contains("Text 1 is empty"));
    Files.delete(folder.resolve("config.json"));
    Result missing = embed("--text", "a");
    assertEquals(1, missing.code());
    assertTrue(missing.err().contains("config.json"), missing.err());
  }
}
