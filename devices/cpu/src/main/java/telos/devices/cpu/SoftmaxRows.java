package telos.devices.cpu;

import static telos.devices.cpu.RowSums.NEXT;

import java.util.List;
import telos.tensor.Tensor;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.CrossEntropyGrad;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.LogSoftmaxGrad;
import telos.tensor.fused.LogSumExp;
import telos.tensor.fused.Softmax;
import telos.tensor.fused.SoftmaxGrad;

/// Softmax and its kin over the last axis `[rows, D]`, cross-entropy among them, with their
/// derivatives. Each reads and writes memory once.
///
/// Every kernel has the bits of its operation's definition: the same roundings, sums in the order
/// of [Sums], the exact maximum. A row never depends on the rows beside it.
final class SoftmaxRows {
  private SoftmaxRows() {}

  static List<Tensor> softmax(CpuDevice device, Softmax op) {
    float[] x = CpuDevice.floats(op.x());
    float[] y = device.floats(op.x().size());
    int n = op.x().dim(-1);
    RowSplit.run(
        device,
        op.x(),
        0.3,
        (from, to, s) -> {
          s[NEXT] = RowExps.largest(x, from * n, n, s);
          for (int r = from; r < to; r++) {
            int at = r * n;
            int next = Math.min(r + 1, to - 1) * n;
            float sum = RowExps.exps(x, at, s[NEXT], y, at, next, n, s);
            Rows.scale(y, at, 1 / sum, y, at, n);
          }
        });
    return List.of(device.tensor(y, op.shape()));
  }

  static List<Tensor> softmaxGrad(CpuDevice device, SoftmaxGrad op) {
    float[] y = CpuDevice.floats(op.y());
    float[] g = CpuDevice.floats(op.g());
    float[] out = device.floats(op.y().size());
    int n = op.y().dim(-1);
    RowSplit.run(
        device,
        op.y(),
        0.2,
        (from, to, s) -> {
          for (int at = from * n; at < to * n; at += n) {
            Rows.softmaxGrad(y, at, g, RowSums.dot(g, at, y, at, n, s), out, n);
          }
        });
    return List.of(device.tensor(out, op.shape()));
  }

  static List<Tensor> logSoftmax(CpuDevice device, LogSoftmax op) {
    float[] x = CpuDevice.floats(op.x());
    float[] y = device.floats(op.x().size());
    int n = op.x().dim(-1);
    RowSplit.run(
        device,
        op.x(),
        0.3,
        (from, to, s) -> {
          s[NEXT] = RowExps.largest(x, from * n, n, s);
          for (int r = from; r < to; r++) {
            int at = r * n;
            int next = Math.min(r + 1, to - 1) * n;
            float max = s[NEXT];
            float log = Logarithm.log(RowExps.exps(x, at, max, y, at, next, n, s));
            Rows.subtract(x, at, max, log, y, at, n);
          }
        });
    return List.of(device.tensor(y, op.shape()));
  }

  static List<Tensor> logSoftmaxGrad(CpuDevice device, LogSoftmaxGrad op) {
    float[] y = CpuDevice.floats(op.y());
    float[] g = CpuDevice.floats(op.g());
    float[] out = device.floats(op.y().size());
    int n = op.y().dim(-1);
    RowSplit.run(
        device,
        op.y(),
        0.3,
        (from, to, s) -> {
          for (int at = from * n; at < to * n; at += n) {
            Rows.logSoftmaxGrad(y, at, g, RowSums.sum(g, at, n, s), out, n);
          }
        });
    return List.of(device.tensor(out, op.shape()));
  }

  static List<Tensor> logSumExp(CpuDevice device, LogSumExp op) {
    float[] x = CpuDevice.floats(op.x());
    float[] out = device.floats(op.shape().size());
    logSumExp(device, op.x(), x, out);
    return List.of(device.tensor(out, op.shape()));
  }

  private static void logSumExp(CpuDevice device, Tensor tensor, float[] x, float[] out) {
    int n = tensor.dim(-1);
    RowSplit.run(
        device,
        tensor,
        0.2,
        (from, to, s) -> {
          s[NEXT] = RowExps.largest(x, from * n, n, s);
          float[] piece = Scratch.take(Math.min(n, Sums.BLOCK));
          for (int r = from; r < to; r++) {
            int next = Math.min(r + 1, to - 1) * n;
            float max = s[NEXT];
            out[r] = max + Logarithm.log(RowExps.exps(x, r * n, max, next, n, piece, s));
          }
          Scratch.give(piece);
        });
  }

  /// Losses, and the log-sum-exp of each row as residual.
  static List<Tensor> crossEntropy(CpuDevice device, CrossEntropy op) {
    float[] x = CpuDevice.floats(op.logits());
    int[] labels = CpuDevice.ints(op.labels());
    int n = op.logits().dim(-1);
    int rows = op.labels().size();
    Index.check(op.name(), labels, rows, n);
    float[] loss = device.floats(rows);
    float[] residual = device.floats(rows);
    logSumExp(device, op.logits(), x, residual);
    for (int r = 0; r < rows; r++) {
      loss[r] = residual[r] - x[r * n + labels[r]];
    }
    return List.of(device.tensor(loss, op.shape()), device.tensor(residual, op.shape()));
  }

  /// `(exp(x - logSumExp) - 1[label]) g`.
  static List<Tensor> crossEntropyGrad(CpuDevice device, CrossEntropyGrad op) {
    float[] x = CpuDevice.floats(op.logits());
    int[] labels = CpuDevice.ints(op.labels());
    float[] sums = CpuDevice.floats(op.logSumExp());
    float[] g = CpuDevice.floats(op.g());
    float[] out = device.floats(op.logits().size());
    int n = op.logits().dim(-1);
    RowSplit.run(
        device,
        op.logits(),
        0.2,
        (from, to, _) -> {
          for (int r = from; r < to; r++) {
            int at = r * n;
            Rows.exp(x, at, sums[r], g[r], out, at, n);
            if (labels[r] >= 0 && labels[r] < n) {
              int hit = at + labels[r];
              out[hit] = (VectorMath.exp(x[hit] - sums[r]) - 1f) * g[r];
            }
          }
        });
    return List.of(device.tensor(out, op.shape()));
  }
}
