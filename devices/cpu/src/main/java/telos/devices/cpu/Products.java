package telos.devices.cpu;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.AttentionGrad;
import telos.tensor.fused.CachedAttention;
import telos.tensor.fused.Linear;

/// Operations on tensors that are products of matrices, handed to their kernels.
final class Products {
  private Products() {}

  static void matMul(CpuDevice device, Op.MatMul op, Shape result, float[] out) {
    Shape a = op.a().shape();
    Shape b = op.b().shape();
    int m = result.dim(-2);
    int n = result.dim(-1);
    int k = a.dim(op.transposeA() ? -2 : -1);
    int items = result.size(0, result.rank() - 2);
    Product one = Product.of(m, n, k, op.transposeA(), op.transposeB());
    Product product =
        b.rank() == 2
            ? one.repeated(items, m * k, 0, 0)
            : a.slice(0, a.rank() - 2).equals(b.slice(0, b.rank() - 2))
                ? one.repeated(items, m * k, k * n, 0)
                : one.withStarts(
                    starts(a, result, m * k), starts(b, result, k * n), new int[items]);
    run(device, product, op.a(), op.b(), null, out);
  }

  /// Where the matrices of a stack start whose leading axes of size 1 stretch to those of `result`.
  private static int[] starts(Shape stack, Shape result, int size) {
    int[] starts = {0};
    int leading = result.rank() - 2;
    for (int axis = 0; axis < leading; axis++) {
      int extent = result.dim(axis);
      int stride = stack.dim(axis) == 1 ? 0 : stack.size(axis + 1, leading) * size;
      int[] outer = starts;
      starts = new int[outer.length * extent];
      Arrays.setAll(starts, i -> outer[i / extent] + i % extent * stride);
    }
    return starts;
  }

  static List<Tensor> linear(CpuDevice device, Linear op) {
    Shape w = op.w().shape();
    int in = w.dim(-2);
    int out = w.dim(-1);
    int stacked = w.rank() - 2;
    int items = w.size(0, stacked);
    int rows = op.x().shape().size(stacked, op.x().rank() - 1);
    float[] y = device.floats(op.shape().size());
    Product product =
        Product.of(rows, out, in, false, false).repeated(items, rows * in, in * out, out);
    run(device, product, op.x(), op.w(), op.b(), y);
    return List.of(device.tensor(y, op.shape()));
  }

  private static void run(
      CpuDevice device, Product product, Tensor a, Tensor b, @Nullable Tensor bias, float[] out) {
    float[] left = CpuDevice.floats(a);
    float[] row = bias == null ? null : CpuDevice.floats(bias);
    PackedMatrix packed = b.rank() == 2 ? device.packed(b, product) : null;
    if (packed != null) {
      MatMul.run(device.team(), product, left, packed, row, out, 0);
    } else {
      MatMul.run(device.team(), product, left, CpuDevice.floats(b), row, out, 0);
    }
  }

  static void conv2d(CpuDevice device, Op.Conv2d op, Shape result, float[] out) {
    Shape x = op.x().shape();
    Shape w = op.w().shape();
    Convolution convolution =
        new Convolution(
            x.dim(1),
            x.dim(2),
            x.dim(3),
            w.dim(0),
            w.dim(2),
            w.dim(3),
            op.stride(),
            op.padding(),
            result.dim(2),
            result.dim(3));
    convolution.run(
        device.team(), x.dim(0), CpuDevice.floats(op.x()), CpuDevice.floats(op.w()), out);
  }

  static List<Tensor> attention(CpuDevice device, Attention op) {
    Heads heads = heads(op);
    Shape rows = Shape.of(heads.batch(), heads.heads(), heads.length(), 2);
    float[] y = device.floats(op.shape().size());
    float[] statistics = device.floats(rows.size());
    CausalAttention.run(device.team(), heads, CpuDevice.floats(op.qkv()), y, statistics);
    return List.of(device.tensor(y, op.shape()), device.tensor(statistics, rows));
  }

  static List<Tensor> attentionGrad(CpuDevice device, AttentionGrad op) {
    float[] dQkv = device.floats(op.shape().size());
    CausalAttentionGrad.run(
        device.team(),
        heads(op.forward()),
        CpuDevice.floats(op.forward().qkv()),
        CpuDevice.floats(op.y()),
        CpuDevice.floats(op.statistics()),
        CpuDevice.floats(op.g()),
        dQkv);
    return List.of(device.tensor(dQkv, op.shape()));
  }

  private static Heads heads(Attention op) {
    Shape shape = op.qkv().shape();
    return new Heads(
        shape.dim(0),
        shape.dim(1),
        op.heads(),
        op.keyHeads(),
        shape.dim(3),
        op.scale(),
        op.window());
  }

  static List<Tensor> cachedAttention(CpuDevice device, CachedAttention op) {
    Shape q = op.q().shape();
    int keyHeads = op.keys().getFirst().dim(1);
    Heads heads =
        new Heads(q.dim(0), q.dim(1), q.dim(2), keyHeads, q.dim(3), op.scale(), op.window());
    float[] y = device.floats(q.size());
    CachedRows.run(
        device.team(),
        heads,
        CpuDevice.floats(op.q()),
        blocks(op.keys()),
        blocks(op.values()),
        CpuDevice.ints(op.start()),
        y);
    return List.of(device.tensor(y, q));
  }

  private static float[][] blocks(List<Tensor> tensors) {
    return tensors.stream().map(CpuDevice::floats).toArray(float[][]::new);
  }
}
