package telos.devices.cpu;

import static telos.devices.cpu.RowSums.NEXT;

import java.util.Arrays;
import java.util.List;
import telos.tensor.Tensor;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.LayerNormGrad;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.RmsNormGrad;

/// Layer norm and RMS norm over the last axis `[rows, D]`, with their derivatives. Each reads and
/// writes memory once: the derivatives of gain and bias are summed while the row is in cache.
///
/// Every kernel has the bits of its operation's definition: the same roundings, and sums in the
/// order of [Sums].
final class Normalize {
  private Normalize() {}

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
    RowSplit.run(
        device,
        op.x(),
        0.2,
        (from, to, s) -> {
          s[NEXT] = RowSums.sum(x, from * n, n, s);
          for (int r = from; r < to; r++) {
            int at = r * n;
            int next = Math.min(r + 1, to - 1) * n;
            mean[r] = s[NEXT] / n;
            rstd[r] = inverseRoot(NormRows.squares(x, at, mean[r], next, n, s), n, eps);
            NormRows.affine(x, at, mean[r], rstd[r], gain, bias, y, n);
          }
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
    RowSplit.run(
        device,
        op.x(),
        0.2,
        (from, to, s) -> {
          float square = RowSums.dot(x, from * n, x, from * n, n, s);
          for (int r = from; r < to; r++) {
            int next = Math.min(r + 1, to - 1) * n;
            rstd[r] = inverseRoot(square, n, eps);
            square = NormRows.scaled(x, r * n, rstd[r], gain, 0, y, next, n, s);
          }
        });
    return List.of(device.tensor(y, op.shape()), device.tensor(rstd, leading));
  }

  /// The derivatives of some rows, and of their parameters, added to `dGain[at ...]` and so on.
  private interface Blocks {
    void rows(int row, int count, float[] lanes, float[] dGain, float[] dBias, int at);
  }

  /// Runs `body` over blocks of [Sums#ROWS] rows, each with partial sums of its own, and adds these
  /// by the tree.
  private static void blocks(
      Team team, int rows, int n, Blocks body, float[] dGain, float[] dBias) {
    int blocks = Sums.blocks(rows, Sums.ROWS);
    float[] gains = Scratch.take(blocks * n);
    float[] biases = Scratch.take(blocks * n);
    team.each(
        blocks,
        0.3 * n * Math.min(rows, Sums.ROWS),
        (from, to) -> {
          float[] lanes = Scratch.take(RowSums.LANES);
          for (int b = from; b < to; b++) {
            Arrays.fill(gains, b * n, (b + 1) * n, 0f);
            Arrays.fill(biases, b * n, (b + 1) * n, 0f);
            int row = b * Sums.ROWS;
            body.rows(row, Math.min(Sums.ROWS, rows - row), lanes, gains, biases, b * n);
          }
          Scratch.give(lanes);
        });
    Sums.tree(gains, blocks, n);
    Sums.tree(biases, blocks, n);
    System.arraycopy(gains, 0, dGain, 0, n);
    System.arraycopy(biases, 0, dBias, 0, n);
    Scratch.give(gains);
    Scratch.give(biases);
  }

  static List<Tensor> layerNormGrad(CpuDevice device, LayerNormGrad op) {
    float[] x = CpuDevice.floats(op.x());
    float[] g = CpuDevice.floats(op.g());
    float[] gain = CpuDevice.floats(op.gain());
    float[] mean = CpuDevice.floats(op.mean());
    float[] rstd = CpuDevice.floats(op.rstd());
    int n = op.x().dim(-1);
    float[] dx = device.floats(op.x().size());
    float[] dGain = device.floats(n);
    float[] dBias = device.floats(n);
    blocks(
        device.team(),
        op.x().size() / n,
        n,
        (row, count, s, gains, biases, to) -> {
          for (int r = row; r < row + count; r++) {
            int at = r * n;
            float along = RowSums.along(x, at, mean[r], rstd[r], g, gain, 0, n, s) / n;
            float centre = s[NEXT] / n;
            Rows.layerNormGrad(
                x, g, at, mean[r], rstd[r], gain, centre, along, dx, gains, biases, to, n);
          }
        },
        dGain,
        dBias);
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
    float[] dGain = device.floats(n);
    float[] unused = Scratch.take(n);
    blocks(
        device.team(),
        op.x().size() / n,
        n,
        (row, count, s, gains, _, to) -> {
          for (int r = row; r < row + count; r++) {
            int at = r * n;
            float along = RowSums.along(x, at, 0f, rstd[r], g, gain, 0, n, s) / n;
            Rows.rmsNormGrad(x, g, at, rstd[r], gain, along, dx, gains, to, n);
          }
        },
        dGain,
        unused);
    Scratch.give(unused);
    return List.of(device.tensor(dx, op.shape()), device.tensor(dGain, op.gain().shape()));
  }
}
