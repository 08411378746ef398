package telos.rl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import telos.rl.environment.Environment;
import telos.rl.vector.Disabled;
import telos.rl.vector.VectorStep;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// What a policy achieves.
///
/// @param returns sums of rewards, an episode each
/// @param lengths steps, an episode each
public record Evaluation(double[] returns, int[] lengths) {
  /// Lets a policy act in `episodes` environments, one episode in each: short episodes count no
  /// more often than long ones.
  public static <O, A> Evaluation of(
      Policy policy, Supplier<? extends Environment<O, A>> environment, int episodes, Rng key) {
    var copies = Stream.generate(environment).limit(episodes).toList();
    try (var together = new Disabled(copies)) {
      return run(policy.begin(episodes), together, key);
    }
  }

  private static Evaluation run(Policy.Agent agent, Disabled together, Rng key) {
    List<VectorStep.Finished> finished = new ArrayList<>();
    boolean[] begins = new boolean[together.count()];
    Arrays.fill(begins, true);
    together.reset(key.fold("environment"));
    for (long t = 0; finished.size() < together.count(); t++) {
      Rng now = key.fold("action").fold(t);
      finished.addAll(Scope.call("evaluation", () -> step(agent, together, begins, now)));
      Arrays.fill(begins, false);
    }
    double[] returns = new double[finished.size()];
    int[] lengths = new int[finished.size()];
    for (VectorStep.Finished episode : finished) {
      returns[episode.environment()] = episode.total();
      lengths[episode.environment()] = episode.length();
    }
    return new Evaluation(returns, lengths);
  }

  private static List<VectorStep.Finished> step(
      Policy.Agent agent, Disabled together, boolean[] begins, Rng key) {
    Tensor actions = agent.act(together.current(), begins, key);
    VectorStep step = together.step(actions);
    agent.rewarded(step.rewards());
    return step.finished();
  }

  /// Mean return.
  public double mean() {
    return Arrays.stream(returns).average().orElse(Double.NaN);
  }
}
