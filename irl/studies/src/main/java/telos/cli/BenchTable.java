package telos.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import telos.bench.Benchmark;
import telos.bench.Measurements;

/// Lines of `telos bench` in its three formats.
///
/// @param format of the lines
/// @param threads of the device
/// @param peer values of another program by row, in the same units
record BenchTable(Format format, int threads, Map<String, Double> peer) {
  enum Format {
    TEXT,
    JSON,
    MARKDOWN
  }

  /// Another program's rows: one JSON object with `name` and `value` a line.
  static Map<String, Double> peer(Path file) throws IOException {
    Map<String, Double> values = new HashMap<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank()) {
        Map<String, Object> row = JSON.std.mapFrom(line);
        if (!(row.get("name") instanceof String name)
            || !(row.get("value") instanceof Number value)) {
          throw new IOException("'%s' has a line without name and value: %s".formatted(file, line));
        }
        values.put(name, value.doubleValue());
      }
    }
    return values;
  }

  /// What comes before the rows.
  Optional<String> head() {
    return format == Format.MARKDOWN
        ? Optional.of(
            "| row, %d thread%s | telos | of | ratio |%s%n| --- | ---: | --- | ---: |%s"
                .formatted(
                    threads,
                    threads == 1 ? "" : "s",
                    peer.isEmpty() ? "" : " peer | times as fast |",
                    peer.isEmpty() ? "" : " ---: | ---: |"))
        : Optional.empty();
  }

  /// One row; measures it.
  String line(Benchmark row, Measurements measured) {
    double value = row.scale().applyAsDouble(measured.seconds(row.name()));
    var ratio = measured.ratio(row);
    String share = ratio.isPresent() ? String.format(Locale.ROOT, "%.3f", ratio.getAsDouble()) : "";
    return switch (format) {
      case JSON ->
          "{\"name\": \"%s\", \"value\": %s, \"unit\": \"%s\", \"threads\": %d}"
              .formatted(row.name(), rounded(value), row.unit(), threads);
      case TEXT ->
          String.format(
                  Locale.ROOT,
                  "%-32s %12s %-8s %s",
                  row.name(),
                  rounded(value),
                  row.unit(),
                  share.isEmpty() ? "" : share + " of " + row.yardstick())
              .stripTrailing();
      case MARKDOWN ->
          "| `%s` | %s %s | %s | %s |%s"
              .formatted(
                  row.name(),
                  plain(value),
                  row.unit(),
                  share.isEmpty() ? "" : row.yardstick(),
                  share,
                  beside(row, value));
    };
  }

  private String beside(Benchmark row, double value) {
    Double other = peer.get(row.name());
    if (other == null) {
      return peer.isEmpty() ? "" : " | |";
    }
    double times = row.unit().endsWith("/s") ? value / other : other / value;
    return String.format(Locale.ROOT, " %s | %.2f |", plain(other), times);
  }

  /// Five significant digits.
  private static double rounded(double value) {
    return Double.parseDouble(String.format(Locale.ROOT, "%.4e", value));
  }

  /// Three significant digits, all those before the point, and no exponent.
  private static String plain(double value) {
    int digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
