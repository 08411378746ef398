package telos.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.Tree;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.LayerNorm;

/// What the sweep keeps, what it gives back, and [Recompute].
class MemoryTest {
  record Net(List<Tensor> weights, Tensor gain, Tensor bias) {}

  private static Tensor chain(Tensor x, int length) {
    Tensor y = x;
    for (int i = 0; i < length; i++) {
      y = y.tanh();
    }
    return y;
  }

  private static Net net() {
    List<Tensor> weights = new ArrayList<>();
    for (int layer = 0; layer < 3; layer++) {
      double[] w = new double[16];
      for (int i = 0; i < w.length; i++) {
        w[i] = Math.sin(layer * 16 + i * 1.3) * 0.7;
      }
      weights.add(Tensor.of(w, 4, 4));
    }
    return new Net(weights, Tensor.of(1.1, 0.9, 1.0, 0.7), Tensor.of(0.1, -0.2, 0.0, 0.3));
  }

  private static Tensor input() {
    double[] x = new double[8];
    for (int i = 0; i < x.length; i++) {
      x[i] = Math.cos(i * 2.1);
    }
    return Tensor.of(x, 2, 4);
  }

  private static Tensor block(Net net, Tensor w, Tensor x) {
    Tensor h = new LayerNorm(x, net.gain(), net.bias(), 1e-5).result();
    return x.add(new Gelu(h.matMul(w)).result()).add(h.mul(0.1));
  }

  private static Tensor loss(Net net, UnaryOperator<Tensor> last, boolean checkpoint) {
    Tensor x = input();
    for (Tensor w : net.weights()) {
      Tensor in = x;
      x = checkpoint ? Recompute.of(() -> block(net, w, in)) : block(net, w, in);
    }
    return last.apply(x).square().sum();
  }

  private static void sameBits(Net expected, Net actual) {
    forBoth(expected, actual, Assertions::assertArrayEquals);
  }

  /// Higher derivatives add the same terms in another order.
  private static void near(Net expected, Net actual) {
    forBoth(expected, actual, (a, b) -> assertArrayEquals(a, b, 1e-12));
  }

  private static void forBoth(Net one, Net other, BiConsumer<double[], double[]> action) {
    Tree.zip(
        one,
        other,
        (a, b) -> {
          action.accept(a.toDoubles(), b.toDoubles());
          return a;
        });
  }

  @Test
  void theSweepGivesTheTapeBackAsItGoes() {
    CountingDevice device = new CountingDevice();
    device.with(() -> {
      Tensor x = Tensor.of(0.5, 0.25);
      int before = device.live;
      Grad.grad(v -> chain(v, 50).sum(), x);
      assertTrue(device.peak - before < 50 + 12, "peak " + (device.peak - before));
      // the gradient and nothing else; the loss and its weight went with the step
      assertTrue(device.live - before <= 3, "left " + (device.live - before));
      return x;
    });
  }

  @Test
  void underAnOuterGradientEverythingStaysForIt() {
    CountingDevice device = new CountingDevice();
    device.with(() -> {
      Tensor x = Tensor.of(0.5, 0.25);
      int before = device.live;
      Function<Tensor, Tensor> slope = v -> Grad.grad(u -> chain(u, 20).sum(), v).sum();
      double[] second = Grad.grad(slope, x).toDoubles();
      assertTrue(device.live - before <= 3, "left " + (device.live - before));
      double h = 1e-5;
      double up = Grad.grad(v -> chain(v, 20).sum(), x.add(h)).toDoubles()[0];
      double down = Grad.grad(v -> chain(v, 20).sum(), x.sub(h)).toDoubles()[0];
      assertEquals((up - down) / (2 * h), second[0], 1e-7);
      return x;
    });
  }

  @Test
  void aThousandStepsLeaveNothingBehind() {
    CountingDevice device = new CountingDevice();
    device.with(() -> {
      Net net = net();
      double first = 0;
      double value = 0;
      for (int step = 0; step < 1000; step++) {
        Step<Net> result =
            Grad.valueAndGrad(n -> Loss.of(loss(n, UnaryOperator.identity(), false)), net);
        net = Scope.call(new Descent(net, result.grad())::next);
        value = result.value();
        first = step == 0 ? value : first;
      }
      assertTrue(value < first / 2, first + " to " + value);
      return net;
    });
    // what a step returns (loss, weight, five gradients, five leaves) is the garbage collector's
    assertTrue(device.live < 1000 * 13, "live " + device.live);
  }

