package telos.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleBiFunction;

/// The least ratio that a row must keep: a guard against edits that look harmless and cost a
/// factor. Ratios of rates taken in turns say the same on a faster or busier machine, or nearly;
/// times do not.
///
/// @param row whose rate
/// @param yardstick over whose rate
/// @param threads that the floor holds for
/// @param least ratio
public record Floor(String row, String yardstick, int threads, double least) {
  /// What a floor came to.
  ///
  /// @param ratio measured
  public record Verdict(Floor floor, double ratio) {
    /// Whether the ratio is high enough.
    public boolean holds() {
      return ratio >= floor.least;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%-4s %-32s %6.3f of %-24s floor %.3f",
          holds() ? "ok" : "LOW",
          floor.row,
          ratio,
          floor.yardstick,
          floor.least);
    }
  }

  /// The checked-in floors.
  ///
  /// @param bits of a vector register: with narrower ones the same memory feeds slower arithmetic
  /// @throws IllegalArgumentException for a width of which there are none
  public static List<Floor> all(int bits, int threads) {
    try (InputStream text = Floor.class.getResourceAsStream("floors-" + bits + ".txt")) {
      if (text == null) {
        throw new IllegalArgumentException(
            "there are no floors for registers of %d bits; there are for 256 and 512"
                .formatted(bits));
      }
      return parse(new String(text.readAllBytes(), StandardCharsets.UTF_8)).stream()
          .filter(floor -> floor.threads == threads)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// One floor a line: row, yardstick, threads, ratio; `#` begins a comment.
  static List<Floor> parse(String text) {
    return text.lines()
        .map(line -> line.replaceFirst("#.*", "").strip())
        .filter(line -> !line.isEmpty())
        .map(Floor::parsed)
        .toList();
  }

  private static Floor parsed(String line) {
    String[] words = line.split("\\s+", -1);
    if (words.length != 4) {
      throw new IllegalArgumentException(
          "a floor is 'row yardstick threads ratio', not '" + line + "'");
    }
    return new Floor(words[0], words[1], Integer.parseInt(words[2]), Double.parseDouble(words[3]));
  }

  /// What the floor comes to.
  ///
  /// @param ratio of the rate of one row over that of another, by their names
  public Verdict verdict(ToDoubleBiFunction<String, String> ratio) {
    return new Verdict(this, ratio.applyAsDouble(row, yardstick));
  }
}
