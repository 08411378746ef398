package telos.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import telos.report.Report;
import telos.study.RunDirectory;
import telos.study.Study;

/// Lists studies and rebuilds reports; [StudyRunCommand] runs studies.
@Command(
    name = "study",
    description = "Runs studies: a paper's claims, measured.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = StudyRunCommand.class)
final class StudyCommand {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(name = "list", description = "Lists the studies.")
  int list() {
    PrintWriter out = spec.commandLine().getOut();
    for (Study study : Studies.all()) {
      out.printf(Locale.ROOT, "%-32s %s%n", study.name(), study.question());
    }
    out.flush();
    return 0;
  }

  @Command(name = "report", description = "Writes report.html anew from a run's directory.")
  int report(@Parameters(paramLabel = "DIR", description = "The run's directory.") Path directory)
      throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    out.println(Report.write(RunDirectory.open(directory)));
    out.flush();
    return 0;
  }
}
