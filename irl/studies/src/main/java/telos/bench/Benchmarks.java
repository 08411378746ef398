package telos.bench;

import java.util.List;
import java.util.stream.Stream;

/// Every row, in the order they are printed. A new family is one line here.
public final class Benchmarks {
  private Benchmarks() {}

  /// The rows for the current device.
  ///
  /// @param threads of the yardsticks, as many as the device has
  public static List<Benchmark> all(int threads) {
    return Stream.of(
            MachineBenchmarks.all(threads),
            ProductBenchmarks.all(),
            RowBenchmarks.all(),
            GradientBenchmarks.all(),
            SmallBenchmarks.all(),
            FormulaBenchmarks.all(),
            TrainingBenchmarks.all(),
            GenerationBenchmarks.all())
        .flatMap(List::stream)
        .toList();
  }
}
