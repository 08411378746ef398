package telos.rl;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import telos.rl.environment.Environment;
import telos.rl.vector.Disabled;
import telos.rl.vector.VectorStep;
import telos.tensor.Rng;
import telos.tensor.Scope;

/// What a policy achieves, an episode in each place.
///
/// @param returns sums of rewards
/// @param lengths steps
/// @param unfinished how many episodes were still running when the limit was reached
public record Evaluation(double[] returns, int[] lengths, int unfinished) {
  /// Lets a policy act in `episodes` environments at once, one episode in each: short episodes
  /// count no more often than long ones.
  ///
  /// @param limit after so many steps an episode is left as it is: some never end
  public static <O, A> Evaluation of(
      Policy policy,
      Supplier<? extends Environment<O, A>> environment,
      int episodes,
      int limit,
      Rng key) {
    var copies = Stream.generate(environment).limit(episodes).toList();
    try (var together = new Disabled(copies)) {
      return run(policy.begin(episodes), together, limit, key);
    }
  }

  private static Evaluation run(Policy.Agent agent, Disabled together, int limit, Rng key) {
    var result = new Evaluation(new double[together.count()], new int[together.count()], 0);
    boolean[] begins = new boolean[together.count()];
    Arrays.fill(begins, true);
    together.reset(key.fold("environment"));
    for (int t = 0; t < limit && count(together.running()) > 0; t++) {
      Rng now = key.fold("action").fold(t);
      VectorStep step =
          Scope.call(
              "evaluation",
              () -> together.step(agent.act(together.current(), begins, together.allowed(), now)));
      agent.rewarded(step.rewards());
      result.add(step);
      Arrays.fill(begins, false);
    }
    return new Evaluation(result.returns, result.lengths, count(together.running()));
  }

  private void add(VectorStep step) {
    for (int i = 0; i < returns.length; i++) {
      if (step.valid()[i]) {
        returns[i] += step.rewards()[i];
        lengths[i]++;
      }
    }
  }

  private static int count(boolean[] running) {
    return (int) IntStream.range(0, running.length).filter(i -> running[i]).count();
  }

  /// Mean return.
  public double mean() {
    return Arrays.stream(returns).average().orElse(Double.NaN);
  }
}
