package telos.cli;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import telos.bench.Benchmark;
import telos.bench.Measurements;
import telos.bench.Measurements.Beside;
import telos.bench.Peer;

/// Lines of `telos bench` in its three formats.
///
/// @param format of the lines
/// @param threads of the device
/// @param peer another program to measure beside, or null
record BenchTable(Format format, int threads, @Nullable Peer peer) {
  enum Format {
    TEXT,
    JSON,
    MARKDOWN
  }

  /// What comes before the rows.
  Optional<String> head() {
    return format == Format.MARKDOWN
        ? Optional.of(
            "| row, %d thread%s | telos | of | ratio |%s%n| --- | ---: | --- | ---: |%s"
                .formatted(
                    threads,
                    threads == 1 ? "" : "s",
                    peer == null ? "" : " peer | times as fast |",
                    peer == null ? "" : " ---: | ---: |"))
        : Optional.empty();
  }

  /// One row; measures it.
  String line(Benchmark row, Measurements measured) {
    var beside = peer == null ? Optional.<Beside>empty() : measured.beside(row.name(), peer);
    double value = row.scale().applyAsDouble(measured.seconds(row.name()));
    var ratio = measured.ratio(row);
    String share = ratio.isPresent() ? String.format(Locale.ROOT, "%.3f", ratio.getAsDouble()) : "";
    return switch (format) {
      case JSON ->
          "{\"name\": \"%s\", \"value\": %s, \"unit\": \"%s\", \"threads\": %d%s}"
              .formatted(row.name(), rounded(value), row.unit(), threads, json(row, beside));
      case TEXT ->
          String.format(
                  Locale.ROOT,
                  "%-32s %12s %-8s %s",
                  row.name(),
                  rounded(value),
                  row.unit(),
                  (share.isEmpty() ? "" : share + " of " + row.yardstick() + "  ")
                      + text(row, beside))
              .stripTrailing();
      case MARKDOWN ->
          "| `%s` | %s %s | %s | %s |%s"
              .formatted(
                  row.name(),
                  plain(value),
                  row.unit(),
                  share.isEmpty() ? "" : row.yardstick(),
                  share,
                  markdown(row, beside));
    };
  }

  private static String json(Benchmark row, Optional<Beside> beside) {
    return beside
        .map(it ->
            ", \"peer\": %s, \"times\": %s".formatted(rounded(value(row, it)), rounded(it.times())))
        .orElse("");
  }

  private static String text(Benchmark row, Optional<Beside> beside) {
    return beside
        .map(it ->
            String.format(
                Locale.ROOT, "%.2f times the peer's %s", it.times(), rounded(value(row, it))))
        .orElse("");
  }

  private String markdown(Benchmark row, Optional<Beside> beside) {
    return beside
        .map(it -> String.format(Locale.ROOT, " %s | %.2f |", plain(value(row, it)), it.times()))
        .orElse(peer == null ? "" : " | |");
  }

  private static double value(Benchmark row, Beside beside) {
    return row.scale().applyAsDouble(beside.seconds());
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
