package telos.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Fixed;
import telos.tensor.Op;
import telos.tensor.ReferenceDevice;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;

class GradTest {
  record Affine(Tensor w, Tensor b) {}

  record Frozen(Tensor w, @Fixed Tensor table, Tensor index) {}

  record Tied(Tensor embedding, Tensor head, List<Tensor> others) {}

  private static Tensor x() {
    return Tensor.of(new double[] {0.5, -1.25, 2}, 3);
  }

  private static void near(double[] expected, Tensor actual) {
    assertArrayEquals(expected, actual.toDoubles(), 1e-12);
  }

  @Test
  void lossAndGradientOfALinearModel() {
    Affine model = new Affine(Tensor.of(2.0, 3.0), Tensor.scalar(1.0));
    Tensor x = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 3, 2);
    Step<Affine> step =
        Grad.valueAndGrad(
            m -> {
              Tensor y = x.mul(m.w()).sum(-1).add(m.b());
              return new Loss(y.square().sum(), Tensor.scalar(3.0));
            },
            model);
    // y = (9, 19, 29)
    assertEquals((81 + 361 + 841) / 3.0, step.value(), 1e-12);
    near(new double[] {2 / 3.0 * (9 + 57 + 145), 2 / 3.0 * (18 + 76 + 174)}, step.grad().w());
    near(new double[] {2 / 3.0 * 57}, step.grad().b());
    assertEquals(1283, step.loss().sum().item());
  }

  @Test
  void higherDerivativesOfACube() {
    Function<Tensor, Tensor> cube = x -> x.mul(x).mul(x).sum();
    Function<Tensor, Tensor> second = x -> Grad.grad(cube, x).sum();
    Function<Tensor, Tensor> third = x -> Grad.grad(second, x).sum();
    near(new double[] {0.75, 3 * 1.25 * 1.25, 12}, Grad.grad(cube, x()));
    near(new double[] {3, -7.5, 12}, Grad.grad(second, x()));
    near(new double[] {6, 6, 6}, Grad.grad(third, x()));
    near(new double[] {0, 0, 0}, Grad.grad(x -> Grad.grad(third, x).sum(), x()));
  }

  @Test
  void higherDerivativesOfTanh() {
    Function<Tensor, Tensor> tanh = x -> x.tanh().sum();
    Function<Tensor, Tensor> second = x -> Grad.grad(tanh, x).sum();
    Function<Tensor, Tensor> third = x -> Grad.grad(second, x).sum();
    double[] expected = new double[3];
    double[] expectedThird = new double[3];
    double[] x = x().toDoubles();
    for (int i = 0; i < 3; i++) {
      double t = Math.tanh(x[i]);
      expected[i] = -2 * t * (1 - t * t);
      expectedThird[i] = (1 - t * t) * (6 * t * t - 2);
    }
    near(expected, Grad.grad(second, x()));
    near(expectedThird, Grad.grad(third, x()));
  }

  @Test
  void aTensorUsedTwiceCollectsBothContributions() {
    Function<Tensor, Tensor> residual =
        x -> {
          Tensor h = x.exp();
          Tensor y = h.add(x.mul(h)).add(h.mul(h));
          return y.add(y).sum();
        };
    double[] x = x().toDoubles();
    double[] expected = new double[3];
    for (int i = 0; i < 3; i++) {
      double e = Math.exp(x[i]);
      expected[i] = 2 * (e + e + x[i] * e + 2 * e * e);
    }
    assertArrayEquals(expected, Grad.grad(residual, x()).toDoubles(), 1e-9);
  }

  @Test
  void leavesWithoutGradientAreAbsentAndSayWhy() {
    Frozen model = new Frozen(x(), x(), Tensor.of(1, 2));
    Frozen grad = Grad.grad(m -> m.w().mul(m.table()).gather(0, m.index()).sum(), model);
    near(new double[] {0, -1.25, 2}, grad.w());
    assertTrue(grad.table().isAbsent());
    assertTrue(grad.index().isAbsent());
    String message =
        assertThrows(IllegalStateException.class, () -> grad.table().exp()).getMessage();
    assertTrue(message.contains("'table'") && message.contains("@Fixed"), message);
    message = assertThrows(IllegalStateException.class, () -> grad.index().neg()).getMessage();
    assertTrue(message.contains("'index'") && message.contains("I32"), message);
  }

  @Test
  void thePredicateChoosesLeavesByPath() {
    Affine model = new Affine(x(), Tensor.scalar(2.0));
    Affine grad = Grad.grad(m -> m.w().mul(m.b()).sum(), model, path -> path.equals("b"));
    assertTrue(grad.w().isAbsent());
    near(new double[] {1.25}, grad.b());
  }

  @Test
  void tiedLeavesShareOneGradient() {
    Tensor tied = x();
    Tied model = new Tied(tied, tied, List.of(tied, x()));
    Tied grad = Grad.grad(m -> m.embedding().mul(m.head()).mul(m.others().get(0)).sum(), model);
    assertSame(grad.embedding(), grad.head());
    assertSame(grad.embedding(), grad.others().get(0));
    near(new double[] {0.75, 3 * 1.25 * 1.25, 12}, grad.head());
    near(new double[] {0, 0, 0}, grad.others().get(1));
  }

  @Test
  void aCapturedCopyOfTheModelIsAConstant() {
    Tensor model = x();
    near(x().toDoubles(), Grad.grad(m -> m.mul(model).sum(), model));
    near(new double[] {0, 0, 0}, Grad.grad(m -> model.square().sum(), model));
  }

  @Test
  void stopGradientStops() {
    near(x().toDoubles(), Grad.grad(m -> m.mul(m.stopGradient()).sum(), x()));
    near(new double[] {0, 0, 0}, Grad.grad(m -> m.stopGradient().exp().sum(), x()));
  }

  @Test
  void whatTheFunctionReturnsSurvivesAndTheRestDies() {
    Tensor[] leaked = new Tensor[1];
    Step.With<Tensor, List<Tensor>> result =
        Grad.valueAndGradWith(
            x -> {
              Tensor hidden = x.exp();
              leaked[0] = hidden.mul(2);
              return Loss.of(leaked[0].sum()).with(List.of(hidden, hidden.reshape(3, 1)));
            },
            x());
    near(new double[] {Math.exp(0.5), Math.exp(-1.25), Math.exp(2)}, result.aux().get(1));
    near(result.aux().get(0).mul(2).toDoubles(), result.step().grad());
    String message = assertThrows(IllegalStateException.class, () -> leaked[0].neg()).getMessage();
    assertTrue(message.contains("neg") && message.contains("valueAndGrad"), message);
  }

  @Test
  void nothingIsRecordedOutside() {
    assertFalse(telos.tensor.Recorder.CURRENT.isBound());
    Tensor value = Scope.call(() -> x().exp().sum());
    assertEquals(DType.F64, value.dtype());
  }

  @Test
  void microBatchesGiveTheGradientOfTheBatch() {
    double[] values = new double[35];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.sin(i * 1.7) * 3;
    }
    Tensor data = Tensor.of(values, 35);
    Function<Tensor, Function<Tensor, Loss>> loss =
        part -> w -> new Loss(part.mul(w).tanh().sum(), Tensor.scalar((double) part.size()));
    Tensor w = Tensor.scalar(0.3);
    Step<Tensor> whole = Grad.valueAndGrad(loss.apply(data), w);
    Step<Tensor> parts =
        Grad.valueAndGrad(loss.apply(data.slice(0, 0, 4)), w)
            .plus(Grad.valueAndGrad(loss.apply(data.slice(0, 4, 5)), w))
            .plus(Grad.valueAndGrad(loss.apply(data.slice(0, 5, 5)), w))
            .plus(Grad.valueAndGrad(loss.apply(data.slice(0, 5, 35)), w));
    assertEquals(whole.value(), parts.value(), 1e-12);
    assertEquals(whole.grad().item(), parts.grad().item(), 1e-12);
  }

  @Test
  void theLossOfNothingIsZero() {
    Step<Tensor> step = Grad.valueAndGrad(w -> new Loss(w.mul(0).sum(), Tensor.scalar(0.0)), x());
    assertEquals(0, step.value());
    near(new double[] {0, 0, 0}, step.grad());
  }

  @Test
  void aLossIsTwoScalars() {
    assertThrows(IllegalArgumentException.class, () -> Loss.of(x()));
    assertThrows(
        IllegalArgumentException.class, () -> new Loss(Tensor.scalar(1.0), Tensor.scalar(1f)));
  }

  @Test
  void operationsOnOtherThreadsAreRefused() {
    Throwable[] caught = new Throwable[2];
    Affine model = new Affine(x(), Tensor.scalar(1.0));
    Grad.grad(
        m -> {
          Tensor inside = m.w().exp();
          caught[0] = elsewhere(() -> m.w().exp());
          caught[1] = elsewhere(() -> inside.exp());
          return inside.sum();
        },
        model);
    for (Throwable error : caught) {
      String text = String.valueOf(error);
      assertTrue(text.contains("exp") && text.contains("'valueAndGrad'"), text);
      assertTrue(text.contains("another thread"), text);
    }
  }

  private static Throwable elsewhere(Runnable body) {
    Throwable[] caught = new Throwable[1];
    Thread thread = Thread.ofPlatform().unstarted(body);
    thread.setUncaughtExceptionHandler((_, error) -> caught[0] = error);
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return caught[0];
  }

  @Test
  void aNumberThatIsNoneNamesOperationAndParameter() {
    Assumptions.assumeTrue(Boolean.getBoolean("telos.check"));
    Affine model = new Affine(Tensor.of(0.0, 1.0), Tensor.scalar(1.0));
    String forward =
        assertThrows(
                ArithmeticException.class,
                () -> Grad.grad(m -> m.b().sub(m.w()).add(m.w().log()).sum(), model))
            .getMessage();
    assertTrue(forward.startsWith("log") && forward.contains("downstream of w"), forward);
    String backward =
        assertThrows(ArithmeticException.class, () -> Grad.grad(m -> m.w().sqrt().sum(), model))
            .getMessage();
    assertTrue(backward.contains("in the derivative of sqrt downstream of 'w'"), backward);
  }

  @Test
  void aDerivativeOfAnotherShapeIsRefused() {
    record Crooked(Tensor x) implements Op.Differentiable {
      @Override
      public List<Tensor> inputs() {
        return List.of(x);
      }

      @Override
      public Crooked with(List<Tensor> in) {
        return new Crooked(in.getFirst());
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
        return List.of(x.neg());
      }

      @Override
      public List<@Nullable Tensor> vjp(
          List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
        return List.of(x.sum());
      }
    }
    String message =
        assertThrows(
                IllegalStateException.class,
                () -> Grad.grad(x -> new Crooked(x).result().sum(), x()))
            .getMessage();
    assertTrue(message.startsWith("crooked") && message.contains("[3]"), message);
  }

  @Test
  void theGradientOfACastIsCastBack() {
    Tensor gradient =
        Grad.grad(x -> x.cast(DType.F64).square().sum(), Tensor.of(new float[] {3, -1}, 2));
    assertEquals(DType.F32, gradient.dtype());
    assertArrayEquals(new float[] {6, -2}, gradient.toFloats());
  }

  @Test
  void theGradientOfAMoveComesBack() {
    Device elsewhere = new ReferenceDevice();
    Tensor x = x();
    Tensor gradient = Grad.grad(v -> v.to(elsewhere).square().sum(), x);
    assertSame(x.device(), gradient.device());
    near(new double[] {1, -2.5, 4}, gradient);
  }
}
