package telos.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import telos.agent.AgentFiles;
import telos.agent.AgentPlan;
import telos.agent.AgentTraining;
import telos.rl.Policy;
import telos.rl.offline.DecisionTransformer;
import telos.study.RunDirectory;
import telos.tensor.Rng;

/// Which policy of a training run acts, and how.
final class PolicyOptions {
  @Option(
      names = "--policy",
      defaultValue = "best",
      description =
          "Act with the best policy of the run or the last: best, last (${DEFAULT-VALUE}).")
  private AgentFiles.Kind kind = AgentFiles.Kind.BEST;

  @Option(
      names = "--sample",
      description = "Draw actions as in training; without it the likeliest are taken.")
  private boolean sample;

  @Option(
      names = "--key",
      defaultValue = "0",
      description = "What chance begins with: equal keys, equal episodes (${DEFAULT-VALUE}).")
  private long key;

  @Option(
      names = "--longest",
      defaultValue = "" + AgentTraining.LONGEST_EPISODE,
      description = "Leave an episode after so many steps (${DEFAULT-VALUE}).")
  private int longest;

  @Option(
      names = "--return",
      paramLabel = "NUMBER",
      description = "Ask a decision transformer for this return, not for that of its training.")
  private @Nullable Double wanted;

  Rng key() {
    return Rng.of(key).fold("act");
  }

  int longest() {
    return longest;
  }

  Policy policy(RunDirectory run, AgentPlan plan, long seed) throws IOException {
    Policy policy = asking(new AgentFiles(run, seed).policy(kind, plan));
    return sample ? policy : policy.greedy();
  }

  private Policy asking(Policy policy) {
    return wanted == null ? policy : DecisionTransformer.asking(policy, wanted);
  }
}
