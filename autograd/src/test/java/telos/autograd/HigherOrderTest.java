package telos.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import telos.tensor.Recorder;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.LayerNorm;

/// Derivatives of derivatives, with memory given back during every inner sweep that allows it.
class HigherOrderTest {
  record Pair(Tensor a, Tensor b) {}

  private static Tensor wave(int... dims) {
    int size = 1;
    for (int dim : dims) {
      size *= dim;
    }
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      values[i] = Math.sin(1 + 2.3 * i);
    }
    return Tensor.of(values, dims);
  }

  /// `H v` as the gradient of `<gradient, v>`.
  private static Tensor hessianTimes(Function<Tensor, Tensor> f, Tensor x, Tensor v) {
    return Grad.grad(u -> Grad.grad(f, u).mul(v).sum(), x);
  }

  @Test
  void theHessianOfSoftmaxCrossEntropyIsDiagPMinusPp() {
    Tensor logits = wave(1, 4);
    Tensor v = Tensor.of(new double[] {0.3, -1, 2, 0.7}, 1, 4);
    Function<Tensor, Tensor> loss = z -> new CrossEntropy(z, Tensor.of(2)).result().sum();
    double[] z = logits.toDoubles();
    double[] p = new double[4];
    double total = 0;
    double mean = 0;
    for (int i = 0; i < 4; i++) {
      p[i] = Math.exp(z[i]);
      total += p[i];
    }
    for (int i = 0; i < 4; i++) {
      p[i] /= total;
      mean += p[i] * v.toDoubles()[i];
    }
    double[] expected = new double[4];
    for (int i = 0; i < 4; i++) {
      expected[i] = p[i] * (v.toDoubles()[i] - mean);
    }
    assertArrayEquals(expected, hessianTimes(loss, logits, v).toDoubles(), 1e-12);
  }

  @Test
  void theHessianOfAQuadraticFormIsItsMatrix() {
    Tensor m = wave(3, 3);
    Tensor v = Tensor.of(1.0, -2.0, 0.5);
    Function<Tensor, Tensor> form =
        x -> x.reshape(1, 3).matMul(m).matMul(x.reshape(3, 1)).reshape();
    Tensor symmetric = m.add(m.transpose(0, 1));
    assertArrayEquals(
        symmetric.matMul(v.reshape(3, 1)).toDoubles(),
        hessianTimes(form, wave(3), v).toDoubles(),
        1e-12);
  }

  @Test
  void thirdDerivativesOfModels() {
    GradCheck.STANDARD.require(
        "slope of cross-entropy",
        z -> Grad.grad(u -> new CrossEntropy(u, Tensor.of(2, 0)).result().sum(), z),
        wave(2, 3));
    GradCheck.STANDARD.require(
        "slope of layerNorm",
        x -> Grad.grad(u -> new LayerNorm(u, wave(3), wave(3), 1e-3).result().tanh().sum(), x),
        wave(2, 3));
    GradCheck.STANDARD.require(
        "slope of attention",
        x -> Grad.grad(u -> new Attention(u, 1, 1, 0.7f).result().square().sum(), x),
        wave(1, 3, 3, 2));
  }

  @Test
  void aGradientPenaltyMixesOrders() {
    // f = a b^2; penalty = (df/da - 1)^2 + f = (b^2 - 1)^2 + a b^2
    Function<Pair, Tensor> critic = p -> p.a().mul(p.b()).mul(p.b());
    Pair gradient =
        Grad.grad(
            p -> {
              Pair slope = Grad.grad(critic, p, path -> path.equals("a"));
              return slope.a().sub(1).square().add(critic.apply(p));
            },
            new Pair(Tensor.scalar(3.0), Tensor.scalar(2.0)));
    assertEquals(4, gradient.a().item(), 1e-12);
    assertEquals(4 * 2 * 3 + 2 * 3 * 2, gradient.b().item(), 1e-12);
  }

  @Test
  void anInnerStepIsDifferentiatedThrough() {
    // one step of gradient descent on w^2 c, then the outer loss w'^2: d/dlr and d/dw
    Pair at = new Pair(Tensor.scalar(0.1), Tensor.scalar(1.5));
    Pair outer =
        Grad.grad(
            p -> {
              Step<Tensor> inner = Grad.valueAndGrad(w -> Loss.of(w.square()), p.b());
              Tensor next = p.b().sub(inner.grad().mul(p.a()));
              return next.square().add(inner.loss().mean().mul(0.5));
            },
            at);
    // w' = w (1 - 2 lr)
    assertEquals(2 * 1.5 * 0.8 * -2 * 1.5, outer.a().item(), 1e-12);
    assertEquals(2 * 1.5 * 0.64 + 1.5, outer.b().item(), 1e-12);
  }

  @Test
  void theTapeKnowsTheNearestParameter() {
    List<String> places = new java.util.ArrayList<>();
    Grad.grad(
        p -> {
          Tensor h = p.a().exp();
          Tensor y = h.mul(p.b());
          places.add(whereabouts(h));
          places.add(whereabouts(p.b()));
          places.add(whereabouts(y));
          places.add(whereabouts(Tensor.scalar(1.0)));
          return y;
        },
        new Pair(Tensor.scalar(3.0), Tensor.scalar(2.0)));
    assertEquals(List.of("a", "b", "b", ""), places);
  }

  private static String whereabouts(Tensor tensor) {
    return Recorder.CURRENT.get().whereabouts(new telos.tensor.Op.Neg(tensor));
  }
}
