package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import telos.bench.Benchmark;
import telos.bench.Benchmarks;
import telos.bench.Floor;
import telos.bench.Measurements;
import telos.bench.Peer;
import telos.devices.cpu.CpuDevice;
import telos.devices.opencl.OpenClDevice;
import telos.rl.Nearest;
import telos.tensor.Device;

/// Measures operations on this machine, each after a warm-up of its own.
@Command(name = "bench", description = "Measures tensor operations on this machine.")
final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "NAME", arity = "0..*", description = "Only these rows; all by default.")
  private List<String> names = new ArrayList<>();

  @ArgGroup private Kind kind = new Kind();

  /// What to print.
  static final class Kind {
    @Option(names = "--json", description = "One JSON object a line.")
    private boolean json;

    @Option(names = "--markdown", description = "A table in Markdown.")
    private boolean markdown;

    @Option(names = "--list", description = "Only list the names.")
    private boolean list;

    @Option(
        names = "--guard",
        description = "Compare ratios with the floors checked in; fails when one is too low.")
    private boolean guard;

    @Option(
        names = "--tune",
        description = "Measure how an opencl device multiplies fastest, and remember it.")
    private boolean tune;
  }

  @Option(
      names = "--peer",
      paramLabel = "COMMAND",
      description =
          "Measure in turns with another program, which reads lines 'NAME SECONDS', runs that row"
              + " for so long and prints the median seconds of a call, or - if it has none.")
  private @Nullable String peer;

  @Override
  public Integer call() throws IOException {
    if (kind.tune) {
      return tune();
    }
    int threads = Environment.threads();
    List<Benchmark> all = Benchmarks.all(threads);
    List<Benchmark> chosen = chosen(all);
    if (kind.list) {
      chosen.forEach(row -> print(row.name()));
    } else if (kind.guard) {
      return guard(all, threads);
    } else {
      table(all, chosen, threads);
    }
    return 0;
  }

  private int tune() {
    if (!(Device.current() instanceof OpenClDevice device)) {
      throw new ParameterException(
          spec.commandLine(),
          "--tune measures an opencl device, and this is %s; add --device opencl"
              .formatted(Device.current().name()));
    }
    device.tune(this::print);
    return 0;
  }

  private void table(List<Benchmark> all, List<Benchmark> chosen, int threads) throws IOException {
    var format =
        kind.json
            ? BenchTable.Format.JSON
            : kind.markdown ? BenchTable.Format.MARKDOWN : BenchTable.Format.TEXT;
    try (Peer other = peer == null ? null : Peer.start(peer)) {
      var table = new BenchTable(format, threads, other);
      var measured = new Measurements(all);
      table.head().ifPresent(this::print);
      for (Benchmark row : chosen) {
        print(table.line(row, measured));
      }
    }
  }

  private int guard(List<Benchmark> all, int threads) {
    var measured = new Measurements(all);
    boolean holds = true;
    for (Floor floor : Floor.all(CpuDevice.vectorBits(), threads)) {
      if (names.isEmpty() || names.contains(floor.row())) {
        Floor.Verdict verdict = floor.verdict(measured::inTurns);
        print(verdict.toString());
        holds &= verdict.holds();
      }
    }
    return holds ? 0 : 1;
  }

  private List<Benchmark> chosen(List<Benchmark> all) {
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

  private void print(String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }
}
