package telos.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Gradients of fused operations that bring none.
final class DefinitionGradTest {
  /// `x tanh(gain x)` and `x^2`.
  record Both(Tensor x, Tensor gain) implements Op.Fused {
    @Override
    public List<Tensor> inputs() {
      return List.of(x, gain);
    }

    @Override
    public Both with(List<Tensor> in) {
      return new Both(in.get(0), in.get(1));
    }

    @Override
    public int resultCount() {
      return 2;
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
      return List.of(x.mul(x.mul(gain).tanh()), x.square());
    }
  }

  private static final List<Tensor> POINT =
      List.of(
          Tensor.of(new double[] {0.3, -1.2, 0.7, 2, -0.4, 0.1}, 2, 3),
          Tensor.of(new double[] {0.5, 1.5, -0.8}, 3));

  private static Tensor fused(List<Tensor> in) {
    List<Tensor> both = new Both(in.get(0), in.get(1)).outputs();
    return both.get(0).mul(both.get(1)).add(in.get(0)).sum();
  }

  private static Tensor plain(List<Tensor> in) {
    List<Tensor> both = new Both(in.get(0), in.get(1)).definition();
    return both.get(0).mul(both.get(1)).add(in.get(0)).sum();
  }

  private static Tensor first(List<Tensor> in) {
    return new Both(in.get(0), in.get(1)).result().sum();
  }

  private static void assertSame(
      Function<List<Tensor>, Tensor> one, Function<List<Tensor>, Tensor> other) {
    List<Tensor> gradient = Grad.grad(one, POINT);
    List<Tensor> expected = Grad.grad(other, POINT);
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i).toDoubles(), gradient.get(i).toDoubles(), 1e-12);
    }
  }

  @Test
  void isThatOfTheDefinition() {
    assertSame(DefinitionGradTest::fused, DefinitionGradTest::plain);
    assertSame(
        DefinitionGradTest::first, in -> in.get(0).mul(in.get(0).mul(in.get(1)).tanh()).sum());
  }

  @Test
  void onlyForWhatIsWanted() {
    Tensor gain = POINT.get(1);
    Tensor gradient = Grad.grad(x -> new Both(x, gain).result().sum(), POINT.getFirst());
    Tensor expected = Grad.grad(x -> x.mul(x.mul(gain).tanh()).sum(), POINT.getFirst());
    assertArrayEquals(expected.toDoubles(), gradient.toDoubles(), 1e-12);
  }

  @Test
  void hasDerivativesItself() {
    assertSame(
        in -> squares(Grad.grad(DefinitionGradTest::fused, in)),
        in -> squares(Grad.grad(DefinitionGradTest::plain, in)));
  }

  private static Tensor squares(List<Tensor> tensors) {
    return tensors.stream().map(t -> t.square().sum()).reduce(Tensor::add).orElseThrow();
  }

  /// Twenty operations in a row: apart, all their results wait for the sweep; fused, only inputs
  /// do.
  @Test
  void keepsNothingBetweenForwardAndBackward() {
    var fused = new CountingDevice();
    var apart = new CountingDevice();
    Tensor one = fused.with(() -> Tensor.of(new double[] {1, 2}, 2, 1));
    Tensor other = apart.with(() -> Tensor.of(new double[] {1, 2}, 2, 1));
    Tensor gain = fused.with(() -> Tensor.of(new double[] {2}, 1));
    Tensor otherGain = apart.with(() -> Tensor.of(new double[] {2}, 1));
    fused.with(() -> Grad.grad(x -> repeated(x, gain, true), one));
    apart.with(() -> Grad.grad(x -> repeated(x, otherGain, false), other));
    assertTrue(fused.peak < apart.peak, fused.peak + " against " + apart.peak);
  }

  private static Tensor repeated(Tensor x, Tensor gain, boolean fused) {
    Tensor y = x;
    for (int i = 0; i < 20; i++) {
      var both = new Both(y, gain);
      y = (fused ? both.outputs() : both.definition()).getFirst();
    }
    return y.sum();
  }
}
