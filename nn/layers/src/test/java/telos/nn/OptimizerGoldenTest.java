package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Five steps of each optimizer against PyTorch's (2.13, float64; for [Muon] with its Newton-Schulz
/// iteration in float64 too), and rules that PyTorch lacks against their formulas.
class OptimizerGoldenTest {
  record Model(Tensor matrix, Tensor vector) {}

  private static Model start() {
    double[] matrix = new double[6];
    for (int i = 0; i < 6; i++) {
      int row = i / 2;
      matrix[i] = 0.5 * row - 0.3 * (i % 2) + 0.1;
    }
    return new Model(Tensor.of(matrix, 3, 2), Tensor.of(1.0, -0.02, 0.3));
  }

  private static Model gradient(int t) {
    double[] matrix = new double[6];
    double[] vector = new double[3];
    for (int i = 0; i < 6; i++) {
      int row = i / 2;
      matrix[i] = Math.sin(1.3 * t + 0.7 * row + 1.1 * (i % 2));
    }
    for (int i = 0; i < 3; i++) {
      vector[i] = 0.1 * Math.cos(0.9 * t + 0.4 * i);
    }
    return new Model(Tensor.of(matrix, 3, 2), Tensor.of(vector));
  }

  private static Model fiveSteps(Optimizer optimizer, boolean transposed) {
    Model model = transposed ? transposed(start()) : start();
    Optimizer.State state = optimizer.init(model);
    for (int t = 1; t <= 5; t++) {
      Model gradient = transposed ? transposed(gradient(t)) : gradient(t);
      Optimizer.Step<Model> next = optimizer.step(model, gradient, state);
      model = next.model();
      state = next.state();
    }
    assertEquals(5, state.count());
    return transposed ? transposed(model) : model;
  }

  private static Model transposed(Model model) {
    return new Model(model.matrix().transpose(0, 1), model.vector());
  }

  private static void check(Model model, double[] matrix, double... vector) {
    assertArrayEquals(matrix, model.matrix().toDoubles(), 2e-8);
    assertArrayEquals(vector, model.vector().toDoubles(), 2e-8);
  }

  private static Schedule rate(double rate) {
    return Schedule.constant(rate);
  }

  @Test
  void nesterov() {
    check(
        fiveSteps(new Sgd(rate(0.1), 0.9, true), false),
        new double[] {-0.12752063, -0.1582084, 0.53079296, 0.51013231, 1.22165571, 1.07964452},
        1.03957637,
        0.04009608,
        0.37112793);
  }

  @Test
  void adamW() {
    AdamW adamW =
        AdamW.of(0.1).withBetas(0.8, 0.95).withWeightDecay(0.5).withDecayed((_, _) -> true);
    check(
        fiveSteps(adamW, false),
        new double[] {-0.06419374, -0.16796278, 0.39693112, 0.28237663, 0.87448289, 0.8133339},
        0.83039292,
        0.14657962,
        0.59010894);
  }

  @Test
  void adafactor() {
    check(
        fiveSteps(new Adafactor(rate(0.05), -0.8, 0x1p-23, 1e-3, 1, 0.1), false),
        new double[] {0.10209996, -0.20290165, 0.58252186, 0.28801732, 1.06571212, 0.79400452},
        1.03735302,
        0.03345547,
        0.37107435);
    check(
        fiveSteps(new Adafactor(rate(2), -0.8, 0x1p-23, 1e-3, 1.5, 0), false),
        new double[] {0.48321062, -0.12117703, 0.84171979, 0.24725149, 1.12328764, 0.91471229},
        2.61529141,
        1.12576979,
        1.70847313);
  }

  @Test
  void adafactorRemembersRowsAndColumns() {
    Optimizer.State state = Adafactor.of(rate(1)).init(start());
    assertEquals(Shape.of(3), state.first().get("matrix").shape());
    assertEquals(Shape.of(2), state.second().get("matrix").shape());
    assertEquals(Set.of("matrix"), state.first().keySet());
    assertEquals(Shape.of(3), state.second().get("vector").shape());
  }

