package telos.rl.vector;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.rl.Transitions;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// What a step of a [VectorEnvironment] gives; row i belongs to environment i.
///
/// @param observations what to act on next, `[N, ...]`
/// @param rewards `[N]`
/// @param terminated see [telos.rl.environment.Step]
/// @param truncated see [telos.rl.environment.Step]
/// @param next what followed the actions, `[N, ...]`: the last observation of an episode that ended
///   here, where `observations` may hold the first of another
/// @param allowed the actions that made sense, BOOL `[N, A]`; empty where all did
/// @param nextAllowed those that make sense in `next`, likewise; where an episode terminated all do
/// @param valid false where the action was ignored because the environment was reset instead: no
///   transition happened there
/// @param finished the episodes that ended here
public record VectorStep(
    Tensor observations,
    double[] rewards,
    boolean[] terminated,
    boolean[] truncated,
    Tensor next,
    Optional<Tensor> allowed,
    Optional<Tensor> nextAllowed,
    boolean[] valid,
    List<Finished> finished) {

  /// An episode that ended.
  ///
  /// @param environment its row
  /// @param total sum of its rewards
  /// @param length how many steps it had
  public record Finished(int environment, double total, int length) {
    /// For logs: the means `return` and `length` over some episodes; nothing where there are none.
    public static Map<String, Double> means(List<Finished> episodes) {
      Map<String, Double> means = new LinkedHashMap<>();
      if (!episodes.isEmpty()) {
        means.put("return", episodes.stream().mapToDouble(Finished::total).sum() / episodes.size());
        means.put(
            "length", episodes.stream().mapToDouble(Finished::length).sum() / episodes.size());
      }
      return means;
    }
  }

  /// Whether an episode ended in environment `i`.
  public boolean done(int i) {
    return terminated[i] || truncated[i];
  }

  /// `gamma (1 - terminated)`, `[N]`.
  public double[] discounts(double gamma) {
    double[] discounts = new double[terminated.length];
    for (int i = 0; i < discounts.length; i++) {
      discounts[i] = terminated[i] ? 0 : gamma;
    }
    return discounts;
  }

  /// The transitions that happened, those of invalid rows left out.
  ///
  /// @param before the observations acted on
  /// @param actions what was done
  public Transitions transitions(Tensor before, Tensor actions, double gamma) {
    Tensor discounts = floats(discounts(gamma));
    var all =
        new Transitions(before, actions, floats(rewards), next, discounts, allowed, nextAllowed);
    int[] rows = IntStream.range(0, valid.length).filter(i -> valid[i]).toArray();
    return rows.length == valid.length ? all : all.rows(Tensor.of(rows));
  }

  private static Tensor floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Tensor.of(floats, Shape.of(floats.length).dims());
  }
}
