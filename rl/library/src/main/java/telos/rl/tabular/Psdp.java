package telos.rl.tabular;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import telos.rl.Hyperparameters;
import telos.rl.environment.GenerativeModel;
import telos.rl.environment.GenerativeModel.Outcome;
import telos.tensor.Rng;

/// Policy search by dynamic programming (Bagnell et al. 2003): policies for each time, found
/// backwards. Where the later ones are fixed, that of time t is the best of a class for states
/// drawn from a baseline distribution:
///
/// `pi_t = argmax_{pi in Pi} E_{s ~ mu_t} V_{pi, pi_{t+1}, ..., pi_{T-1}}(s)`.
///
/// It is as good as any policy of the class whose states the baseline covers (theorem 1), and needs
/// no values of states: only what each action leads to from the states of the baseline, which is
/// found by simulation.
///
/// @param horizon T
/// @param samples states of the baseline, at each time
/// @param rollouts simulations of each action from each of them
/// @param gamma discount
public record Psdp(int horizon, int samples, int rollouts, double gamma) {
  private static final Hyperparameters REQUIRE = new Hyperparameters("psdp");

  public Psdp {
    REQUIRE
        .atLeast(1, "horizon", horizon)
        .atLeast(1, "samples", samples)
        .atLeast(1, "rollouts", rollouts)
        .share("gamma", gamma);
  }

  /// The baseline: where a good policy might be at each time.
  ///
  /// @param <S> states
  @FunctionalInterface
  public interface Baseline<S> {
    /// A state of `mu_t`.
    S draw(int time, Rng key);

    /// From distributions over the states of an [Mdp].
    ///
    /// @param distributions mu, `[T][S]`
    static Baseline<Integer> of(double[][] distributions) {
      return (time, key) -> key.choice(distributions[time]);
    }
  }

  /// How a policy of the class is found.
  ///
  /// @param <S> states
  @FunctionalInterface
  public interface PolicyClass<S> {
    /// The policy of the largest mean return over some states, or what comes near.
    ///
    /// @param returns estimated, of each action in each of the states, `[n][A]`
    ToIntFunction<S> best(List<S> states, double[][] returns);

    /// Any policy: the best action of each state on its own, 0 where it was never drawn. States are
    /// told apart by what `name` says of them: where that is the same for several, so is the
    /// action.
    static <S> PolicyClass<S> table(Function<S, ?> name) {
      return (states, returns) -> {
        Map<Object, double[]> sums = new HashMap<>();
        for (int i = 0; i < returns.length; i++) {
          sums.merge(name.apply(states.get(i)), returns[i].clone(), Psdp::added);
        }
        return state -> {
          double[] sum = sums.get(name.apply(state));
          return sum == null ? 0 : Planning.argMax(sum);
        };
      };
    }

    /// The best action by a linear regression of the return of each action on features: ridge
    /// regression, in closed form.
    ///
    /// @param features of a state, as many of each; a constant among them is an intercept
    /// @param ridge weight of the squared parameters, 1e-9 at least
    static <S> PolicyClass<S> linear(Function<S, double[]> features, double ridge) {
      REQUIRE.require(ridge >= 1e-9, "ridge", ridge, "1e-9 at least");
      return (states, returns) -> {
        double[][] parameters = fit(states.stream().map(features).toList(), returns, ridge);
        return state -> {
          double[] x = features.apply(state);
          double[] predicted = new double[parameters.length];
          for (int a = 0; a < predicted.length; a++) {
            predicted[a] = Planning.dot(parameters[a], x);
          }
          return Planning.argMax(predicted);
        };
      };
    }
  }

  /// Searches.
  ///
  /// @return the policy of each time, `[T]`
  public <S> List<ToIntFunction<S>> search(
      GenerativeModel<S> model, Baseline<S> baseline, PolicyClass<S> policies, Rng key) {
    List<ToIntFunction<S>> later = new ArrayList<>();
    for (int t = horizon - 1; t >= 0; t--) {
      Rng now = key.fold(t);
      List<S> states = new ArrayList<>();
      double[][] returns = new double[samples][];
      for (int i = 0; i < samples; i++) {
        S state = baseline.draw(t, now.fold("state").fold(i));
        states.add(state);
        returns[i] = returns(model, state, later, now.fold("rollout").fold(i));
      }
      later.addFirst(policies.best(states, returns));
    }
    return List.copyOf(later);
  }

  /// The mean return of each action where the later policies follow, `[A]`. All actions meet the
  /// same chance, so that their difference has less variance.
  private <S> double[] returns(
      GenerativeModel<S> model, S state, List<ToIntFunction<S>> later, Rng key) {
    double[] returns = new double[model.actions()];
    for (int a = 0; a < returns.length; a++) {
      for (int i = 0; i < rollouts; i++) {
        returns[a] += rollout(model, state, a, later, key.fold(i)) / rollouts;
      }
    }
    return returns;
  }

  private <S> double rollout(
      GenerativeModel<S> model, S state, int first, List<ToIntFunction<S>> later, Rng key) {
    Outcome<S> outcome = model.sample(state, first, key.fold(0));
    double total = outcome.reward();
    double weight = 1;
    for (int t = 0; t < later.size() && !outcome.ended(); t++) {
      weight *= gamma;
      int action = later.get(t).applyAsInt(outcome.state());
      outcome = model.sample(outcome.state(), action, key.fold(t + 1));
      total += weight * outcome.reward();
    }
    return total;
  }

  /// `(X^T X + ridge I)^-1 X^T y` for each action, `[A][F]`.
  private static double[][] fit(List<double[]> features, double[][] returns, double ridge) {
    int width = features.getFirst().length;
    double[][] fitted = new double[returns[0].length][];
    for (int a = 0; a < fitted.length; a++) {
      double[][] moments = new double[width][width];
      double[] products = new double[width];
      for (int i = 0; i < returns.length; i++) {
        double[] x = features.get(i);
        for (int f = 0; f < width; f++) {
          products[f] += x[f] * returns[i][a];
          for (int g = 0; g < width; g++) {
            moments[f][g] += x[f] * x[g];
          }
        }
      }
      for (int f = 0; f < width; f++) {
        moments[f][f] += ridge;
      }
      fitted[a] = LinearSystem.solve(moments, products);
    }
    return fitted;
  }

  private static double[] added(double[] sum, double[] more) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += more[i];
    }
    return sum;
  }
}
