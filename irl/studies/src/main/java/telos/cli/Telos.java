package telos.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import telos.study.Versions;

/// The program.
@Command(
    name = "telos",
    description = "A laboratory for the question: what is this behaviour for?",
    mixinStandardHelpOptions = true,
    versionProvider = Telos.Version.class,
    scope = ScopeType.INHERIT,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Environment: TELOS_THREADS (worker threads), TELOS_VECTOR_BITS (128, 256, 512),",
      "TELOS_DEVICE (cpu, opencl, opencl:1, reference), TELOS_CACHE (folder of cached artefacts),",
      "TELOS_MUJOCO (where the MuJoCo library is), TELOS_JAVA (the JDK to run on)."
    })
public final class Telos {
  private static final List<Class<?>> COMMANDS =
      List.of(
          StudyCommand.class,
          TrainCommand.class,
          EvaluateCommand.class,
          PlayCommand.class,
          RolloutCommand.class,
          EnvironmentsCommand.class,
          GenerateCommand.class,
          LogitsCommand.class,
          EmbedCommand.class,
          ChatCommand.class,
          ServeCommand.class,
          TokenizeCommand.class,
          DetokenizeCommand.class,
          TokenizerCommand.class,
          ExportCommand.class,
          InspectCommand.class,
          SftCommand.class,
          MergeCommand.class,
          QuantizeCommand.class,
          PerplexityCommand.class,
          DoctorCommand.class,
          BenchCommand.class);

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show where an error came from.")
  private boolean verbose;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      scope = ScopeType.INHERIT,
      description =
          "Compute on this device: cpu, opencl, opencl:1, reference, or the first usable one of"
              + " several (opencl,cpu).")
  void device(String name) {
    System.setProperty("telos.device", name);
  }

  @Option(
      names = "--check",
      scope = ScopeType.INHERIT,
      description =
          "Compare the first result of every operation of an opencl device with the reference"
              + " device's.")
  void check(boolean wanted) {
    System.setProperty("telos.opencl.check", String.valueOf(wanted));
  }

  private Telos() {}

  /// Runs a command and ends the JVM with its exit code.
  public static void main(String... args) {
    System.exit(execute(args));
  }

  /// Runs a command and returns its exit code.
  public static int execute(String... args) {
    CommandLine line = commandLine(args);
    try {
      return line.execute(args);
    } catch (LinkageError | OutOfMemoryError e) {
      // Errors pass by the handler of exceptions: too little memory, or a vector width that the
      // machine lacks.
      return ((Telos) line.getCommand()).failed(e, line);
    }
  }

  /// The configured parser; tests give it writers of their own. It knows the command that the first
  /// of `args` names, or else all: reading the options of all takes longer than a short command.
  static CommandLine commandLine(String... args) {
    var telos = new Telos();
    var line = new CommandLine(telos);
    List<Class<?>> named =
        COMMANDS.stream()
            .filter(command -> args.length > 0 && args[0].equals(name(command)))
            .toList();
    for (Class<?> command : named.isEmpty() ? COMMANDS : named) {
      line.addSubcommand(command);
    }
    CommandLine train = line.getSubcommands().get("train");
    if (train != null) {
      TrainAgentCommand.addTo(train);
    }
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Telos::usage)
        .setExecutionExceptionHandler((failure, own, _) -> telos.failed(failure, own));
  }

  private static String name(Class<?> command) {
    return Objects.requireNonNull(command.getAnnotation(Command.class)).name();
  }

  private static int usage(CommandLine.ParameterException problem, String[] args) {
    CommandLine line = problem.getCommandLine();
    PrintWriter err = line.getErr();
    err.println("telos: " + Failure.sentence(problem));
    CommandLine.UnmatchedArgumentException.printSuggestions(problem, err);
    err.println("Try '" + line.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }

  private int failed(Throwable failure, CommandLine line) {
    PrintWriter err = line.getErr();
    err.println("telos: " + Failure.sentence(failure));
    if (verbose) {
      failure.printStackTrace(err);
    }
    err.flush();
    return CommandLine.ExitCode.SOFTWARE;
  }

  /// Prints the version of telos and of the Java it runs on.
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"telos " + Versions.telos() + " (Java " + Runtime.version() + ")"};
    }
  }
}
