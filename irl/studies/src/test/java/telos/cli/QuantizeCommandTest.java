package telos.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Perplexity;
import telos.nn.format.Json;
import telos.nn.format.Pretrained;
import telos.nn.text.SubwordTokenizer;
import telos.tensor.DType;
import telos.tensor.Rng;

/// `quantize` and `perplexity` on a small directory.
class QuantizeCommandTest {
  private static final String TEXT =
      "the cat sat on the mat and the dog sat on the log, caf\u00e9. ".repeat(9);

  private record Result(int code, String out, String err) {}

  private static Result telos(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Telos.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(args);
    return new Result(code, out.toString(), err.toString());
  }

  private static Pretrained save(Path folder) throws Exception {
    var tokenizer = SubwordTokenizer.train(List.of(TEXT), 280);
    GptConfig config = GptConfig.gpt2(1, 2, 16, 32, tokenizer.vocabularySize());
    var plain = Pretrained.of(Gpt.init(config, Rng.of(1)));
    var whole =
        new Pretrained(
            plain.model(), Optional.of(tokenizer), plain.chatTemplate(), plain.defaults());
    whole.save(folder);
    return whole;
  }

  private static double field(Result result, String name) throws Exception {
    assertEquals(0, result.code(), result.err());
    var json = (Json.Obj) Json.read("out", result.out().getBytes(StandardCharsets.UTF_8));
    return Double.parseDouble(((Json.Num) json.at(name)).text());
  }

  @Test
  void quantisedModelsAreWrittenAndMeasured(@TempDir Path folder) throws Exception {
    Path data = Files.writeString(folder.resolve("text.txt"), TEXT);
    Path model = folder.resolve("model");
    Pretrained saved = save(model);
    int[] ids = saved.tokenizer().orElseThrow().encode(TEXT);
    String[] common = {"perplexity", "--data", data.toString(), "--json", "--model"};
    Result plain = telos(with(common, model, "--stride", "8"));
    Perplexity expected = Perplexity.of(saved.model(), ids, 8);
    assertEquals(expected.value(), field(plain, "perplexity"), 1e-12);
    assertEquals(ids.length - 1, field(plain, "tokens"));
    int bytes = TEXT.getBytes(StandardCharsets.UTF_8).length - 1;
    assertEquals(expected.bitsPerByte(bytes), field(plain, "bits_per_byte"), 0.02);
    for (String to : List.of("int8", "bf16")) {
      Path out = folder.resolve(to);
      Result written =
          telos("quantize", "--model", model.toString(), "--to", to, "--out", out.toString());
      assertEquals(0, written.code(), written.err());
      DType dtype = Pretrained.load(out).model().tokens().weight().dtype();
      assertEquals(to.equals("int8") ? DType.I8 : DType.F32, dtype);
      double value = field(telos(with(common, out, "--stride", "8")), "perplexity");
      assertTrue(value != expected.value() && Math.abs(value / expected.value() - 1) < 0.01, to);
    }
  }

  private static String[] with(String[] common, Path model, String... more) {
    var all = new java.util.ArrayList<>(List.of(common));
    all.add(model.toString());
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void mistakesAreSentences(@TempDir Path folder) throws Exception {
    Path model = folder.resolve("model");
    save(model);
    Path data = Files.write(folder.resolve("bytes"), new byte[] {(byte) 0xff, 65, 66});
    Result same = telos("quantize", "--model", model + "", "--to", "int8", "--out", model + "/.");
    assertEquals(2, same.code());
    assertTrue(same.err().contains("choose another directory"), same.err());
    Result broken = telos("perplexity", "--model", model + "", "--data", data + "");
    assertEquals(1, broken.code());
    assertTrue(broken.err().contains("not text in UTF-8"), broken.err());
    Files.writeString(data, TEXT);
    Result wide = telos("perplexity", "--model", model + "", "--data", data + "", "--stride", "32");
    assertEquals(2, wide.code());
    assertTrue(wide.err().contains("1 to 31"), wide.err());
  }
}