  /// PyTorch keeps the transposed matrix, so that its tall is our wide.
  @Test
  void muon() {
    Model flat = fiveSteps(Muon.of(rate(0.05), AdamW.of(0.1)), false);
    double[] expected = {0.06905694, -0.19164323, 0.57685858, 0.32747826, 1.08855945, 0.83018402};
    assertArrayEquals(expected, flat.matrix().toDoubles(), 2e-8);
    Muon undecayed = new Muon(rate(0.05), 0.95, 0, (_, w) -> w.rank() == 2, AdamW.of(0.1));
    assertArrayEquals(TALL, fiveSteps(undecayed, true).matrix().toDoubles(), 2e-8);
    AdamW alone = AdamW.of(0.1);
    assertArrayEquals(
        fiveSteps(alone, false).vector().toDoubles(), flat.vector().toDoubles(), "as AdamW's");
  }

  private static final double[] TALL = {
    0.0638439, -0.19572774, 0.58933665, 0.34368618, 1.11984453, 0.86255381
  };

  @Test
  void muonTakesAStackAsMatrices() {
    Tensor a = Rng.of(1).normal(Shape.of(4, 6));
    Tensor b = Rng.of(2).normal(Shape.of(4, 6));
    Tensor both = Muon.orthogonal(Tensor.stack(0, List.of(a, b)));
    assertArrayEquals(Muon.orthogonal(b).toFloats(), both.at(0, 1).toFloats(), 1e-6f);
    float[] gram = both.at(0, 0).matMul(both.at(0, 0), false, true).toFloats();
    for (int i = 0; i < 16; i++) {
      assertEquals(i % 5 == 0 ? 1 : 0, gram[i], 0.4, "the rows are nearly orthonormal");
    }
  }

  @Test
  void muonLeavesTheEndsToTheOther() {
    var matrices = Muon.of(rate(1), AdamW.of(1)).matrices();
    Tensor matrix = Tensor.zeros(2, 2);
    assertTrue(matrices.test("blocks.0.mlp.up.weight", matrix));
    assertTrue(matrices.test("blocks.0.attention.qkv.adapters.0.down", matrix));
    for (String end : List.of("tokens.weight", "positions.weight", "head.weight")) {
      assertFalse(matrices.test(end, matrix), end);
      assertFalse(matrices.test("policy." + end, matrix), end);
    }
    assertFalse(matrices.test("blocks.0.attention.qkv.bias", Tensor.zeros(2)));
  }

  @Test
  void lionByItsFormula() {
    Schedule linear = Schedule.linear(0.1, 0, 10);
    Model model = fiveSteps(new Lion(linear, 0.9, 0.99, 0.3, (_, w) -> w.rank() == 2), false);
    double[] w = start().matrix().toDoubles();
    double[] m = new double[6];
    for (int t = 1; t <= 5; t++) {
      double[] g = gradient(t).matrix().toDoubles();
      double rate = 0.1 * (1 - (t - 1) / 10.0);
      for (int i = 0; i < 6; i++) {
        w[i] = w[i] * (1 - rate * 0.3) - rate * Math.signum(0.9 * m[i] + 0.1 * g[i]);
        m[i] = 0.99 * m[i] + 0.01 * g[i];
      }
    }
    assertArrayEquals(w, model.matrix().toDoubles(), 1e-12);
  }

