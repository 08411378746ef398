package telos.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import telos.bench.Benchmark;
import telos.bench.Benchmarks;

/// Measures operations on this machine, each after a warm-up of its own.
@Command(name = "bench", description = "Measures tensor operations on this machine.")
final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "NAME", arity = "0..*", description = "Only these rows; all by default.")
  private List<String> names = new ArrayList<>();

  @Option(names = "--json", description = "One JSON object a line.")
  private boolean json;

  @Option(names = "--list", description = "Only list the names.")
  private boolean list;

  @Override
  public Integer call() {
    int threads = Environment.threads();
    List<Benchmark> chosen = chosen(threads);
    for (Benchmark benchmark : chosen) {
      print(
          list
              ? benchmark.name()
              : line(benchmark, benchmark.scale().applyAsDouble(benchmark.seconds()), threads));
    }
    return 0;
  }

  private List<Benchmark> chosen(int threads) {
    List<Benchmark> all = Benchmarks.all(threads);
    List<String> known = all.stream().map(Benchmark::name).toList();
    for (String name : names) {
      if (!known.contains(name)) {
        List<String> near = Nearest.names(name, known);
        throw new ParameterException(
            spec.commandLine(),
            "There is no benchmark '%s'; %s"
                .formatted(
                    name,
                    near.isEmpty()
                        ? "'telos bench --list' shows them all"
                        : "did you mean " + String.join(" or ", near) + "?"));
      }
    }
    return all.stream().filter(b -> names.isEmpty() || names.contains(b.name())).toList();
  }

  private String line(Benchmark benchmark, double value, int threads) {
    return json
        ? "{\"name\": \"%s\", \"value\": %s, \"unit\": \"%s\", \"threads\": %d}"
            .formatted(benchmark.name(), rounded(value), benchmark.unit(), threads)
        : String.format(
            Locale.ROOT, "%-32s %12s %s", benchmark.name(), rounded(value), benchmark.unit());
  }

  /// Five significant digits.
  private static double rounded(double value) {
    return Double.parseDouble(String.format(Locale.ROOT, "%.4e", value));
  }

  private void print(String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }
}
