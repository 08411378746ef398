package telos.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import telos.agent.AgentPlan;
import telos.rl.Evaluation;
import telos.rl.environment.Environment;
import telos.rl.environment.Recording;
import telos.rl.scene.Images;
import telos.rl.scene.Scene;
import telos.study.RunDirectory;

/// Shows a trained agent at work.
@Command(
    name = "play",
    description = {
      "Lets the agent of a training run act for an episode, and shows it: in the terminal, or as an",
      "animated GIF."
    })
final class PlayCommand implements Callable<Integer> {
  private static final String HOME_AND_CLEAR = "\u001b[H\u001b[2J";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "The directory of a training run.")
  private Path directory = Path.of("");

  @Mixin private PolicyOptions policies = new PolicyOptions();

  @Option(
      names = "--seed",
      description = "Whose agent, of a run of several seeds; the first by default.")
  private @Nullable Long seed;

  @Option(names = "--gif", paramLabel = "FILE", description = "Write an animated GIF.")
  private @Nullable Path gif;

  @Option(
      names = "--width",
      defaultValue = "480",
      description = "Width of the GIF in pixels (${DEFAULT-VALUE}).")
  private int width;

  @Override
  public Integer call() throws Exception {
    RunDirectory run = RunDirectory.open(directory);
    AgentPlan plan = AgentPlan.of(run);
    long own = seed == null ? plan.seed() : seed;
    if (!plan.all().contains(own)) {
      throw new ParameterException(
          spec.commandLine(), "the run has no seed %d, only %s".formatted(own, plan.all()));
    }
    var recorded =
        new Recording<>((Environment.Restorable<Object, Object>) plan.environments().get());
    Evaluation episode =
        Evaluation.of(
            policies.policy(run, plan, own), () -> recorded, 1, policies.longest(), policies.key());
    show(plan, recorded.episodes().getFirst().scenes());
    say(episode);
    return 0;
  }

  private void show(AgentPlan plan, List<Scene> scenes) throws IOException, InterruptedException {
    if (scenes.isEmpty()) {
      throw new IOException(plan.environment() + " cannot be drawn");
    }
    if (gif != null) {
      Images.gif(gif, scenes, width);
      return;
    }
    PrintWriter out = spec.commandLine().getOut();
    var console = System.console();
    boolean live = console != null && console.isTerminal();
    for (Scene scene : scenes) {
      out.print((live ? HOME_AND_CLEAR : "") + scene.text() + System.lineSeparator());
      out.flush();
      if (live) {
        Thread.sleep(Math.round(1000 * scene.seconds()));
      }
    }
  }

  private void say(Evaluation episode) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "Return %.2f in %d steps%s%n",
        episode.returns()[0],
        episode.lengths()[0],
        episode.unfinished() == 0 ? "" : ", and it did not end by itself");
    if (gif != null) {
      out.println("Animation: " + gif);
    }
    out.flush();
  }
}
