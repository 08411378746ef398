package telos.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;

/// Another program that measures the same rows when it is asked, so that it and telos take turns
/// and what slows the machine for a while slows both.
///
/// It reads lines `NAME SECONDS` from its standard input. For each it runs the work of that row
/// again and again for so long, at least once, and prints the median of the seconds a call took, or
/// `-` if it has no such row; and it waits without using a processor.
public final class Peer implements AutoCloseable {
  private static final String UNKNOWN = "-";
  private static final double WARM_SECONDS = 1;
  private static final long PATIENCE_SECONDS = 5;

  private final String command;
  private final Process process;
  private final Writer questions;
  private final BufferedReader answers;

  private Peer(String command, Process process) {
    this.command = command;
    this.process = process;
    questions = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /// @param command a program and its arguments, between spaces
  /// @throws IOException if it cannot be started
  public static Peer start(String command) throws IOException {
    return start(command, List.of(command.strip().split("\\s+")));
  }

  static Peer start(String name, List<String> command) throws IOException {
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    try {
      return new Peer(name, builder.start());
    } catch (IOException e) {
      throw new IOException(
          "The peer '%s' cannot be started: %s".formatted(name, e.getMessage()), e);
    }
  }

  /// Runs a row for the first time, unmeasured; false if the program does not have it.
  boolean warm(String row) {
    return seconds(row, WARM_SECONDS).isPresent();
  }

  /// The median seconds of one call of a row that is called for `budget` seconds, or nothing if the
  /// program does not have it.
  ///
  /// @throws IllegalStateException if it ended, or answered something else
  OptionalDouble seconds(String row, double budget) {
    String answer = answer(String.format(Locale.ROOT, "%s %.3f%n", row, budget));
    if (answer.equals(UNKNOWN)) {
      return OptionalDouble.empty();
    }
    try {
      double seconds = Double.parseDouble(answer);
      if (seconds > 0) {
        return OptionalDouble.of(seconds);
      }
    } catch (NumberFormatException _) {
      // The sentence below says what would fit.
    }
    throw new IllegalStateException(
        "'%s' answered '%s' for %s; it should print the seconds of a call, or %s"
            .formatted(command, answer, row, UNKNOWN));
  }

  private String answer(String question) {
    try {
      questions.write(question);
      questions.flush();
      String answer = answers.readLine();
      if (answer != null) {
        return answer.strip();
      }
    } catch (IOException _) {
      // It has ended, as where there is nothing more to read.
    }
    throw new IllegalStateException(
        "'%s' ended when it was asked for %s".formatted(command, question.strip()));
  }

  /// Ends the program.
  @Override
  public void close() {
    try {
      questions.close();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroy();
      }
    } catch (IOException e) {
      process.destroy();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
    }
  }
}
