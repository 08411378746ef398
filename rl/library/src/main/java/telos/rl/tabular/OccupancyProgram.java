package telos.rl.tabular;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.ojalgo.optimisation.Expression;
import org.ojalgo.optimisation.ExpressionsBasedModel;
import org.ojalgo.optimisation.Optimisation;
import org.ojalgo.optimisation.Variable;
import telos.rl.tabular.Mdp.Outcome;

/// Planning as a linear program over occupancy measures (Puterman 1994, section 6.9; Altman 1999
/// for the constrained process): maximise `sum d(s, a) r(s, a)` over `d >= 0` under the flow
/// equations `sum_a d(s, a) = initial(s) + sum_(s', a') discount P(s | s', a') d(s', a')` and `sum
/// d(s, a) c_i(s, a) <= b_i`.
///
/// With constraints the best policy is stochastic in general.
///
/// @param mdp the process and its reward
/// @param constraints what the policy may cost, none for an ordinary process
public record OccupancyProgram(Mdp mdp, List<Constraint> constraints) {
  /// A bound on an expected (discounted) sum of costs from the first state on.
  ///
  /// @param cost of a transition
  /// @param budget the most it may come to
  public record Constraint(Mdp.Reward cost, double budget) {}

  /// A best policy.
  ///
  /// @param occupancy `[S][A]`
  /// @param policy `[S][A]`; uniform in states that do not occur
  /// @param expectedReturn from the first state on
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  public record Solution(double[][] occupancy, double[][] policy, double expectedReturn) {}

  public OccupancyProgram {
    constraints = List.copyOf(constraints);
  }

  /// Without constraints.
  public static OccupancyProgram of(Mdp mdp) {
    return new OccupancyProgram(mdp, List.of());
  }

  /// The best policy, or empty where none keeps the constraints.
  ///
  /// @throws ArithmeticException where the visits have no bound, as without discount on a process
  ///   that need not end
  public Optional<Solution> solve() {
    var model = new ExpressionsBasedModel();
    Variable[][] pairs = variables(model);
    flow(model, pairs);
    for (int i = 0; i < constraints.size(); i++) {
      constrain(model, pairs, i);
    }
    Optimisation.Result result = model.maximise();
    if (result.getState().isOptimal()) {
      return Optional.of(solution(result));
    }
    if (constraints.isEmpty()) {
      throw new ArithmeticException(
          "occupancy program: the visits have no bound; without discount every policy must come to"
              + " an end");
    }
    // Refuses the process itself, if it is at fault and not the constraints.
    of(mdp).solve();
    return Optional.empty();
  }

  private Variable[][] variables(ExpressionsBasedModel model) {
    var pairs = new Variable[mdp.states()][mdp.actions()];
    for (int s = 0; s < pairs.length; s++) {
      for (int a = 0; a < pairs[s].length; a++) {
        pairs[s][a] = model.newVariable(s + "," + a).lower(0).weight(mdp.reward(s, a));
      }
    }
    return pairs;
  }

  private void flow(ExpressionsBasedModel model, Variable[][] pairs) {
    double[][][] coefficients = coefficients();
    for (int s = 0; s < pairs.length; s++) {
      Expression flow = model.newExpression("flow " + s).level(mdp.initial()[s]);
      for (int from = 0; from < pairs.length; from++) {
        for (int a = 0; a < mdp.actions(); a++) {
          if (coefficients[s][from][a] != 0) {
            flow.set(pairs[from][a], coefficients[s][from][a]);
          }
        }
      }
    }
  }

  /// Of each pair in the flow equation of each state, `[S][S][A]`.
  private double[][][] coefficients() {
    double[][][] coefficients = new double[mdp.states()][mdp.states()][mdp.actions()];
    for (int from = 0; from < mdp.states(); from++) {
      for (int a = 0; a < mdp.actions(); a++) {
        coefficients[from][from][a] += 1;
        for (Outcome outcome : mdp.outcomes()[from][a]) {
          if (!outcome.terminated()) {
            coefficients[outcome.next()][from][a] -= mdp.discount() * outcome.probability();
          }
        }
      }
    }
    return coefficients;
  }

  private void constrain(ExpressionsBasedModel model, Variable[][] pairs, int i) {
    Expression bound = model.newExpression("cost " + i).upper(constraints.get(i).budget());
    Mdp costs = mdp.withReward(constraints.get(i).cost());
    for (int s = 0; s < pairs.length; s++) {
      for (int a = 0; a < pairs[s].length; a++) {
        bound.set(pairs[s][a], costs.reward(s, a));
      }
    }
  }

  private Solution solution(Optimisation.Result result) {
    int actions = mdp.actions();
    double[][] occupancy =
        IntStream.range(0, mdp.states())
            .mapToObj(s ->
                IntStream.range(0, actions)
                    .mapToDouble(a -> Math.max(0, result.doubleValue(s * actions + a)))
                    .toArray())
            .toArray(double[][]::new);
    double expectedReturn = 0;
    for (int s = 0; s < occupancy.length; s++) {
      for (int a = 0; a < actions; a++) {
        expectedReturn += occupancy[s][a] * mdp.reward(s, a);
      }
    }
    return new Solution(occupancy, PolicyEvaluation.policyOf(occupancy), expectedReturn);
  }
}
