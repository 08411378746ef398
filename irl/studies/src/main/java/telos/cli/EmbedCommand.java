package telos.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.nn.Rows;
import telos.nn.format.BertDirectory;
import telos.nn.text.Encoding;
import telos.nn.text.SubwordTokenizer;
import telos.tensor.Scope;

/// Turns texts into vectors with a sentence encoder.
@Command(
    name = "embed",
    description = "Turns texts into vectors with a BERT or sentence-transformers directory.")
final class EmbedCommand implements Callable<Integer> {
  /// Texts evaluated together; a vector is the same in every batch.
  private static final int BATCH = 16;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", paramLabel = "DIR", description = "The directory of the model.")
  private @Nullable Path model;

  @Option(names = "--text", description = "A text; may be given several times.")
  private List<String> texts = new ArrayList<>();

  @Option(names = "--file", description = "A file with one text a line, after those of --text.")
  private @Nullable Path file;

  @Option(names = "--truncate", description = "Cut texts that are too long, rather than refuse.")
  private boolean truncate;

  @Option(names = "--json", description = "One JSON object a line: {\"embedding\":[...]}.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (model == null) {
      throw new ParameterException(spec.commandLine(), "Which model? Give --model DIR");
    }
    if (texts.isEmpty() && file == null) {
      throw new ParameterException(
          spec.commandLine(), "Which texts? Give --text STRING or --file FILE");
    }
    BertDirectory read = BertDirectory.read(model);
    SubwordTokenizer tokenizer = SubwordTokenizer.load(model.resolve("tokenizer.json"));
    requireVocabulary(read, tokenizer);
    embed(read, tokenizer);
    spec.commandLine().getOut().flush();
    return 0;
  }

  private void requireVocabulary(BertDirectory read, SubwordTokenizer tokenizer)
      throws IOException {
    int vocabulary = read.model().encoder().config().vocabulary();
    if (tokenizer.vocabularySize() > vocabulary) {
      throw new IOException(
          "'%s': the tokenizer has %d tokens, the model only %d"
              .formatted(model, tokenizer.vocabularySize(), vocabulary));
    }
  }

  private void embed(BertDirectory read, SubwordTokenizer tokenizer) throws IOException {
    List<int[]> batch = new ArrayList<>();
    int number = 0;
    for (String text : texts) {
      add(batch, ids(tokenizer, text, read.maxTokens(), ++number), read);
    }
    if (file != null) {
      try (BufferedReader lines = Files.newBufferedReader(file)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          add(batch, ids(tokenizer, line, read.maxTokens(), ++number), read);
        }
      }
    }
    print(batch, read);
  }

  /// The tokens of a text as the model reads them, framed by `[CLS]` and `[SEP]`.
  private int[] ids(SubwordTokenizer tokenizer, String text, int limit, int number)
      throws IOException {
    Encoding whole = tokenizer.encoding(text);
    Encoding framed = tokenizer.framed(whole);
    int excess = framed.size() - limit;
    if (excess > 0 && truncate) {
      framed = tokenizer.framed(first(whole, Math.max(0, whole.size() - excess)));
    } else if (excess > 0) {
      throw new IOException(
          "Text %d has %d tokens, more than the %d that the model reads; --truncate cuts it"
              .formatted(number, framed.size(), limit));
    }
    if (framed.size() == 0) {
      throw new IOException("Text %d is empty: it has no tokens".formatted(number));
    }
    return framed.ids();
  }

  private static Encoding first(Encoding text, int count) {
    return new Encoding(
        Arrays.copyOf(text.ids(), count),
        Arrays.copyOf(text.starts(), count),
        Arrays.copyOf(text.ends(), count),
        Arrays.copyOf(text.segments(), count));
  }

  private void add(List<int[]> batch, int[] ids, BertDirectory read) {
    batch.add(ids);
    if (batch.size() == BATCH) {
      print(batch, read);
      batch.clear();
    }
  }

  private void print(List<int[]> batch, BertDirectory read) {
    if (batch.isEmpty()) {
      return;
    }
    int[][] rows = batch.toArray(int[][]::new);
    int width = read.model().encoder().config().width();
    float[] vectors =
        Scope.call("embed", () -> read.model().call(Rows.pad(rows, 0), Rows.lengths(rows)))
            .toFloats();
    PrintWriter out = spec.commandLine().getOut();
    for (int i = 0; i < rows.length; i++) {
      out.println(line(Arrays.copyOfRange(vectors, i * width, (i + 1) * width)));
    }
  }

  private String line(float[] vector) {
    String numbers =
        IntStream.range(0, vector.length)
            .mapToObj(i -> Float.toString(vector[i]))
            .collect(Collectors.joining(json ? "," : " "));
    return json ? "{\"embedding\":[" + numbers + "]}" : numbers;
  }
}
