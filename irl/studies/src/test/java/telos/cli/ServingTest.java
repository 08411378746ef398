package telos.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.format.GenerationDefaults;
import telos.nn.format.Pretrained;
import telos.nn.text.ChatTemplate;
import telos.nn.text.SubwordTokenizer;
import telos.tensor.Rng;

/// The commands around text: tokenizers, conversations, the server.
final class ServingTest {
  private record Result(int code, String out, String err) {}

  private static Result telos(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Telos.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(args);
    return new Result(code, out.toString(), err.toString());
  }

  private static Result piped(String in, String... args) {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)));
    try {
      return telos(args);
    } finally {
      System.setIn(before);
    }
  }

  /// A random model that speaks ChatML.
  private static Path model(Path folder) throws IOException {
    var tokenizer =
        SubwordTokenizer.train(List.of("hello there, hello you"), 270)
            .withSpecialTokens(List.of("<|im_start|>", "<|im_end|>"));
    int end = tokenizer.specialId("<|im_end|>");
    Gpt gpt =
        Gpt.init(GptConfig.llama(1, 2, 1, 16, 32, 512, tokenizer.vocabularySize()), Rng.of(1));
    new Pretrained(
            gpt,
            Optional.of(tokenizer),
            Optional.of(ChatTemplate.chatMl()),
            GenerationDefaults.greedy(OptionalInt.empty(), List.of(end), OptionalInt.empty()))
        .save(folder.resolve("model"));
    return folder.resolve("model");
  }

  @Test
  void trainsATokenizerThatTokenizes(@TempDir Path folder) throws IOException {
    String text = "The owls are not what they seem. The owls fly.\n".repeat(50);
    Path data = Files.writeString(folder.resolve("data.txt"), text);
    String file = folder.resolve("tokenizer.json").toString();
    Result trained =
        telos("tokenizer", "train", "--data", data.toString(), "--vocab", "300", "--out", file);
    assertEquals(0, trained.code(), trained.err());
    Result ids = telos("tokenize", "--tokenizer", file, "--text", "The owls é <eos>", "--json");
    assertEquals(0, ids.code(), ids.err());
    assertTrue(ids.out().matches("\\{\"ids\":\\[[0-9,]+]}\\s*"), ids.out());
    String list = ids.out().replaceAll("[^0-9,]", "");
    assertTrue(list.split(",").length < 16, "merges were learnt");
    Result back = telos("detokenize", "--tokenizer", file, "--ids", list);
    assertEquals("The owls é <eos>", back.out().strip());
    Result special =
        telos("tokenize", "--tokenizer", file, "--text", "<eos>", "--specials", "--json");
    assertEquals("{\"ids\":[2]}", special.out().strip());
    assertEquals(
        ids.out(), piped("The owls é <eos>", "tokenize", "--tokenizer", file, "--json").out());
  }

  @Test
  void trainsOnJsonLines(@TempDir Path folder) throws IOException {
    Path plain = Files.writeString(folder.resolve("a.txt"), "abab abab abab");
    Path lines = Files.writeString(folder.resolve("b.jsonl"), "{\"text\": \"abab abab abab\"}\n\n");
    for (Path data : List.of(plain, lines)) {
      String out = data + ".json";
      telos("tokenizer", "train", "--data", data.toString(), "--vocab", "262", "--out", out);
    }
    assertEquals(
        Files.readString(Path.of(plain + ".json")), Files.readString(Path.of(lines + ".json")));
    Files.writeString(lines, "{\"text\": 1}\n");
    Result wrong =
        telos(
            "tokenizer",
            "train",
            "--data",
            lines.toString(),
            "--vocab",
            "262",
            "--out",
            folder.resolve("c.json").toString());
    assertEquals(1, wrong.code());
    assertTrue(wrong.err().contains("b.jsonl, line 1: there is no field \"text\""), wrong.err());
    assertEquals(2, telos("tokenizer", "train", "--data", plain.toString(), "--vocab", "5").code());
  }

  @Test
  void conversesInAPipe(@TempDir Path folder) throws IOException {
    String directory = model(folder).toString();
    String[] command = {"chat", "--model", directory, "--max-new-tokens", "5", "--seed", "3"};
    Result result = piped("hello\n/reset\nhello\n/exit\nnever", command);
    assertEquals(0, result.code(), result.err());
    String once = piped("hello\n", command).out();
    assertTrue(once.length() > 1, once);
    assertEquals(once + once, result.out(), "after a reset the same again");
  }

  /// The run of `sft` is a model's directory with the files of a run beside it.
  @Test
  void conversesWithWhatWasFineTuned(@TempDir Path folder) throws IOException {
    Path directory = model(folder);
    Files.writeString(directory.resolve("run.json"), "{\"command\": \"sft\"}");
    Result result =
        piped("hello\n", "chat", "--model", directory.toString(), "--max-new-tokens", "5");
    assertEquals(0, result.code(), result.err());
  }

  @Test
  void servesADirectoryUntilItIsStopped(@TempDir Path folder) throws Exception {
    String directory = model(folder).toString();
    var out = new StringWriter();
    var err = new StringWriter();
    var serving =
        new Thread(() ->
            Telos.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute("serve", "--model", directory, "--port", "0", "--name", "owl"));
    serving.start();
    var pattern = Pattern.compile("Serving 'owl' at (http://127.0.0.1:[0-9]+/)");
    var printed = pattern.matcher("");
    for (int i = 0; i < 1000 && !printed.find(); i++) {
      Thread.sleep(10);
      printed = pattern.matcher(out.toString());
    }
    assertTrue(printed.find(0), out + " " + err);
    String body =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"hello\"}], \"max_tokens\": 3}";
    var answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(printed.group(1) + "v1/chat/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer.body());
    assertTrue(answer.body().contains("\"model\":\"owl\""), answer.body());
    serving.interrupt();
    serving.join(10_000);
    assertTrue(!serving.isAlive(), "stopped");
  }

  @Test
  void wrongUseIsOneSentence(@TempDir Path folder) {
    assertEquals(2, telos("serve").code());
    assertEquals(2, telos("serve", "--model", folder.toString(), "--max-rows", "0").code());
    assertEquals(2, telos("chat").code());
    assertEquals(2, telos("tokenize", "--text", "x").code());
    Result missing = telos("serve", "--model", folder.resolve("no").toString());
    assertEquals(1, missing.code());
    assertTrue(missing.err().startsWith("telos: There is no directory '"), missing.err());
  }
}
