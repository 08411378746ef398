package telos.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import telos.tensor.Tensor;

/// Adafactor (Shazeer and Stern 2018, algorithms 4 and 5): the squared gradients of a matrix are
/// remembered by the means of their rows and of their columns only, so that the state of an `[m,
/// n]` matrix is `m + n` numbers.
///
/// With `t` the step counted from 1 and `b = t^decay` the share of the new gradient: `R' = R + b
/// (mean_row(g^2) - R)`, `C'` likewise, `V = R' C' / mean(R')` (vectors keep `V` itself), `u = g /
/// sqrt(V)`, and `w' = w (1 - rate weightDecay) - a u / max(1, rms(u) / clip)` where `a =
/// max(floor, rms(w)) min(rate, 1 / sqrt(t))`: steps are relative to the size of the parameter. `V`
/// is bounded from below by `eps^2`, where the paper adds `1e-30` to `g^2`; so do others.
///
/// @param rate bound of the relative step
/// @param decay exponent of `b`, negative
/// @param eps smallest root of `V`
/// @param floor smallest size of a parameter that counts
/// @param clip largest root mean square of `u`
/// @param weightDecay of every parameter
public record Adafactor(
    Schedule rate, double decay, double eps, double floor, double clip, double weightDecay)
    implements Optimizer {
  public Adafactor {
    if (!(decay < 0 && eps > 0 && floor > 0 && clip > 0 && weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "adafactor: decay "
              + decay
              + ", eps "
              + eps
              + ", floor "
              + floor
              + ", clip "
              + clip
              + ", weight decay "
              + weightDecay
              + "; needs decay < 0, weight decay >= 0 and the others > 0");
    }
  }

  /// Decay -0.8, eps `2^-23`, floor `1e-3`, clip 1, no weight decay.
  public static Adafactor of(Schedule rate) {
    return new Adafactor(rate, -0.8, Math.ulp(1f), 1e-3, 1, 0);
  }

  @Override
  public State init(Object model, Predicate<String> moved) {
    Map<String, Tensor> rows = new LinkedHashMap<>();
    Map<String, Tensor> others = new LinkedHashMap<>();
    Leaves.zeros(model, moved)
        .forEach((path, zeros) -> {
          boolean matrix = zeros.rank() >= 2;
          others.put(path, matrix ? zeros.mean(-2) : zeros);
          if (matrix) {
            rows.put(path, zeros.mean(-1));
          }
        });
    return State.zero(rows, others);
  }

  @Override
  public <M> Step<M> step(M model, M gradient, State state) {
    double t = state.count() + 1.0;
    double now = Math.min(rate.at(state.count()), 1 / Math.sqrt(t));
    double shrink = 1 - rate.at(state.count()) * weightDecay;
    double share = StrictMath.pow(t, decay);
    return Leaves.step(
        model,
        gradient,
        state,
        (path, leaf) -> {
          Squares squares = squares(path, leaf.gradient(), state, share);
          Tensor u = squares.whole().maximum(eps * eps).rsqrt().mul(leaf.gradient());
          Tensor size = rms(leaf.weight()).maximum(floor).mul(now);
          Tensor step = size.div(rms(u).div(clip).maximum(1));
          return new Leaves.Moved(
              leaf.weight().mul(shrink).sub(u.mul(step)), squares.rows(), squares.kept());
        });
  }

  /// @param whole V, the mean squared gradient of each element
  /// @param kept the means of the columns, or `V` of a vector
  private record Squares(Tensor whole, Optional<Tensor> rows, Optional<Tensor> kept) {}

  private Squares squares(String path, Tensor gradient, State state, double share) {
    Tensor g2 = gradient.square();
    Tensor old = State.of(state.second(), path);
    if (gradient.rank() < 2) {
      Tensor whole = old.lerp(g2, share);
      return new Squares(whole, Optional.empty(), Optional.of(whole));
    }
    Tensor columns = old.lerp(g2.mean(-2), share);
    Tensor rows = State.of(state.first(), path).lerp(g2.mean(-1), share);
    Tensor relative = rows.div(rows.mean(-1).maximum(eps).unsqueeze(-1));
    Tensor whole = relative.unsqueeze(-1).mul(columns.unsqueeze(-2));
    return new Squares(whole, Optional.of(rows), Optional.of(columns));
  }

  private static Tensor rms(Tensor x) {
    return x.square().mean().sqrt();
  }
}
