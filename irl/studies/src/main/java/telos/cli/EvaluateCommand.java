package telos.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import telos.agent.AgentPlan;
import telos.agent.AgentScore;
import telos.rl.Evaluation;
import telos.study.Interval;
import telos.study.RunDirectory;
import telos.tensor.Rng;

/// Measures trained agents.
@Command(
    name = "evaluate",
    description = {
      "Lets the agents of a training run act, and says what they achieve: the mean over seeds and",
      "the interquartile mean, each with a 95 % bootstrap interval over seeds and episodes."
    })
final class EvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "The directory of a training run.")
  private Path directory = Path.of("");

  @Mixin private PolicyOptions policies = new PolicyOptions();

  @Option(
      names = "--episodes",
      defaultValue = "100",
      description = "Episodes for each seed (${DEFAULT-VALUE}).")
  private int episodes;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    RunDirectory run = RunDirectory.open(directory);
    AgentPlan plan = AgentPlan.of(run);
    Map<Long, Evaluation> evaluations = new LinkedHashMap<>();
    for (long seed : plan.all()) {
      evaluations.put(seed, evaluation(run, plan, seed));
    }
    var score = AgentScore.of(evaluations.values().stream().map(Evaluation::returns).toList());
    print(evaluations, score);
    return 0;
  }

  private Evaluation evaluation(RunDirectory run, AgentPlan plan, long seed) throws IOException {
    Rng key = policies.key().fold(seed);
    return Evaluation.of(
        policies.policy(run, plan, seed), plan.environments(), episodes, policies.longest(), key);
  }

  private void print(Map<Long, Evaluation> evaluations, AgentScore score) throws IOException {
    PrintWriter console = spec.commandLine().getOut();
    if (json) {
      console.println(JSON.std.asString(data(evaluations, score)));
    } else {
      evaluations.forEach((seed, evaluation) ->
          console.printf(
              Locale.ROOT,
              "seed %d: %.2f, length %.1f%s%n",
              seed,
              evaluation.mean(),
              Arrays.stream(evaluation.lengths()).average().orElse(Double.NaN),
              evaluation.unfinished() == 0
                  ? ""
                  : ", %d of %d episodes did not end within %d steps"
                      .formatted(evaluation.unfinished(), episodes, policies.longest())));
      print(console, "mean", score.mean());
      print(console, "interquartile mean", score.interquartile());
    }
    console.flush();
  }

  private static void print(PrintWriter console, String what, Interval interval) {
    console.printf(
        Locale.ROOT,
        "%s: %.2f [%.2f, %.2f]%n",
        what,
        interval.estimate(),
        interval.low(),
        interval.high());
  }

  private static Map<String, @Nullable Object> data(
      Map<Long, Evaluation> evaluations, AgentScore score) {
    var data = new LinkedHashMap<String, @Nullable Object>();
    data.put("mean", interval(score.mean()));
    data.put("interquartile_mean", interval(score.interquartile()));
    var returns = new LinkedHashMap<String, List<Double>>();
    evaluations.forEach((seed, evaluation) ->
        returns.put(String.valueOf(seed), Arrays.stream(evaluation.returns()).boxed().toList()));
    data.put("returns", returns);
    return data;
  }

  private static Map<String, Double> interval(Interval interval) {
    var data = new LinkedHashMap<String, Double>();
    data.put("estimate", interval.estimate());
    data.put("low", interval.low());
    data.put("high", interval.high());
    return data;
  }
}
