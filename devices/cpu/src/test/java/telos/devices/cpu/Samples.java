package telos.devices.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.AdamW;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.CrossEntropyGrad;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.GeluErf;
import telos.tensor.fused.GeluErfGrad;
import telos.tensor.fused.GeluGrad;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.LayerNormGrad;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.LogSoftmaxGrad;
import telos.tensor.fused.LogSumExp;
import telos.tensor.fused.PutAt;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.RmsNormGrad;
import telos.tensor.fused.Rotary;
import telos.tensor.fused.Silu;
import telos.tensor.fused.SiluGrad;
import telos.tensor.fused.Softmax;
import telos.tensor.fused.SoftmaxGrad;

/// Fixed inputs for tests of kernels, from integer hashes: no function whose bits could differ
/// between machines takes part.
final class Samples {
  private Samples() {}

  /// A well-mixed integer (the finaliser of MurmurHash3).
  static int hash(int key) {
    int h = key * 0x9E3779B9 + 0x7F4A7C15;
    h = (h ^ h >>> 16) * 0x85EBCA6B;
    h = (h ^ h >>> 13) * 0xC2B2AE35;
    return h ^ h >>> 16;
  }

  /// `n` multiples of 2^-20 in `[-scale, scale)`, a different sequence for each seed.
  static float[] floats(int seed, int n, float scale) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (hash(seed * 1_000_003 + i) >> 11) * 0x1p-20f * scale;
    }
    return values;
  }

  static Tensor tensor(int seed, float scale, Shape shape) {
    return Tensor.of(floats(seed, shape.size(), scale), shape.dims());
  }

  static int[] ints(int seed, int n, int bound) {
    int[] values = new int[n];
    Arrays.setAll(values, i -> Math.floorMod(hash(seed * 1_000_003 + i), bound));
    return values;
  }

  /// One of each fused operation over rows of the last axis of `shape`, on the current device.
  static List<Op.Fused> fused(Shape shape) {
    Tensor x = tensor(1, 4, shape);
    Tensor g = tensor(2, 1, shape);
    Shape leading = shape.without(-1);
    Shape row = shape.slice(shape.rank() - 1, shape.rank());
    Tensor labels = Tensor.of(ints(3, leading.size(), shape.dim(-1)), leading);
    Tensor gain = tensor(4, 2, row);
    Tensor bias = tensor(5, 1, row);
    Tensor rowG = tensor(6, 1, leading);
    Tensor mean = tensor(7, 1, leading);
    Tensor rstd = tensor(8, 1, leading).abs();
    List<Op.Fused> ops = new ArrayList<>();
    ops.add(new Softmax(x));
    ops.add(new SoftmaxGrad(x, g));
    ops.add(new LogSoftmax(x));
    ops.add(new LogSoftmaxGrad(x, g));
    ops.add(new LogSumExp(x));
    ops.add(new CrossEntropy(x, labels));
    ops.add(new CrossEntropyGrad(x, labels, mean.add(5), rowG));
    ops.add(new LayerNorm(x, gain, bias, 1e-5));
    ops.add(new LayerNormGrad(x, gain, mean, rstd, g));
    ops.add(new RmsNorm(x, gain, 1e-5));
    ops.add(new RmsNormGrad(x, gain, rstd, g));
    ops.add(new Gelu(x));
    ops.add(new GeluGrad(x, g));
    ops.add(new GeluErf(x));
    ops.add(new GeluErfGrad(x, g));
    ops.add(new Silu(x));
    ops.add(new SiluGrad(x, g));
    ops.add(adamW(x, g, gain, bias));
    ops.addAll(rotary(shape));
    ops.addAll(putAt(shape.dim(-1)));
    return ops;
  }

  private static Op.Fused adamW(Tensor x, Tensor g, Tensor gain, Tensor bias) {
    return new AdamW(
        List.of(x, gain),
        List.of(g, bias),
        List.of(g.mul(0.5), bias),
        List.of(g.square(), bias.abs()),
        new AdamW.Rates(1e-3, 0.9, 0.999, 1e-8, List.of(0.01, 0.0), 7));
  }

  /// Along the last axis and along one before it; indices on both ends and outside.
  private static List<Op.Fused> putAt(int width) {
    Tensor x = tensor(12, 1, Shape.of(4, 3, width));
    Tensor column = tensor(13, 1, Shape.of(4, 3));
    Tensor row = tensor(14, 1, Shape.of(4, width));
    return List.of(
        new PutAt(x, column, Tensor.of(0, width - 1, -1, width), 2),
        new PutAt(x, row, Tensor.of(2, -7, 0, 3), 1));
  }

  private static List<Op.Fused> rotary(Shape shape) {
    int width = shape.dim(-1) / 2 * 2;
    int positions = shape.dim(0);
    Tensor x = tensor(9, 1, Shape.of(2, positions, 3, width));
    Tensor angle = tensor(10, 3, Shape.of(positions, width / 2));
    Tensor each = tensor(11, 3, Shape.of(2, positions, width / 2));
    return width == 0
        ? List.of()
        : List.of(
            new Rotary(x, angle.cos(), angle.sin(), 2), new Rotary(x, each.cos(), each.sin(), 3));
  }
}
