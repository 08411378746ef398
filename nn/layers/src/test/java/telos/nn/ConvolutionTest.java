package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static telos.nn.PyTorch.wave;

import java.util.Optional;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.autograd.GradCheck;
import telos.autograd.Loss;
import telos.autograd.Step;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Images and channels: convolution, pooling, batch and group normalisation, FiLM.
class ConvolutionTest {
  private static final Tensor X = wave(3, 2, 3, 5, 6);

  @Test
  void asPyTorch() {
    Conv2d conv = new Conv2d(wave(1, 4, 3, 3, 3), Optional.of(wave(2, 4)), 2, 1);
    PyTorch.requireEqual("conv2d", conv.call(X));
    PyTorch.requireEqual("maxPool", new MaxPool(3, 2, 1).call(X));
    PyTorch.requireEqual("averagePool", new AveragePool(3, 2, 1).call(X));
    GroupNorm norm = new GroupNorm(wave(1, 4), wave(2, 4), 2, 1e-5);
    PyTorch.requireEqual("groupNorm", norm.call(wave(5, 2, 4, 3)));
  }

  @Test
  void batchNormAsPyTorch() {
    BatchNorm norm =
        new BatchNorm(wave(1, 3), wave(2, 3), Tensor.zeros(3), Tensor.ones(3), 1e-5, 0.1);
    BatchNorm.Trained trained = norm.train(X);
    PyTorch.requireEqual("batchNorm.train", trained.output());
    PyTorch.requireEqual("batchNorm.statistics", trained.next().mean(), trained.next().variance());
    PyTorch.requireEqual("batchNorm.eval", trained.next().call(X));
    assertThrows(IllegalArgumentException.class, () -> norm.train(Tensor.ones(1, 3)));
    assertThrows(IllegalArgumentException.class, () -> norm.call(Tensor.ones(2, 4)));
  }

  /// The idiom of the doc comment: the loss hands out the next model, the optimizer steps on it.
  @Test
  void batchNormTrainsAsAValue() {
    record Net(Linear in, BatchNorm norm) {}
    Net net = new Net(Linear.init(2, 3, Rng.of(1)), BatchNorm.init(3));
    Tensor x = Rng.of(2).normal(Shape.of(8, 2));
    Sgd optimizer = Sgd.of(0.1);
    Optimizer.State state = optimizer.init(net);
    Step.With<Net, Net> step =
        Grad.valueAndGradWith(
            m -> {
              BatchNorm.Trained y = m.norm().train(m.in().call(x));
              return Loss.of(y.output().square().mul(y.output()).sum())
                  .with(new Net(m.in(), y.next()));
            },
            net);
    Net next = optimizer.step(step.aux(), step.step().grad(), state).model();
    assertArrayEquals(
        net.norm().train(net.in().call(x)).next().mean().toFloats(), next.norm().mean().toFloats());
    assertEquals(Shape.of(8, 3), next.norm().call(next.in().call(x)).shape());
    double moved = next.in().weight().sub(net.in().weight()).abs().max().item();
    assertEquals(true, moved > 0);
  }

  /// Windows taken one by one.
  @Property(tries = 60)
  void poolingIsPerWindow(
      @ForAll @IntRange(min = 1, max = 4) int size,
      @ForAll @IntRange(min = 1, max = 3) int stride,
      @ForAll @IntRange(max = 2) int padding,
      @ForAll @IntRange(min = 1, max = 7) int height,
      @ForAll @IntRange(min = 1, max = 7) int width) {
    Assume.that(2 * padding <= size && Math.min(height, width) + 2 * padding >= size);
    Tensor x = Rng.of(height * 10L + width).normal(Shape.of(1, 1, height, width)).sub(3);
    float[] values = x.toFloats();
    Tensor largest = new MaxPool(size, stride, padding).call(x);
    Tensor mean = new AveragePool(size, stride, padding).call(x);
    assertEquals((height + 2 * padding - size) / stride + 1, largest.dim(2));
    for (int i = 0; i < largest.dim(2); i++) {
      for (int j = 0; j < largest.dim(3); j++) {
        double max = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (int r = i * stride - padding; r < i * stride - padding + size; r++) {
          for (int c = j * stride - padding; c < j * stride - padding + size; c++) {
            boolean inside = r >= 0 && r < height && c >= 0 && c < width;
            max = inside ? Math.max(max, values[r * width + c]) : max;
            sum += inside ? values[r * width + c] : 0;
          }
        }
        int at = i * largest.dim(3) + j;
        assertEquals(max, largest.toFloats()[at]);
        assertEquals(sum / (size * size), mean.toFloats()[at], 1e-5);
      }
    }
  }

