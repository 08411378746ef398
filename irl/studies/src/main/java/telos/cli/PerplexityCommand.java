package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.nn.Perplexity;
import telos.nn.format.Json;
import telos.nn.format.Pretrained;
import telos.nn.text.SubwordTokenizer;

/// Measures how well a model foretells a text.
@Command(
    name = "perplexity",
    description =
        "Measures how well a model foretells a text: nats a token, perplexity, bits a byte.")
final class PerplexityCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "A Hugging Face model directory, or what 'quantize' wrote.")
  private Path model = Path.of("");

  @Option(names = "--data", paramLabel = "FILE", required = true, description = "A text in UTF-8.")
  private Path data = Path.of("");

  @Option(
      names = "--stride",
      paramLabel = "N",
      description =
          "Tokens between the starts of two windows of the model's context; half of it by default."
              + " Less gives each token more context and takes longer.")
  private @Nullable Integer stride;

  @Option(names = "--json", description = "One JSON object.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Pretrained pretrained = Pretrained.load(model);
    SubwordTokenizer tokenizer =
        pretrained
            .tokenizer()
            .orElseThrow(() -> new IOException("'%s' has no tokenizer.json".formatted(model)));
    String text = text(data);
    int[] ids = tokenizer.encode(text);
    if (ids.length < 2) {
      throw new IOException("'%s' has %d tokens; needs two or more".formatted(data, ids.length));
    }
    Perplexity perplexity = Perplexity.of(pretrained.model(), ids, stride(pretrained));
    print(perplexity, bytes(text) - bytes(tokenizer.decode(ids[0])));
    return 0;
  }

  private static String text(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new IOException("'%s' is not text in UTF-8".formatted(file), e);
    }
  }

  private static long bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private int stride(Pretrained pretrained) {
    int context = pretrained.model().config().context();
    int tokens = stride == null ? Math.max(1, context / 2) : stride;
    if (tokens < 1 || tokens >= context) {
      throw new ParameterException(
          spec.commandLine(),
          "--stride is %d; the model's context of %d tokens takes 1 to %d"
              .formatted(tokens, context, context - 1));
    }
    return tokens;
  }

  private void print(Perplexity perplexity, long bytes) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("tokens", perplexity.tokens());
    fields.put("nats_per_token", perplexity.perToken());
    fields.put("perplexity", perplexity.value());
    fields.put("bits_per_byte", perplexity.bitsPerByte(bytes));
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? Json.of(fields).text() : sentence(perplexity, bytes));
    out.flush();
  }

  private static String sentence(Perplexity perplexity, long bytes) {
    return String.format(
        Locale.ROOT,
        "%d tokens: %.4f nats a token, perplexity %.3f, %.4f bits a byte",
        perplexity.tokens(),
        perplexity.perToken(),
        perplexity.value(),
        perplexity.bitsPerByte(bytes));
  }
}
