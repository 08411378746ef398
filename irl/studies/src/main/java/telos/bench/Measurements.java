package telos.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/// What one run has measured: seconds of one call, by row. Ratios only ever compare figures of the
/// same run, because a machine's clock and neighbours change from hour to hour.
public final class Measurements {
  private final Map<String, Benchmark> rows;
  private final ToDoubleFunction<Benchmark> clock;
  private final Map<String, Double> seconds = new HashMap<>();

  /// Nothing measured yet.
  public Measurements(List<Benchmark> rows) {
    this(rows, Benchmark::seconds);
  }

  /// @param clock the seconds of one call
  Measurements(List<Benchmark> rows, ToDoubleFunction<Benchmark> clock) {
    this.rows = rows.stream().collect(Collectors.toMap(Benchmark::name, row -> row));
    this.clock = clock;
  }

  /// The seconds of one call; measured when first asked for.
  public double seconds(String name) {
    return seconds.computeIfAbsent(name, _ -> clock.applyAsDouble(row(name)));
  }

  /// Another program's seconds of one call of a row, and how many times as fast this one is.
  public record Beside(double seconds, double times) {}

  /// A row in turns with another program, which counts as its measurement; nothing if the program
  /// does not have it.
  public Optional<Beside> beside(String name, Peer peer) {
    return row(name)
        .beside(peer)
        .map(turns -> {
          seconds.put(name, turns.seconds());
          return new Beside(turns.others(), 1 / turns.ratio());
        });
  }

  private Benchmark row(String name) {
    Benchmark row = rows.get(name);
    if (row == null) {
      throw new IllegalArgumentException("there is no benchmark '" + name + "'");
    }
    return row;
  }

  /// The rate of a row over that of another, both measured anew and in turns.
  public double inTurns(String name, String other) {
    return row(name).ratio(row(other));
  }

  /// The rate of a row over that of its yardstick, if it has one and that was measured.
  public OptionalDouble ratio(Benchmark row) {
    return seconds.containsKey(row.yardstick())
        ? OptionalDouble.of(
            row.rate(seconds(row.name())) / row(row.yardstick()).rate(seconds(row.yardstick())))
        : OptionalDouble.empty();
  }
}
