package telos.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import telos.tensor.Tensor;

/// Stochastic gradient descent with momentum (Polyak 1964): `v' = momentum v + g`, `w' = w - rate
/// v'`.
///
/// @param rate of each step
/// @param momentum in `[0, 1)`; 0 keeps no velocity
public record Sgd(Schedule rate, double momentum) implements Optimizer {
  public Sgd {
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException("sgd: momentum " + momentum + " is not in [0, 1)");
    }
  }

  /// Without momentum.
  public static Sgd of(double rate) {
    return new Sgd(Schedule.constant(rate), 0);
  }

  @Override
  public State init(Object model) {
    return State.zero(momentum == 0 ? Map.of() : Leaves.zeros(model), Map.of());
  }

  @Override
  public <M> Step<M> step(M model, M gradient, State state) {
    double now = rate.at(state.count());
    Map<String, Tensor> weights = new LinkedHashMap<>();
    Map<String, Tensor> velocities = new LinkedHashMap<>();
    Leaves.moving(model, gradient)
        .forEach((path, moving) -> {
          Tensor direction = moving.gradient();
          if (momentum != 0) {
            direction = State.of(state.first(), path).mul(momentum).add(direction);
            velocities.put(path, direction);
          }
          weights.put(path, moving.weight().sub(direction.mul(now)));
        });
    return new Step<>(Leaves.replaced(model, weights), state.next(velocities, Map.of()));
  }
}
