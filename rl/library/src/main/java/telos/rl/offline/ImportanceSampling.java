package telos.rl.offline;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import telos.rl.Distribution;
import telos.rl.Trajectory;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// What a policy would have earned, from episodes of another one whose probabilities are known:
/// each episode, or each of its steps, counts as much more as the policy would have taken it more
/// often (Precup et al. 2000; Jiang and Li 2016).
///
/// All but [#weighted] are unbiased if the recorded policy does with positive probability whatever
/// the other does, and return the discounted sum of the rewards of the recorded length.
public final class ImportanceSampling {
  private ImportanceSampling() {}

  /// An episode as these estimators see it.
  ///
  /// @param logRatios `log pi(a_t | s_t) - log b(a_t | s_t)`, pi evaluated, b recorded, `[T]`
  /// @param rewards `[T]`
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  public record Episode(double[] logRatios, double[] rewards) {
    public Episode {
      requireLength("log ratios", logRatios.length, rewards.length);
    }

    /// Of two policies.
    ///
    /// @param evaluated distributions of the actions, given observations
    /// @param recorded those the actions were drawn from
    public static Episode of(
        Trajectory trajectory,
        Function<Tensor, ? extends Distribution> evaluated,
        Function<Tensor, ? extends Distribution> recorded) {
      double[] logRatios =
          Scope.call(
              "importance sampling",
              () -> {
                Tensor seen = trajectory.observations().slice(0, 0, trajectory.length());
                Tensor actions = trajectory.actions();
                Tensor log = evaluated.apply(seen).logProb(actions);
                return log.sub(recorded.apply(seen).logProb(actions)).toDoubles();
              });
      return new Episode(logRatios, trajectory.rewards().toDoubles());
    }

    /// `log rho`, the sum of the log ratios.
    public double logWeight() {
      return Arrays.stream(logRatios).sum();
    }

    /// `G = sum gamma^t r_t`.
    public double discounted(double gamma) {
      double sum = 0;
      for (int t = rewards.length - 1; t >= 0; t--) {
        sum = rewards[t] + gamma * sum;
      }
      return sum;
    }

    /// `rho G`.
    public double ordinary(double gamma) {
      return StrictMath.exp(logWeight()) * discounted(gamma);
    }

    /// `sum gamma^t rho_{0..t} r_t`: a reward counts by the actions before it only.
    public double perDecision(double gamma) {
      double sum = 0;
      for (int t = rewards.length - 1; t >= 0; t--) {
        sum = StrictMath.exp(logRatios[t]) * (rewards[t] + gamma * sum);
      }
      return sum;
    }

    /// `DR_t = V(s_t) + rho_t (r_t + gamma DR_{t+1} - Q(s_t, a_t))` (Jiang and Li 2016, eq. 10):
    /// per-decision sampling of what a model leaves unexplained.
    public double doublyRobust(double gamma, Model model) {
      requireLength("values of the model", model.q().length, rewards.length);
      double sum = 0;
      for (int t = rewards.length - 1; t >= 0; t--) {
        double surprise = rewards[t] + gamma * sum - model.q()[t];
        sum = model.v()[t] + StrictMath.exp(logRatios[t]) * surprise;
      }
      return sum;
    }
  }

  /// What a model of the evaluated policy expects along an episode; it may be wrong. With the
  /// remaining length in view where episodes are cut.
  ///
  /// @param q of the actions taken, `[T]`
  /// @param v of the states, the mean of q under the evaluated policy, `[T]`
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  public record Model(double[] q, double[] v) {
    public Model {
      requireLength("state values", v.length, q.length);
    }

    /// From [FittedQEvaluation] of that policy.
    public static Model of(FittedQEvaluation fitted, Trajectory trajectory) {
      Tensor seen = trajectory.observations().slice(0, 0, trajectory.length());
      return new Model(
          fitted.values(seen, trajectory.actions()).toDoubles(), fitted.values(seen).toDoubles());
    }
  }

  private static void requireLength(String what, int got, int steps) {
    if (got != steps) {
      throw new IllegalArgumentException(
          "importance sampling: " + got + " " + what + " for " + steps + " steps");
    }
  }

  /// An estimate and how far to trust it.
  ///
  /// @param value estimated
  /// @param variance of the estimate, itself estimated; NaN of a single episode, except
  ///   [#weighted], where it is 0
  /// @param effectiveSize how many episodes of the evaluated policy would tell as much, `(sum
  ///   rho)^2 / sum rho^2` (Kong 1992)
  public record Estimate(double value, double variance, double effectiveSize) {}

  /// The mean of [Episode#ordinary].
  public static Estimate ordinary(List<Episode> episodes, double gamma) {
    return mean(episodes, episodes.stream().mapToDouble(e -> e.ordinary(gamma)).toArray());
  }

  /// The mean of [Episode#perDecision].
  public static Estimate perDecision(List<Episode> episodes, double gamma) {
    return mean(episodes, episodes.stream().mapToDouble(e -> e.perDecision(gamma)).toArray());
  }

  /// The mean of [Episode#doublyRobust].
  ///
  /// @param models one an episode
  public static Estimate doublyRobust(List<Episode> episodes, List<Model> models, double gamma) {
    requireLength("models", models.size(), episodes.size());
    return mean(
        episodes,
        IntStream.range(0, models.size())
            .mapToDouble(i -> episodes.get(i).doublyRobust(gamma, models.get(i)))
            .toArray());
  }

  /// `sum rho_i G_i / sum rho_i`: biased, consistent, within the range of the returns.
  public static Estimate weighted(List<Episode> episodes, double gamma) {
    double[] shares = shares(episodes);
    double value = 0;
    for (int i = 0; i < shares.length; i++) {
      value += shares[i] * episodes.get(i).discounted(gamma);
    }
    double variance = 0;
    for (int i = 0; i < shares.length; i++) {
      double influence = shares[i] * (episodes.get(i).discounted(gamma) - value);
      variance += influence * influence;
    }
    return new Estimate(value, variance, effectiveSize(shares));
  }

  private static Estimate mean(List<Episode> episodes, double[] terms) {
    double[] shares = shares(episodes);
    double mean = Arrays.stream(terms).sum() / terms.length;
    double squares = Arrays.stream(terms).map(x -> (x - mean) * (x - mean)).sum();
    double variance = squares / (terms.length - 1.0) / terms.length;
    return new Estimate(mean, variance, effectiveSize(shares));
  }

  /// `rho_i / sum rho`, without overflow.
  private static double[] shares(List<Episode> episodes) {
    if (episodes.isEmpty()) {
      throw new IllegalArgumentException("importance sampling: needs an episode at least");
    }
    double[] logs = episodes.stream().mapToDouble(Episode::logWeight).toArray();
    double largest = Arrays.stream(logs).max().orElseThrow();
    if (largest == Double.NEGATIVE_INFINITY) {
      throw new IllegalArgumentException(
          "importance sampling: the evaluated policy would have taken none of the "
              + logs.length
              + " episodes");
    }
    double[] weights = Arrays.stream(logs).map(x -> StrictMath.exp(x - largest)).toArray();
    double sum = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(weight -> weight / sum).toArray();
  }

  private static double effectiveSize(double[] shares) {
    return 1 / Arrays.stream(shares).map(share -> share * share).sum();
  }
}
