package telos.devices.opencl;

import java.util.List;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Matrix products and convolutions.
final class Products {
  private Products() {}

  static void matMul(OpenClDevice device, Op.MatMul op, Shape result, OpenClStorage out) {
    if (result.size() == 0) {
      return;
    }
    int m = result.dim(-2);
    int n = result.dim(-1);
    int k = op.a().dim(op.transposeA() ? -2 : -1);
    Shape batch = result.slice(0, result.rank() - 2);
    int[] startsA = starts(op.a(), batch);
    int[] startsB = starts(op.b(), batch);
    Tensor a = device.with(() -> Tensor.of(startsA));
    Tensor b = device.with(() -> Tensor.of(startsB));
    device
        .programs()
        .kernel("matmul", op.dtype(), "product")
        .run(
            Range.of(result.size(), device.group()),
            op.a(),
            op.b(),
            out,
            a,
            b,
            result.size(),
            m,
            n,
            k,
            op.transposeA() ? 1 : k,
            op.transposeA() ? m : 1,
            op.transposeB() ? 1 : n,
            op.transposeB() ? k : 1);
    List.of(a, b).forEach(starts -> starts.storage().consume());
  }

  /// The matrix of each element of the batch.
  private static int[] starts(Tensor operand, Shape batch) {
    int[] own = operand.shape().slice(0, operand.rank() - 2).dims();
    int[] starts = new int[batch.size()];
    for (int i = 0; i < starts.length; i++) {
      int rest = i;
      int step = 1;
      for (int axis = own.length - 1; axis >= 0; axis--) {
        starts[i] += own[axis] == 1 ? 0 : rest % batch.dim(axis) * step;
        step *= own[axis];
        rest /= batch.dim(axis);
      }
    }
    return starts;
  }

  static void conv2d(OpenClDevice device, Op.Conv2d op, Shape result, OpenClStorage out) {
    Shape x = op.x().shape();
    Shape w = op.w().shape();
    if (result.size() > 0) {
      device
          .programs()
          .kernel("matmul", op.dtype(), "convolution")
          .run(
              Range.of(result.size(), device.group()),
              op.x(),
              op.w(),
              out,
              result.size(),
              x.dim(1),
              x.dim(2),
              x.dim(3),
              w.dim(0),
              w.dim(2),
              w.dim(3),
              result.dim(2),
              result.dim(3),
              op.stride(),
              op.padding());
    }
  }
}
