package telos.nn;

import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import telos.tensor.Tensor;

/// Muon (Jordan et al. 2024): the momentum of a hidden matrix is orthogonalised, so that a step
/// changes all directions of it alike. Everything else (vectors, embeddings, the head) moves by
/// `others`.
///
/// `m' = momentum m + (1 - momentum) g`, `d = g + momentum (m' - g)` (Nesterov), `w' = w (1 - rate
/// decay) - rate sqrt(max(1, out / in)) orthogonal(d)`. The orthogonal factor of `d` comes from
/// five rounds of the Newton-Schulz iteration `X <- a X + (b A + c A A) X`, `A = X X^T`, from `X =
/// d / |d|`, with the author's `a, b, c`, which bring the singular values near 1, not to it.
///
/// A stack `[E, in, out]` is E matrices. Queries, keys and values that are packed beside each other
/// are one matrix here.
///
/// @param rate of the matrices' steps
/// @param momentum in `[0, 1)`
/// @param weightDecay of the matrices
/// @param matrices which leaves are orthogonalised, by path and value; of rank 2 and above
/// @param others moves the rest, at its own rate
public record Muon(
    Schedule rate,
    double momentum,
    double weightDecay,
    BiPredicate<String, Tensor> matrices,
    AdamW others)
    implements Optimizer {
  private static final int ROUNDS = 5;
  private static final double A = 3.4445;
  private static final double B = -4.775;
  private static final double C = 2.0315;
  private static final double SMALLEST_NORM = 1e-7;
  private static final Pattern ENDS =
      Pattern.compile("(.*\\.)?(tokens|positions|head)\\.(.*\\.)?weight");

  public Muon {
    if (!(momentum >= 0 && momentum < 1 && weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "muon: momentum "
              + momentum
              + ", weight decay "
              + weightDecay
              + "; needs momentum in [0, 1) and decay >= 0");
    }
  }

  /// Momentum 0.95, decay 0.1; embeddings and head are left to `others`.
  public static Muon of(Schedule rate, AdamW others) {
    return new Muon(
        rate,
        0.95,
        0.1,
        (path, weight) -> weight.rank() >= 2 && !ENDS.matcher(path).matches(),
        others);
  }

  @Override
  public State init(Object model, Predicate<String> moved) {
    var second = Leaves.parameters(model, moved);
    second.entrySet().removeIf(leaf -> matrices.test(leaf.getKey(), leaf.getValue()));
    return State.zero(Leaves.zeros(model, moved), Leaves.zeros(model, second.keySet()::contains));
  }

  @Override
  public <M> Step<M> step(M model, M gradient, State state) {
    double now = rate.at(state.count());
    return Leaves.step(
        model,
        gradient,
        state,
        (path, leaf) ->
            matrices.test(path, leaf.weight())
                ? moved(leaf, State.of(state.first(), path), now)
                : others.moved(path, leaf, state));
  }

  private Leaves.Moved moved(Leaves.Moving leaf, Tensor old, double now) {
    Tensor mean = old.lerp(leaf.gradient(), 1 - momentum);
    Tensor direction = orthogonal(leaf.gradient().lerp(mean, momentum));
    double in = leaf.weight().dim(-2);
    double step = now * Math.sqrt(Math.max(1, leaf.weight().dim(-1) / in));
    Tensor weight = leaf.weight().mul(1 - now * weightDecay).sub(direction.mul(step));
    return new Leaves.Moved(weight, Optional.of(mean), Optional.empty());
  }

  /// A matrix with the singular vectors of `g` and singular values near 1.
  static Tensor orthogonal(Tensor g) {
    boolean tall = g.dim(-2) > g.dim(-1);
    Tensor x = tall ? g.transpose(-2, -1) : g;
    Tensor norm = x.square().sum(-1).sum(-1).sqrt().maximum(SMALLEST_NORM);
    x = x.div(g.rank() == 2 ? norm : norm.unsqueeze(-1).unsqueeze(-1));
    for (int round = 0; round < ROUNDS; round++) {
      Tensor a = x.matMul(x, false, true);
      x = x.mul(A).add(a.mul(B).add(a.matMul(a).mul(C)).matMul(x));
    }
    return tall ? x.transpose(-2, -1) : x;
  }
}