  record Descent(Net net, Net gradient) {
    Net next() {
      return Tree.zip(net, gradient, (w, g) -> w.sub(g.mul(1e-3)));
    }
  }

  @Test
  void recomputationGivesTheSameBits() {
    Net plain = Grad.grad(n -> loss(n, UnaryOperator.identity(), false), net());
    Net again = Grad.grad(n -> loss(n, UnaryOperator.identity(), true), net());
    sameBits(plain, again);
  }

  @Test
  void recomputationWithinRecomputationAndUnderAnOuterGradient() {
    Function<Boolean, Net> second =
        checkpoint ->
            Grad.grad(
                n -> {
                  Net inner = Grad.grad(m -> loss(m, Tensor::tanh, checkpoint), n);
                  return inner.gain().square().sum().add(inner.weights().get(1).sum());
                },
                net());
    near(second.apply(false), second.apply(true));
    Function<Tensor, Tensor> nested =
        x -> Recompute.of(() -> Recompute.of(() -> x.exp()).mul(x.sin())).sum();
    double[] expected = Grad.grad(x -> x.exp().mul(x.sin()).sum(), input()).toDoubles();
    assertArrayEquals(expected, Grad.grad(nested, input()).toDoubles());
  }

  @Test
  void recomputationReturnsTreesAndRunsOutsideToo() {
    List<Tensor> outside = Recompute.of(() -> List.of(input().exp(), input()));
    assertArrayEquals(input().exp().toDoubles(), outside.getFirst().toDoubles());
    Function<Tensor, Tensor> both =
        x -> {
          List<Tensor> parts = Recompute.of(() -> List.of(x.exp(), x, x.mul(2)));
          return parts.get(0).add(parts.get(1).square()).add(parts.get(2)).sum();
        };
    double[] expected =
        Grad.grad(x -> x.exp().add(x.square()).add(x.mul(2)).sum(), input()).toDoubles();
    assertArrayEquals(expected, Grad.grad(both, input()).toDoubles(), 1e-14);
  }

  @Test
  void recomputationKeepsOnlyWhatCrossesItsBorder() {
    CountingDevice device = new CountingDevice();
    device.with(() -> {
      Tensor x = Tensor.of(0.5, 0.25);
      int before = device.live;
      Function<Tensor, Tensor> segments =
          v -> {
            Tensor y = v;
            for (int i = 0; i < 5; i++) {
              Tensor in = y;
              y = Recompute.of(() -> chain(in, 10));
            }
            return y.sum();
          };
      double[] found = Grad.grad(segments, x).toDoubles();
      assertTrue(device.peak - before < 5 + 10 + 14, "peak " + (device.peak - before));
      assertArrayEquals(Grad.grad(v -> chain(v, 50).sum(), x).toDoubles(), found);
      return x;
    });
  }

  @Test
  void aConstantCapturedByARecomputationOutlivesTheSweepSoFar() {
    Function<Tensor, Tensor> function =
        x -> {
          Tensor constant = Tensor.of(2.0, 3.0).exp();
          Tensor y = Recompute.of(() -> x.mul(constant).sin());
          return y.mul(constant).sum();
        };
    Tensor x = Tensor.of(0.1, 0.2);
    double[] found = Grad.grad(function, x).toDoubles();
    for (int i = 0; i < 2; i++) {
      double c = Math.exp(2 + i);
      assertEquals(c * c * Math.cos((i + 1) * 0.1 * c), found[i], 1e-9);
    }
  }

  @Test
  void aTensorOfAFinishedGradientIsDead() {
    Tensor[] leaked = new Tensor[1];
    Grad.grad(
        x -> {
          leaked[0] = x.exp();
          return leaked[0].sum();
        },
        input());
    assertThrows(IllegalStateException.class, () -> leaked[0].toDoubles());
  }
}