  /// Whatever the rule: a frozen leaf keeps value and needs no state, the others move as if it were
  /// not there, and the state is a tree that a checkpoint can hold.
  @Property(tries = 20)
  void frozenLeavesCostNothing(@ForAll @IntRange(max = 6) int kind) {
    Optimizer optimizer = optimizers().get(kind);
    Model model = start();
    Model part = new Model(gradient(1).matrix(), Tensor.absent(Shape.of(3), DType.F64, "frozen"));
    Optimizer.State state = optimizer.init(model, "matrix"::equals);
    assertTrue(
        Tree.leaves(state).keySet().stream().noneMatch(path -> path.endsWith("vector")),
        () -> Tree.leaves(state).keySet().toString());
    Optimizer.State restored = Tree.withLeaves(state, Tree.leaves(state.copy()));
    Model next = optimizer.step(model, part, state).model();
    assertSame(model.vector(), next.vector());
    assertFalse(next.matrix() == model.matrix());
    Model all = optimizer.step(model, gradient(1), optimizer.init(model)).model();
    assertArrayEquals(all.matrix().toDoubles(), next.matrix().toDoubles());
    Model again = optimizer.step(model, part, restored).model();
    assertArrayEquals(next.matrix().toDoubles(), again.matrix().toDoubles());
    assertThrows(IllegalStateException.class, () -> optimizer.step(model, part, state));
  }

  private static List<Optimizer> optimizers() {
    return List.of(
        Sgd.of(0.1),
        new Sgd(rate(0.1), 0.9),
        new Sgd(rate(0.1), 0.9, true),
        AdamW.of(0.1),
        Lion.of(rate(0.1)),
        Adafactor.of(rate(0.1)),
        Muon.of(rate(0.1), AdamW.of(0.1)));
  }

  @Test
  void refusesNumbersOutOfRange() {
    assertThrows(IllegalArgumentException.class, () -> Lion.of(rate(1)).withWeightDecay(-1));
    assertThrows(
        IllegalArgumentException.class, () -> new Adafactor(rate(1), 0.8, 1e-6, 1e-3, 1, 0));
    assertThrows(
        IllegalArgumentException.class, () -> new Muon(rate(1), 1, 0, (_, _) -> true, AdamW.of(1)));
  }

  @Test
  void schedules() {
    Schedule linear = Schedule.warmupLinear(2, 1, 4, 12);
    assertValues(linear, 0.5, 1, 1.5, 2, 2, 1.875);
    assertEquals(1.5, linear.at(8), 1e-12);
    assertEquals(1, linear.at(12), 1e-12);
    assertEquals(1, linear.at(99), 1e-12);
    Schedule wsd = Schedule.warmupStableDecay(2, 0, 2, 4, 10);
    assertValues(wsd, 1, 2, 2, 2, 2, 2, 2, 1.5, 1, 0.5, 0, 0);
    assertValues(Schedule.warmupStableDecay(2, 0, 0, 2, 3), 2, 2, 1, 0);
    Schedule inverse = Schedule.inverseSqrt(2, 4);
    assertValues(inverse, 0.5, 1, 1.5, 2, 2);
    assertEquals(2 * Math.sqrt(4 / 100.0), inverse.at(100), 1e-12);
    assertEquals(wsd, Schedule.warmupStableDecay(2, 0, 2, 4, 10));
    assertThrows(IllegalArgumentException.class, () -> Schedule.warmupStableDecay(1, 0, 6, 5, 10));
    assertThrows(IllegalArgumentException.class, () -> Schedule.inverseSqrt(1, 0));
  }

  private static void assertValues(Schedule schedule, double... values) {
    for (int step = 0; step < values.length; step++) {
      assertEquals(values[step], schedule.at(step), 1e-12, "step " + step);
    }
  }

  @Test
  void theAverageFollowsTheModel() {
    record Net(Tensor a, Tensor same, Tensor count) {}
    Tensor same = Tensor.of(5f);
    Net first = new Net(Tensor.of(1f), same, Tensor.of(3));
    Net average = first;
    double expected = 1;
    for (int t = 1; t <= 4; t++) {
      average = Ema.step(average, new Net(Tensor.of((float) t * t), same, Tensor.of(3)), 0.75);
      expected = 0.75 * expected + 0.25 * t * t;
      assertEquals(expected, average.a().item(), 1e-6);
    }
    assertSame(same, average.same());
    assertSame(first.count(), average.count());
    assertThrows(IllegalArgumentException.class, () -> Ema.step(first, first, 1));
  }
}
