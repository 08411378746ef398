package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import telos.report.Report;
import telos.study.ArtefactCache;
import telos.study.Outcome;
import telos.study.Profile;
import telos.study.Progress;
import telos.study.Request;
import telos.study.RunDirectory;
import telos.study.RunTools;
import telos.study.Seeds;
import telos.study.StopSignal;
import telos.study.Stopped;
import telos.study.Study;
import telos.study.StudyRunner;

/// Runs a study, or goes on with a run that was interrupted.
@Command(name = "run", description = "Runs a study and writes its report.")
final class StudyRunCommand implements Callable<Integer> {
  /// What the JVM itself exits with after Ctrl-C.
  private static final int INTERRUPTED = 130;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "NAME",
      arity = "0..1",
      description = "The study, or 'all'; not needed with --resume.")
  private @Nullable String name;

  @ArgGroup private @Nullable Depth depth;

  /// At most one of the two.
  static final class Depth {
    @Option(names = "--quick", description = "Only check that everything works (seconds).")
    private boolean quick;

    @Option(names = "--full", description = "Test every claim (up to half an hour).")
    private boolean full;

    Profile profile() {
      return quick ? Profile.QUICK : full ? Profile.FULL : Profile.DEFAULT;
    }
  }

  @Option(names = "--seeds", paramLabel = "N", description = "Run seeds 0 to N-1.")
  private @Nullable Integer seeds;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where to write; a new directory under runs/ by default.")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "Go on with the run in this directory.")
  private @Nullable Path resume;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "Real data, for studies that take it.")
  private @Nullable Path data;

  @Override
  public Integer call() throws Exception {
    if (resume != null) {
      return resume(resume);
    }
    Request request = request();
    if (name == null) {
      throw usage("Which study? 'telos study list' shows them");
    }
    if (name.equals("all")) {
      return all(request);
    }
    return start(study(name), request, out == null ? fresh(name) : out);
  }

  private Integer all(Request request) throws Exception {
    Path parent = out == null ? Path.of("runs") : out;
    int worst = 0;
    for (Study study : Studies.all()) {
      worst = Math.max(worst, start(study, request, parent.resolve(stamped(study.name()))));
    }
    return worst;
  }

  private Integer resume(Path directory) throws Exception {
    if (name != null || depth != null || seeds != null || out != null || data != null) {
      throw usage(
          "--resume takes everything from the run's directory; leave the other arguments out");
    }
    Study study = study(StudyRunner.studyName(RunDirectory.open(directory)));
    return execute(directory, runner -> runner.resume(study, directory));
  }

  private Integer start(Study study, Request request, Path directory) throws Exception {
    return execute(directory, runner -> runner.run(study, request, directory));
  }

  private interface Work {
    List<Outcome> run(StudyRunner runner) throws Exception;
  }

  private Integer execute(Path directory, Work work) throws Exception {
    var stop = new StopSignal();
    PrintWriter err = spec.commandLine().getErr();
    String advice = "Go on with: telos study run --resume " + directory;
    try (var _ = new Interruption(stop, err, advice)) {
      List<Outcome> outcomes = work.run(new StudyRunner(tools(stop)));
      print(outcomes, Report.write(RunDirectory.open(directory)));
      return 0;
    } catch (Stopped e) {
      return INTERRUPTED;
    }
  }

  private static RunTools tools(StopSignal stop) {
    var seeds = new Seeds(Environment.threads(), new SingleThread(), stop);
    return new RunTools(
        new ArtefactCache(Environment.cache()), seeds, Progress.standard(), stop, EventFiles::new);
  }

  private void print(List<Outcome> outcomes, Path report) {
    PrintWriter console = spec.commandLine().getOut();
    for (Outcome o : outcomes) {
      console.printf(
          Locale.ROOT,
          "%-4s %-12s %s: %s (threshold %s)%s%n",
          o.claim().name(),
          o.verdict().label(),
          o.claim().statement(),
          measured(o),
          o.claim().criterion().text(),
          o.reason().isEmpty() ? "" : " - " + o.reason());
    }
    console.println("Report: " + report);
    console.flush();
  }

  private static String measured(Outcome outcome) {
    var interval = outcome.interval();
    if (interval.count() == 0) {
      return "-";
    }
    return Double.isInfinite(interval.low())
        ? String.format(Locale.ROOT, "%.3f", interval.estimate())
        : String.format(
            Locale.ROOT, "%.3f [%.3f, %.3f]", interval.estimate(), interval.low(), interval.high());
  }

  private Request request() throws IOException {
    if (seeds != null && seeds < 1) {
      throw usage("--seeds must be at least 1, not " + seeds);
    }
    if (data != null && !Files.isRegularFile(data)) {
      throw new NoSuchFileException(data.toString());
    }
    Profile profile = depth == null ? Profile.DEFAULT : depth.profile();
    return new Request(
        profile,
        seeds == null ? OptionalInt.empty() : OptionalInt.of(seeds),
        Optional.ofNullable(data));
  }

  private Study study(String wanted) {
    return Studies.find(wanted).orElseThrow(() -> usage(Studies.unknown(wanted)));
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  static Path fresh(String study) {
    return Path.of("runs").resolve(stamped(study));
  }

  private static String stamped(String study) {
    return study
        + "-"
        + LocalDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
  }
}
