package telos.nn;

import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import telos.tensor.Tensor;

/// Stochastic gradient descent with momentum (Polyak 1964): `v' = momentum v + g`, `w' = w - rate
/// v'`; in Nesterov's form (Sutskever et al. 2013) `w' = w - rate (g + momentum v')`, a step from
/// where the velocity leads.
///
/// @param rate of each step
/// @param momentum in `[0, 1)`; 0 keeps no velocity
/// @param nesterov whether to look ahead
public record Sgd(Schedule rate, double momentum, boolean nesterov) implements Optimizer {
  public Sgd {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException("sgd: momentum " + momentum + " is not in [0, 1)");
    }
  }

  /// Polyak's form.
  public Sgd(Schedule rate, double momentum) {
    this(rate, momentum, false);
  }

  /// Without momentum.
  public static Sgd of(double rate) {
    return new Sgd(Schedule.constant(rate), 0);
  }

  @Override
  public State init(Object model, Predicate<String> moved) {
    return State.zero(momentum == 0 ? Map.of() : Leaves.zeros(model, moved), Map.of());
  }

  @Override
  public <M> Step<M> step(M model, M gradient, State state) {
    double now = rate.at(state.count());
    return Leaves.step(
        model,
        gradient,
        state,
        (path, leaf) -> {
          if (momentum == 0) {
            return moved(leaf, leaf.gradient(), now, Optional.empty());
          }
          Tensor velocity = State.of(state.first(), path).mul(momentum).add(leaf.gradient());
          Tensor direction = nesterov ? leaf.gradient().add(velocity.mul(momentum)) : velocity;
          return moved(leaf, direction, now, Optional.of(velocity));
        });
  }

  private static Leaves.Moved moved(
      Leaves.Moving leaf, Tensor direction, double rate, Optional<Tensor> velocity) {
    return new Leaves.Moved(leaf.weight().sub(direction.mul(rate)), velocity, Optional.empty());
  }
}
