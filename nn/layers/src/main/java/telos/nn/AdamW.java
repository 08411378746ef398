package telos.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import telos.tensor.Tensor;

/// Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019). With `t` the
/// step counted from 1:
///
/// `m' = beta1 m + (1 - beta1) g`, `v' = beta2 v + (1 - beta2) g^2`, `w' = w (1 - rate decay) -
/// rate m' / (1 - beta1^t) / (sqrt(v' / (1 - beta2^t)) + eps)`.
///
/// @param rate of each step
/// @param weightDecay of the leaves for which `decayed` holds; 0 is Adam
/// @param decayed which leaves shrink, by path and value
public record AdamW(
    Schedule rate,
    double beta1,
    double beta2,
    double eps,
    double weightDecay,
    BiPredicate<String, Tensor> decayed)
    implements Optimizer {
  public AdamW {
    boolean fits =
        beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && eps > 0 && weightDecay >= 0;
    if (!fits) {
      throw new IllegalArgumentException(
          "adamW: betas "
              + beta1
              + " and "
              + beta2
              + ", eps "
              + eps
              + ", weight decay "
              + weightDecay
              + "; needs betas in [0, 1), eps > 0, decay >= 0");
    }
  }

  /// Betas 0.9 and 0.999, eps `1e-8`, decay 0.01 of matrices (rank 2 and above) only.
  public static AdamW of(Schedule rate) {
    return new AdamW(rate, 0.9, 0.999, 1e-8, 0.01, (_, weight) -> weight.rank() >= 2);
  }

  public static AdamW of(double rate) {
    return of(Schedule.constant(rate));
  }

  /// Adam: no weight decay.
  public static AdamW adam(double rate) {
    return of(rate).withWeightDecay(0);
  }

  public AdamW withRate(Schedule value) {
    return new AdamW(value, beta1, beta2, eps, weightDecay, decayed);
  }

  public AdamW withBetas(double first, double second) {
    return new AdamW(rate, first, second, eps, weightDecay, decayed);
  }

  public AdamW withEps(double value) {
    return new AdamW(rate, beta1, beta2, value, weightDecay, decayed);
  }

  public AdamW withWeightDecay(double value) {
    return new AdamW(rate, beta1, beta2, eps, value, decayed);
  }

  /// Which leaves decay.
  public AdamW withDecayed(BiPredicate<String, Tensor> value) {
    return new AdamW(rate, beta1, beta2, eps, weightDecay, value);
  }

  @Override
  public State init(Object model, Predicate<String> moved) {
    return State.zero(Leaves.zeros(model, moved), Leaves.zeros(model, moved));
  }

  @Override
  public <M> Step<M> step(M model, M gradient, State state) {
    SequencedMap<String, Leaves.Moving> moving = Leaves.moving(model, gradient);
    List<String> paths = List.copyOf(moving.keySet());
    if (paths.isEmpty()) {
      return new Step<>(model, state.next(Map.of(), Map.of()));
    }
    List<Tensor> outputs = fused(moving, state).outputs();
    int n = paths.size();
    M next = Leaves.replaced(model, named(paths, outputs.subList(0, n)));
    return new Step<>(
        next,
        state.next(
            named(paths, outputs.subList(n, 2 * n)), named(paths, outputs.subList(2 * n, 3 * n))));
  }

  /// What a step makes of one parameter.
  Leaves.Moved moved(String path, Leaves.Moving leaf, State state) {
    SequencedMap<String, Leaves.Moving> one = new LinkedHashMap<>(Map.of(path, leaf));
    List<Tensor> outputs = fused(one, state).outputs();
    return new Leaves.Moved(
        outputs.get(0), Optional.of(outputs.get(1)), Optional.of(outputs.get(2)));
  }

  private telos.tensor.fused.AdamW fused(SequencedMap<String, Leaves.Moving> moving, State state) {
    List<Tensor> weights = new ArrayList<>();
    List<Tensor> gradients = new ArrayList<>();
    List<Tensor> first = new ArrayList<>();
    List<Tensor> second = new ArrayList<>();
    List<Double> decay = new ArrayList<>();
    moving.forEach((path, leaf) -> {
      weights.add(leaf.weight());
      gradients.add(leaf.gradient());
      first.add(State.of(state.first(), path));
      second.add(State.of(state.second(), path));
      decay.add(decayed.test(path, leaf.weight()) ? weightDecay : 0.0);
    });
    int taken = state.count();
    telos.tensor.fused.AdamW.Rates rates =
        new telos.tensor.fused.AdamW.Rates(rate.at(taken), beta1, beta2, eps, decay, taken + 1L);
    return new telos.tensor.fused.AdamW(weights, gradients, first, second, rates, true);
  }

  private static Map<String, Tensor> named(List<String> paths, List<Tensor> tensors) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    for (int i = 0; i < tensors.size(); i++) {
      named.put(paths.get(i), tensors.get(i));
    }
    return named;
  }
}
