package telos.devices.cpu;

import java.util.List;
import telos.tensor.Tensor;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.CrossEntropyGrad;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.LayerNormGrad;
import telos.tensor.fused.LogSoftmax;
import telos.tensor.fused.LogSoftmaxGrad;
import telos.tensor.fused.LogSumExp;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.RmsNormGrad;
import telos.tensor.fused.Softmax;
import telos.tensor.fused.SoftmaxGrad;

/// Fused operations over the last axis `[rows, D]`: softmax and its kin, cross-entropy, layer norm
/// and RMS norm, with their derivatives.
///
/// Every kernel has the bits of its operation's definition: the same roundings, sums in the order
/// of [Sums], the exact maximum. A row never depends on the rows beside it.
final class Normalize {
  private Normalize() {}

  /// The work of some rows; `scratch` has room for two rows (see [#rows]).
  private interface Body {
    void row(int row, int at, float[] scratch);
  }

  private static void rows(CpuDevice device, Tensor x, int scratch, double nanos, Body body) {
    int n = x.dim(-1);
    int rows = n == 0 ? x.shape().without(-1).size() : x.size() / n;
    int chunk = Math.max(1, Elementwise.CHUNK / Math.max(1, n));
    device
        .team()
        .split(
            rows,
            chunk,
            nanos * n + 40,
            (from, to) -> {
              float[] own = new float[scratch];
              for (int r = from; r < to; r++) {
                body.row(r, r * n, own);
              }
            });
  }

  static List<Tensor> softmax(CpuDevice device, Softmax op) {
    float[] x = CpuDevice.floats(op.x());
    float[] y = device.floats(op.x().size());
    int n = op.x().dim(-1);
    rows(
        device,
        op.x(),
        0,
        1,
        (_, at, _) -> {
          Rows.exp(x, at, Rows.largest(x, at, n), y, at, n);
          Rows.scale(y, at, 1 / Sums.sum(y, at, n), y, at, n);
        });
    return List.of(device.tensor(y, op.shape()));
  }

  static List<Tensor> softmaxGrad(CpuDevice device, SoftmaxGrad op) {
    float[] y = CpuDevice.floats(op.y());
    float[] g = CpuDevice.floats(op.g());
    float[] out = device.floats(op.y().size());
    int n = op.y().dim(-1);
    rows(
        device,
        op.y(),
        0,
        0.5,
        (_, at, _) -> Rows.softmaxGrad(y, at, g, Sums.dot(g, at, y, at, n), out, n));
    return List.of(device.tensor(out, op.shape()));
  }

  static List<Tensor> logSoftmax(CpuDevice device, LogSoftmax op) {
    float[] x = CpuDevice.floats(op.x());
    float[] y = device.floats(op.x().size());
    int n = op.x().dim(-1);
    rows(
        device,
        op.x(),
        Math.min(n, Sums.BLOCK),
        1,
        (_, at, scratch) -> {
          float max = Rows.largest(x, at, n);
          float log = VectorMath.log(Rows.sumExp(x, at, max, n, scratch));
          Rows.subtract(x, at, max, log, y, at, n);
        });
    return List.of(device.tensor(y, op.shape()));
  }

  static List<Tensor> logSoftmaxGrad(CpuDevice device, LogSoftmaxGrad op) {
    float[] y = CpuDevice.floats(op.y());
    float[] g = CpuDevice.floats(op.g());
    float[] out = device.floats(op.y().size());
    int n = op.y().dim(-1);
    rows(
        device,
        op.y(),
        0,
        0.6,
        (_, at, _) -> Rows.logSoftmaxGrad(y, at, g, Sums.sum(g, at, n), out, n));
    return List.of(device.tensor(out, op.shape()));
  }

  private static float logSumExp(float[] x, int at, int n, float[] scratch) {
    float max = Rows.largest(x, at, n);
    return max + VectorMath.log(Rows.sumExp(x, at, max, n, scratch));
  }

  static List<Tensor> logSumExp(CpuDevice device, LogSumExp op) {
    float[] x = CpuDevice.floats(op.x());
    float[] out = device.floats(op.shape().size());
    int n = op.x().dim(-1);
    int scratch = Math.min(n, Sums.BLOCK);
    rows(device, op.x(), scratch, 0.7, (r, at, own) -> out[r] = logSumExp(x, at, n, own));
    return List.of(device.tensor(out, op.shape()));
  }

  /// Losses, and the log-sum-exp of each row as residual.
  static List<Tensor> crossEntropy(CpuDevice device, CrossEntropy op) {
    float[] x = CpuDevice.floats(op.logits());
    int[] labels = CpuDevice.ints(op.labels());
    int n = op.logits().dim(-1);
    Index.check(op.name(), labels, op.labels().size(), n);
    float[] loss = device.floats(op.labels().size());
    float[] residual = device.floats(op.labels().size());
    rows(
        device,
        op.logits(),
        Math.min(n, Sums.BLOCK),
        0.7,
        (r, at, own) -> {
          residual[r] = logSumExp(x, at, n, own);
          loss[r] = residual[r] - x[at + labels[r]];
        });
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
    rows(
        device,
        op.logits(),
        0,
        0.6,
        (r, at, _) -> {
          Rows.exp(x, at, sums[r], g[r], out, at, n);
          if (labels[r] >= 0 && labels[r] < n) {
            int hit = at + labels[r];
            out[hit] = (VectorMath.exp(x[hit] - sums[r]) - 1f) * g[r];
          }
        });
    return List.of(device.tensor(out, op.shape()));
  }

