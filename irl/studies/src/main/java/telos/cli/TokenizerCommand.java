package telos.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.nn.text.BytePairTrainer;

/// Makes tokenizers.
@Command(name = "tokenizer", description = "Makes tokenizers.", synopsisSubcommandLabel = "COMMAND")
final class TokenizerCommand {
  /// Characters of a text that are read at once; the end of a line ends a part.
  private static final int PART = 1 << 16;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      name = "train",
      description = "Learns byte-level byte pairs from a text, and writes a tokenizer.json.")
  int train(
      @Option(
              names = "--data",
              paramLabel = "FILE",
              required = true,
              description = "A text, or JSON lines (.jsonl) with a field \"text\".")
          Path data,
      @Option(
              names = "--vocab",
              paramLabel = "N",
              required = true,
              description = "Tokens, at least 260.")
          int size,
      @Option(
              names = "--out",
              paramLabel = "FILE",
              defaultValue = "tokenizer.json",
              description = "Where to write (${DEFAULT-VALUE}).")
          Path out)
      throws IOException {
    BytePairTrainer trainer = trainer(size);
    try (BufferedReader reader = Files.newBufferedReader(data)) {
      boolean lines = data.toString().endsWith(".jsonl");
      Stream<String> texts = lines ? documents(data, reader) : parts(reader);
      @SuppressWarnings("StreamToIterable") // the trainer goes through it once
      Iterable<String> once = texts::iterator;
      var tokenizer = trainer.train(once);
      tokenizer.save(out);
      PrintWriter console = spec.commandLine().getOut();
      console.printf("%s: %d tokens%n", out, tokenizer.vocabularySize());
      console.flush();
    } catch (CharacterCodingException e) {
      throw new IOException("'%s' is not UTF-8 text".formatted(data), e);
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof CharacterCodingException cause) {
        throw new IOException("'%s' is not UTF-8 text".formatted(data), cause);
      }
      throw e;
    }
    return 0;
  }

  private BytePairTrainer trainer(int size) {
    try {
      return BytePairTrainer.ofSize(size);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  /// A text in parts, which end in line ends where lines are not longer than a part.
  private static Stream<String> parts(BufferedReader reader) {
    return Stream.generate(() -> part(reader)).takeWhile(part -> !part.isEmpty());
  }

  private static String part(BufferedReader reader) {
    var part = new StringBuilder();
    try {
      for (int c = reader.read(); c >= 0; c = reader.read()) {
        part.append((char) c);
        boolean full = part.length() >= PART && c == '\n' || part.length() >= 16 * PART;
        if (full && !Character.isHighSurrogate((char) c)) {
          break;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return part.toString();
  }

  private static Stream<String> documents(Path file, BufferedReader reader) {
    var line = new int[1];
    return reader
        .lines()
        .map(text -> document("%s, line %d".formatted(file, ++line[0]), text))
        .filter(text -> !text.isEmpty());
  }

  private static String document(String where, String line) {
    if (line.isBlank()) {
      return "";
    }
    try {
      var json = Json.read(where, line.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      if (json instanceof Json.Obj object && object.at("text") instanceof Json.Str(var text)) {
        return text;
      }
      throw new FormatException(where + ": there is no field \"text\" with a string");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
