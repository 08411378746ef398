package telos.devices.cpu;

import java.util.List;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Linear;

/// Matrix products of tensors: which items of a batch meet which.
final class Multiply {
  private Multiply() {}

  /// A plain product, leading axes broadcast.
  static void run(CpuDevice device, Op.MatMul op, Shape result, float[] out) {
    Product one =
        Product.of(
            result.dim(-2),
            result.dim(-1),
            op.a().dim(op.transposeA() ? -2 : -1),
            op.transposeA(),
            op.transposeB());
    Shape batch = result.slice(0, result.rank() - 2);
    int sizeA = one.m() * one.k();
    int sizeB = one.k() * one.n();
    Product product =
        op.b().rank() == 2
            ? one.repeated(batch.size(), sizeA, 0, 0)
            : one.withStarts(
                starts(op.a().shape(), batch, sizeA),
                starts(op.b().shape(), batch, sizeB),
                new int[batch.size()]);
    MatMul.run(
        device.team(),
        product,
        CpuDevice.floats(op.a()),
        CpuDevice.floats(op.b()),
        null,
        out,
        0);
  }

  /// Where each item of the batch begins in an operand whose leading axes stretch.
  private static int[] starts(Shape operand, Shape batch, int size) {
    int[] starts = new int[batch.size()];
    int[] strides = operand.slice(0, operand.rank() - 2).strides();
    for (int i = 0; i < starts.length; i++) {
      int rest = i;
      for (int axis = batch.rank() - 1; axis >= 0; axis--) {
        int at = rest % batch.dim(axis);
        rest /= batch.dim(axis);
        starts[i] += operand.dim(axis) == 1 ? 0 : at * strides[axis] * size;
      }
    }
    return starts;
  }

  /// `x w + b`, the bias added in the product's last step.
  static List<Tensor> linear(CpuDevice device, Linear op) {
    Shape result = op.shape();
    int stacked = op.w().rank() - 2;
    int items = op.w().shape().size(0, stacked);
    int rows = result.size(stacked, result.rank() - 1);
    int in = op.w().dim(-2);
    int width = op.w().dim(-1);
    Product product =
        Product.of(rows, width, in, false, false).repeated(items, rows * in, in * width, width);
    Tensor b = op.b();
    float[] out = device.floats(result.size());
    MatMul.run(
        device.team(),
        product,
        CpuDevice.floats(op.x()),
        CpuDevice.floats(op.w()),
        b == null ? null : CpuDevice.floats(b),
        out,
        0);
    return List.of(device.tensor(out, result));
  }
}
