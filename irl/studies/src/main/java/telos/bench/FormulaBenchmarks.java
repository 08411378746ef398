package telos.bench;

import static telos.bench.Inputs.freeing;

import java.util.List;
import telos.autograd.Grad;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// A formula that somebody wrote as a fused operation without kernel or derivative: joined by the
/// device, one operation after the other, and its gradient.
final class FormulaBenchmarks {
  private FormulaBenchmarks() {}

  static List<Benchmark> all() {
    double bytes = 3 * Inputs.ARRAY;
    return List.of(
        Benchmark.milliseconds("user-formula-4m", () -> freeing(formula()::result))
            .against(MachineBenchmarks.COPY_48MB, bytes),
        Benchmark.milliseconds("user-formula-4m-apart", () -> freeing(formula()::definition))
            .against(MachineBenchmarks.COPY_48MB, bytes),
        Benchmark.milliseconds("user-formula-4m-grad", FormulaBenchmarks::gradient));
  }

  /// Of the sum, by `x` and `y`: forward and backward.
  private static Runnable gradient() {
    Formula formula = formula();
    return freeing(() ->
        Grad.grad(
            in -> formula.with(List.of(in.get(0), in.get(1), formula.gain)).result().sum(),
            List.of(formula.x, formula.y)));
  }

  private static Formula formula() {
    return new Formula(Inputs.square(), Inputs.square(), Inputs.normal(Inputs.COLUMNS));
  }

  /// A gated residual: `y + h sigmoid(1.7 h) - 0.1 h^2` with `h = x gain`, seven operations.
  ///
  /// @param x `[..., D]`
  /// @param y `[..., D]`
  /// @param gain `[D]`
  record Formula(Tensor x, Tensor y, Tensor gain) implements Op.Fused {
    @Override
    public List<Tensor> inputs() {
      return List.of(x, y, gain);
    }

    @Override
    public Formula with(List<Tensor> in) {
      return new Formula(in.get(0), in.get(1), in.get(2));
    }

    @Override
    public Shape shape() {
      return x.shape();
    }

    @Override
    public DType dtype() {
      return x.dtype();
    }

    @Override
    public List<Tensor> definition() {
      Tensor h = x.mul(gain);
      Tensor gated = h.mul(h.mul(1.7).sigmoid());
      return List.of(y.add(gated).sub(h.square().mul(0.1)));
    }
  }
}