  private static float inverseRoot(float square, int n, float eps) {
    return 1f / (float) Math.sqrt(square / n + eps);
  }

  static List<Tensor> layerNorm(CpuDevice device, LayerNorm op) {
    float[] x = CpuDevice.floats(op.x());
    float[] gain = CpuDevice.floats(op.gain());
    float[] bias = CpuDevice.floats(op.bias());
    int n = op.x().dim(-1);
    var leading = op.x().shape().without(-1);
    float[] y = device.floats(op.x().size());
    float[] mean = device.floats(leading.size());
    float[] rstd = device.floats(leading.size());
    float eps = (float) op.eps();
    rows(
        device,
        op.x(),
        0,
        0.6,
        (r, at, _) -> {
          mean[r] = Sums.sum(x, at, n) / n;
          Rows.subtract(x, at, mean[r], y, at, n);
          rstd[r] = inverseRoot(Sums.dot(y, at, y, at, n), n, eps);
          Rows.affine(y, at, rstd[r], gain, bias, n);
        });
    return List.of(
        device.tensor(y, op.shape()), device.tensor(mean, leading), device.tensor(rstd, leading));
  }

  static List<Tensor> rmsNorm(CpuDevice device, RmsNorm op) {
    float[] x = CpuDevice.floats(op.x());
    float[] gain = CpuDevice.floats(op.gain());
    int n = op.x().dim(-1);
    var leading = op.x().shape().without(-1);
    float[] y = device.floats(op.x().size());
    float[] rstd = device.floats(leading.size());
    float eps = (float) op.eps();
    rows(
        device,
        op.x(),
        0,
        0.5,
        (r, at, _) -> {
          rstd[r] = inverseRoot(Sums.dot(x, at, x, at, n), n, eps);
          Rows.scaled(x, at, rstd[r], gain, y, n);
        });
    return List.of(device.tensor(y, op.shape()), device.tensor(rstd, leading));
  }

  static List<Tensor> layerNormGrad(CpuDevice device, LayerNormGrad op) {
    float[] x = CpuDevice.floats(op.x());
    float[] g = CpuDevice.floats(op.g());
    float[] gain = CpuDevice.floats(op.gain());
    float[] mean = CpuDevice.floats(op.mean());
    float[] rstd = CpuDevice.floats(op.rstd());
    int n = op.x().dim(-1);
    float[] dx = device.floats(op.x().size());
    rows(
        device,
        op.x(),
        2 * n,
        1,
        (r, at, own) -> {
          float[] h = own;
          Binary.mul(g, at, gain, 0, h, n, n);
          Rows.normal(x, at, mean[r], rstd[r], own, n);
          float along = Sums.dot(h, n, own, 0, n) / n;
          float centre = Sums.sum(h, n, n) / n;
          Rows.normGrad(h, n, centre, own, along, rstd[r], dx, at, n);
        });
    float[] dGain = device.floats(n);
    float[] dBias = device.floats(n);
    int rows = op.x().size() / n;
    Reduce.sum(device.team(), g, dBias, 1, rows, n);
    Reduce.columns(
        device.team(),
        1,
        rows,
        n,
        (from, count, c, width, to, at) -> {
          for (int r = 0; r < count; r++) {
            int row = from / n + r;
            Rows.addNormal(x, row * n + c, mean[row], rstd[row], g, to, at, width);
          }
        },
        dGain);
    return List.of(
        device.tensor(dx, op.shape()),
        device.tensor(dGain, op.gain().shape()),
        device.tensor(dBias, op.gain().shape()));
  }

  static List<Tensor> rmsNormGrad(CpuDevice device, RmsNormGrad op) {
    float[] x = CpuDevice.floats(op.x());
    float[] g = CpuDevice.floats(op.g());
    float[] gain = CpuDevice.floats(op.gain());
    float[] rstd = CpuDevice.floats(op.rstd());
    int n = op.x().dim(-1);
    float[] dx = device.floats(op.x().size());
    rows(
        device,
        op.x(),
        2 * n,
        0.8,
        (r, at, own) -> {
          Binary.mul(g, at, gain, 0, own, n, n);
          Rows.scale(x, at, rstd[r], own, 0, n);
          float along = Sums.dot(own, n, own, 0, n) / n;
          Rows.normGrad(own, n, 0f, own, along, rstd[r], dx, at, n);
        });
    float[] dGain = device.floats(n);
    Reduce.columns(
        device.team(),
        1,
        op.x().size() / n,
        n,
        (from, count, c, width, to, at) -> {
          for (int r = 0; r < count; r++) {
            int row = from / n + r;
            Rows.addNormal(x, row * n + c, 0f, rstd[row], g, to, at, width);
          }
        },
        dGain);
    return List.of(device.tensor(dx, op.shape()), device.tensor(dGain, op.gain().shape()));
  }
}
