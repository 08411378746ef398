package telos.nn;

import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import telos.tensor.Tensor;

/// Lion, a rule found by search (Chen et al. 2023, algorithm 2): every parameter moves by the rate,
/// in the direction of the sign of an interpolated gradient, so one mean is all the state.
///
/// `c = beta1 m + (1 - beta1) g`, `w' = w (1 - rate decay) - rate sign(c)`, `m' = beta2 m + (1 -
/// beta2) g`. Rates are three to ten times smaller, decays as much larger, than for [AdamW].
///
/// @param rate of each step
/// @param beta1 of the direction
/// @param beta2 of the mean that is kept
/// @param weightDecay of the leaves for which `decayed` holds
/// @param decayed which leaves shrink, by path and value
public record Lion(
    Schedule rate,
    double beta1,
    double beta2,
    double weightDecay,
    BiPredicate<String, Tensor> decayed)
    implements Optimizer {
  public Lion {
    if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "lion: betas "
              + beta1
              + " and "
              + beta2
              + ", weight decay "
              + weightDecay
              + "; needs betas in [0, 1) and decay >= 0");
    }
  }

  /// Betas 0.9 and 0.99, decay 0.1 of matrices (rank 2 and above) only.
  public static Lion of(Schedule rate) {
    return new Lion(rate, 0.9, 0.99, 0.1, (_, weight) -> weight.rank() >= 2);
  }

  public Lion withWeightDecay(double value) {
    return new Lion(rate, beta1, beta2, value, decayed);
  }

  @Override
  public State init(Object model, Predicate<String> moved) {
    return State.zero(Leaves.zeros(model, moved), Map.of());
  }

  @Override
  public <M> Step<M> step(M model, M gradient, State state) {
    double now = rate.at(state.count());
    return Leaves.step(
        model,
        gradient,
        state,
        (path, leaf) -> {
          Tensor mean = State.of(state.first(), path);
          Tensor direction = mean.lerp(leaf.gradient(), 1 - beta1).sign();
          double decay = decayed.test(path, leaf.weight()) ? weightDecay : 0;
          return new Leaves.Moved(
              leaf.weight().mul(1 - now * decay).sub(direction.mul(now)),
              Optional.of(mean.lerp(leaf.gradient(), 1 - beta2)),
              Optional.empty());
        });
  }
}
