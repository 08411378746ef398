package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.tensor.DType;
import telos.tensor.Fixed;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class OptimizerTest {
  record Model(Tensor matrix, Tensor vector, @Fixed Tensor table, Tensor count) {}

  private static Model model() {
    return new Model(
        Tensor.of(new float[] {1, -2}, 1, 2), Tensor.of(0.5f), Tensor.of(7f), Tensor.of(3));
  }

  private static Model gradient(double matrix, double vector) {
    return new Model(
        Tensor.of(new float[] {(float) matrix, (float) matrix}, 1, 2),
        Tensor.of((float) vector),
        Tensor.absent(Shape.of(1), DType.F32, "fixed"),
        Tensor.absent(Shape.of(1), DType.I32, "integer"));
  }

  @Test
  void sgdWithMomentum() {
    Sgd sgd = new Sgd(Schedule.constant(0.1), 0.9);
    Model model = model();
    Optimizer.State state = sgd.init(model);
    double w = 0.5;
    double v = 0;
    for (int t = 1; t <= 4; t++) {
      Optimizer.Step<Model> next = sgd.step(model, gradient(1, t), state);
      v = 0.9 * v + t;
      w -= 0.1 * v;
      model = next.model();
      state = next.state();
      assertEquals(w, model.vector().item(), 1e-6);
    }
    assertEquals(3, model.count().toInts()[0]);
    Model plain = Sgd.of(0.5).step(model(), gradient(2, 0), Sgd.of(0.5).init(model())).model();
    assertArrayEquals(new float[] {0, -3}, plain.matrix().toFloats());
  }

  @Test
  void adamWInClosedForm() {
    AdamW adamW = AdamW.of(Schedule.linear(0.1, 0, 10)).withBetas(0.8, 0.95).withWeightDecay(0.5);
    Model model = model();
    Optimizer.State state = adamW.init(model);
    double[] w = {1, 0.5};
    double[] m = {0, 0};
    double[] v = {0, 0};
    for (int t = 1; t <= 6; t++) {
      double[] g = {Math.sin(t), -0.3 * t};
      Optimizer.Step<Model> next = adamW.step(model, gradient(g[0], g[1]), state);
      double rate = 0.1 * (1 - (t - 1) / 10.0);
      for (int i = 0; i < 2; i++) {
        m[i] = 0.8 * m[i] + 0.2 * g[i];
        v[i] = 0.95 * v[i] + 0.05 * g[i] * g[i];
        double mean = m[i] / (1 - Math.pow(0.8, t));
        double scale = Math.sqrt(v[i] / (1 - Math.pow(0.95, t))) + 1e-8;
        w[i] = w[i] * (i == 0 ? 1 - rate * 0.5 : 1) - rate * mean / scale;
      }
      model = next.model();
      state = next.state();
      assertEquals(w[0], model.matrix().toFloats()[0], 2e-6, "step " + t);
      assertEquals(w[1], model.vector().item(), 2e-6, "step " + t);
    }
    assertEquals(6, state.count());
    assertEquals(7, model.table().item());
  }

  @Test
  void theFirstAdamStepIsTheSignTimesTheRate() {
    AdamW adam = AdamW.adam(0.01);
    Model next = adam.step(model(), gradient(-123, 4e-3), adam.init(model())).model();
    assertArrayEquals(new float[] {1.01f, -1.99f}, next.matrix().toFloats(), 1e-6f);
    assertEquals(0.49, next.vector().item(), 1e-6);
  }

  @Test
  void aStepConsumesItsStateAndNothingElse() {
    AdamW adam = AdamW.adam(0.01);
    Model model = model();
    Model gradient = gradient(1, 1);
    Optimizer.State state = adam.init(model);
    Optimizer.State snapshot = state.copy();
    Model once = adam.step(model, gradient, state).model();
    assertThrows(IllegalStateException.class, () -> adam.step(model, gradient, state));
    assertEquals(0.5, model.vector().item());
    assertEquals(1, gradient.vector().item());
    Model again = adam.step(model, gradient, snapshot).model();
    assertArrayEquals(once.matrix().toFloats(), again.matrix().toFloats());
  }

  @Test
  void aSnapshotKeepsItsValues() {
    AdamW adam = AdamW.adam(0.01);
    Model model = model();
    Optimizer.State state = adam.step(model, gradient(1, 2), adam.init(model)).state();
    Optimizer.State snapshot = state.copy();
    Tensor consumed = state.second().get("matrix");
    Optimizer.State next = adam.step(model, gradient(3, 4), state).state();
    assertEquals(0.2f, snapshot.first().get("vector").item(), 1e-7);
    assertEquals(0.9 * 0.2 + 0.4, next.first().get("vector").item(), 1e-6);
    assertEquals(1, snapshot.count());
    assertThrows(IllegalStateException.class, () -> consumed.add(1));
    assertThrows(IllegalStateException.class, state::copy);
  }

  @Test
  void aStepHasADerivative() {
    record One(Tensor w, Tensor g) {}
    AdamW adamW = AdamW.of(0.1).withWeightDecay(0.5).withBetas(0.9, 0.99);
    Tensor weight = Tensor.of(new float[] {2}, 1, 1);
    Tensor past = Tensor.of(new float[] {3}, 1, 1);
    Optimizer.State state = adamW.step(weight, past, adamW.init(weight)).state();
    One one = new One(weight, Tensor.of(new float[] {-1}, 1, 1));
    One slope =
        Grad.valueAndGrad(
                x -> Losses.mean(adamW.step(x.w(), x.g(), state).model().sum().reshape(1)), one)
            .grad();
    assertEquals(1 - 0.1 * 0.5, slope.w().item(), 1e-6);
    double m = 0.9 * 0.3 - 0.1;
    double v = 0.99 * 0.09 + 0.01;
    double correction = 1 / Math.sqrt(1 - 0.99 * 0.99);
    double scale = correction * Math.sqrt(v);
    double change = 0.1 / scale + m / scale * 0.01 / v;
    assertEquals(-0.1 / (1 - 0.81) * change, slope.g().item(), 1e-5);
    assertEquals(1, state.count(), "what was recorded stays");
  }

  @Test
  void absentLeavesStay() {
    AdamW adam = AdamW.of(0.1);
    Model model = model();
    Optimizer.State state = adam.init(model);
    assertEquals(Set.of("matrix", "vector"), state.first().keySet());
    Model gradient =
        Grad.valueAndGrad(
                m -> Losses.mean(m.matrix().sum().mul(m.vector())), model, "vector"::equals)
            .grad();
    Optimizer.Step<Model> next = adam.step(model, gradient, state);
    assertSame(model.matrix(), next.model().matrix());
    assertSame(model.table(), next.model().table());
    assertSame(state.first().get("matrix"), next.state().first().get("matrix"));
    assertEquals(0.6, next.model().vector().item(), 1e-5);
    Model nothing =
        new Model(
            Tensor.absent(Shape.of(1, 2), DType.F32, "frozen"),
            Tensor.absent(Shape.of(1), DType.F32, "frozen"),
            gradient.table(),
            gradient.count());
    assertSame(model, adam.step(model, nothing, adam.init(model)).model());
  }

  @Test
  void tiedWeightsStayTied() {
    record Tied(Tensor a, Tensor b) {}
    Tensor shared = Tensor.of(2f);
    Tied model = new Tied(shared, shared);
    AdamW adam = AdamW.adam(0.1);
    Tied gradient = Grad.valueAndGrad(m -> Losses.mean(m.a().mul(m.b()).sum()), model).grad();
    assertEquals(4, gradient.a().item());
    Tied next = adam.step(model, gradient, adam.init(model)).model();
    assertSame(next.a(), next.b());
    assertEquals(1.9, next.a().item(), 1e-5);
  }

  @Test
  void leavesWithOneGradientBothMove() {
    record Pair(Tensor a, Tensor b) {}
    Pair model = new Pair(Tensor.of(1f), Tensor.of(5f));
    Tensor one = Tensor.of(1f);
    Sgd sgd = Sgd.of(0.5);
    Pair next = sgd.step(model, new Pair(one, one), sgd.init(model)).model();
    assertEquals(0.5, next.a().item());
    assertEquals(4.5, next.b().item());
  }

  @Test
  void theStateIsATree() {
    AdamW adam = AdamW.adam(0.1);
    Optimizer.State state = adam.step(model(), gradient(1, 2), adam.init(model())).state();
    assertEquals(
        Set.of("steps", "first.matrix", "first.vector", "second.matrix", "second.vector"),
        Tree.leaves(state).keySet());
    Optimizer.State restored = Tree.withLeaves(adam.init(model()), Tree.leaves(state));
    assertEquals(1, restored.count());
    assertEquals(0.2, restored.first().get("vector").item(), 1e-6);
  }

  @Test
  void aForeignStateIsRefused() {
    AdamW adam = AdamW.adam(0.1);
    Optimizer.State state = adam.init(Tensor.of(1f));
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> adam.step(model(), gradient(1, 1), state));
    assertTrue(refused.getMessage().contains("'matrix'"), refused.getMessage());
  }

  @Test
  void clipsByTheGlobalNorm() {
    Model gradient = gradient(2, 1);
    Clip.Clipped<Model> clipped = Clip.byGlobalNorm(gradient, 1.5);
    assertEquals(3, clipped.norm(), 1e-6);
    assertEquals(1.5, Clip.globalNorm(clipped.gradient()), 1e-6);
    assertEquals(0.5, clipped.gradient().vector().item(), 1e-6);
    assertSame(gradient, Clip.byGlobalNorm(gradient, 3.1).gradient());
    assertThrows(IllegalArgumentException.class, () -> Clip.byGlobalNorm(gradient, 0));
    Model broken = gradient(Double.NaN, 1);
    assertThrows(ArithmeticException.class, () -> Clip.byGlobalNorm(broken, 1));
  }

  @Test
  void schedules() {
    assertEquals(0.3, Schedule.constant(0.3).at(1_000_000));
    Schedule linear = Schedule.linear(1, 0.2, 8);
    assertEquals(1, linear.at(0));
    assertEquals(0.6, linear.at(4), 1e-12);
    assertEquals(0.2, linear.at(8), 1e-12);
    assertEquals(0.2, linear.at(99));
    Schedule cosine = Schedule.warmupCosine(2, 1, 4, 12);
    assertArrayEquals(
        new double[] {0.5, 1, 1.5, 2, 2, 1.5, 1, 1},
        new double[] {
          cosine.at(0),
          cosine.at(1),
          cosine.at(2),
          cosine.at(3),
          cosine.at(4),
          cosine.at(8),
          cosine.at(12),
          cosine.at(50)
        },
        1e-12);
    assertEquals(cosine, Schedule.warmupCosine(2, 1, 4, 12));
    assertThrows(IllegalArgumentException.class, () -> Schedule.warmupCosine(2, 1, 4, 4));
    assertThrows(IllegalArgumentException.class, () -> Schedule.linear(1, 0, 0));
  }

  @Test
  void refusesRatesOutOfRange() {
    assertThrows(IllegalArgumentException.class, () -> AdamW.of(0.1).withBetas(1, 0.9));
    assertThrows(IllegalArgumentException.class, () -> AdamW.of(0.1).withWeightDecay(-1));
    assertThrows(IllegalArgumentException.class, () -> new Sgd(Schedule.constant(1), 1));
  }
}
