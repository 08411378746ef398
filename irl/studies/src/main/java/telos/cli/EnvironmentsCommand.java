package telos.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import telos.rl.environment.Environments;

/// Lists what agents can act in.
@Command(name = "environments", description = "Lists the environments by name.")
final class EnvironmentsCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    Environments.names().forEach(out::println);
    out.flush();
  }
}