  @Test
  void equalLargestShareTheDerivative() {
    Tensor x = Tensor.of(new float[] {2, 2, 1, 2}, 1, 1, 2, 2);
    Tensor g = Grad.grad(t -> new MaxPool(2, 2, 0).call(t).sum(), x);
    assertArrayEquals(new float[] {1 / 3f, 1 / 3f, 0, 1 / 3f}, g.toFloats());
    assertThrows(IllegalArgumentException.class, () -> new MaxPool(2, 2, 2));
    assertThrows(IllegalArgumentException.class, () -> new MaxPool(3, 1, 0).call(x));
  }

  @Test
  void globalPoolsAndFlattens() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 6, -1, -2, -3, -6}, 1, 2, 2, 2);
    assertArrayEquals(new float[] {3, -3}, GlobalPool.MEAN.call(x).toFloats());
    assertArrayEquals(new float[] {6, -1}, GlobalPool.MAX.call(x).toFloats());
    assertEquals(Shape.of(1, 8), new Flatten().call(x).shape());
  }

  @Test
  void filmScalesAndShiftsChannels() {
    Film film = new Film(Linear.of(Tensor.of(new float[] {1, 2, 3, 4}, 1, 4)));
    Tensor x = Tensor.ones(2, 2, 1, 2);
    Tensor y = film.call(x, Tensor.of(new float[] {0, 2}, 2, 1));
    assertArrayEquals(new float[] {1, 1, 1, 1, 9, 9, 13, 13}, y.toFloats());
    assertArrayEquals(
        x.toFloats(), Film.init(3, 2, Rng.of(1)).call(x, Tensor.zeros(2, 3)).toFloats());
    assertThrows(
        IllegalArgumentException.class, () -> film.call(Tensor.ones(2, 3), Tensor.ones(2, 1)));
  }

  /// A sample's result does not depend on its batch; batch normalisation in training is the
  /// exception, by definition.
  @Test
  void samplesDoNotKnowTheirBatch() {
    Sequential net =
        Sequential.of(
            Conv2d.init(3, 4, 3, 1, 1, Rng.of(1)),
            GroupNorm.init(4, 2),
            Activation.RELU,
            new MaxPool(2, 2, 0),
            BatchNorm.init(4),
            new Flatten(),
            Linear.init(4 * 2 * 3, 5, Rng.of(2)));
    Tensor x = Rng.of(3).normal(Shape.of(3, 3, 5, 6));
    Tensor joined = net.call(x);
    for (int b = 0; b < 3; b++) {
      assertArrayEquals(net.call(x.slice(0, b, b + 1)).toFloats(), joined.at(0, b).toFloats());
    }
  }

  @Test
  void derivatives() {
    record Net(Conv2d conv, GroupNorm group, BatchNorm batch, Film film, Tensor x, Tensor c) {}
    Net net =
        new Net(
            Conv2d.init(2, 4, 3, 2, 1, Rng.of(1)),
            GroupNorm.init(4, 2),
            BatchNorm.init(4),
            Film.init(2, 4, Rng.of(2)),
            Rng.of(3).normal(Shape.of(2, 2, 5, 5)),
            Rng.of(4).normal(Shape.of(2, 2)));
    GradCheck check = GradCheck.STANDARD.withOrders(1);
    check.<Net>require(
        "trained",
        n -> n.film().call(n.batch().train(n.group().call(n.conv().call(n.x()))).output(), n.c()),
        net);
    check.<Net>require(
        "pooled",
        n ->
            new AveragePool(2, 1, 1)
                .call(new MaxPool(3, 2, 1).call(n.batch().call(n.conv().call(n.x())))),
        net);
  }

  @Test
  void firstValuesOfAConvolution() {
    Conv2d conv = Conv2d.init(4, 50, 5, 1, 0, Rng.of(1));
    assertEquals(0.1, conv.weight().abs().max().item(), 1e-3);
    assertThrows(
        IllegalArgumentException.class,
        () -> new Conv2d(conv.weight(), Optional.of(Tensor.zeros(4)), 1, 0));
  }
}
