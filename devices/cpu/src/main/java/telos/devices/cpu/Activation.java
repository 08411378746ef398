package telos.devices.cpu;

import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import java.util.List;
import jdk.incubator.vector.FloatVector;
import telos.tensor.Op;
import telos.tensor.Tensor;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.GeluErf;
import telos.tensor.fused.GeluErfGrad;
import telos.tensor.fused.GeluGrad;
import telos.tensor.fused.Silu;
import telos.tensor.fused.SiluGrad;

/// GELU in both forms and SiLU with their derivatives, with the roundings of their definitions.
///
/// Each runs in short passes over pieces that stay in the first cache: one loop with everything in
/// it would be more than C2 inlines, and what it does not inline boxes its vectors.
final class Activation {
  private static final int PIECE = 1024;
  private static final float CUBIC = 0.044715f;
  private static final float SLOPE = (float) (3 * 0.044715);
  private static final float ROOT_TWO_OVER_PI = (float) Math.sqrt(2 / Math.PI);
  private static final float ROOT_HALF = (float) Math.sqrt(0.5);
  private static final float DENSITY = (float) (1 / Math.sqrt(2 * Math.PI));
  private static final double NANOS = 0.8;

  private Activation() {}

  /// A piece of one activation: `n` elements at the same place of `x`, `g` and `y`, and two scratch
  /// arrays.
  private interface Body {
    void piece(int at, int n, float[] s, float[] t);
  }

  private static List<Tensor> pieces(CpuDevice device, Op.Fused op, float[] y, Body body) {
    int size = op.shape().size();
    device
        .team()
        .split(
            size,
            Elementwise.CHUNK,
            NANOS,
            (from, to) -> {
              float[] s = new float[Math.min(PIECE, to - from)];
              float[] t = new float[s.length];
              for (int at = from; at < to; at += PIECE) {
                body.piece(at, Math.min(PIECE, to - at), s, t);
              }
            });
    return List.of(device.tensor(y, op.shape()));
  }

  static List<Tensor> gelu(CpuDevice device, Gelu op) {
    float[] x = CpuDevice.floats(op.x());
    float[] y = device.floats(op.x().size());
    return pieces(
        device,
        op,
        y,
        (at, n, _, _) -> {
          cubic(x, at, y, at, n);
          Elementary.tanh(y, at, y, at, n);
          gate(x, at, y, n);
        });
  }

  static List<Tensor> geluErf(CpuDevice device, GeluErf op) {
    float[] x = CpuDevice.floats(op.x());
    float[] y = device.floats(op.x().size());
    return pieces(
        device,
        op,
        y,
        (at, n, s, _) -> {
          Rows.scale(x, at, ROOT_HALF, s, 0, n);
          Elementary.erf(s, 0, y, at, n);
          gate(x, at, y, n);
        });
  }

  static List<Tensor> silu(CpuDevice device, Silu op) {
    float[] x = CpuDevice.floats(op.x());
    float[] y = device.floats(op.x().size());
    return pieces(
        device,
        op,
        y,
        (at, n, _, _) -> {
          Elementary.sigmoid(x, at, y, at, n);
          Binary.mul(x, at, y, at, y, at, n);
        });
  }

  static List<Tensor> geluGrad(CpuDevice device, GeluGrad op) {
    float[] x = CpuDevice.floats(op.x());
    float[] g = CpuDevice.floats(op.g());
    float[] y = device.floats(op.x().size());
    return pieces(
        device,
        op,
        y,
        (at, n, s, _) -> {
          cubic(x, at, s, 0, n);
          Elementary.tanh(s, 0, s, 0, n);
          geluSlope(x, s, g, at, y, n);
        });
  }

  static List<Tensor> geluErfGrad(CpuDevice device, GeluErfGrad op) {
    float[] x = CpuDevice.floats(op.x());
    float[] g = CpuDevice.floats(op.g());
    float[] y = device.floats(op.x().size());
    return pieces(
        device,
        op,
        y,
        (at, n, s, t) -> {
          Rows.scale(x, at, ROOT_HALF, s, 0, n);
          Elementary.erf(s, 0, t, 0, n);
          halfSquare(x, at, s, n);
          Elementary.exp(s, 0, s, 0, n);
          geluErfSlope(x, s, t, g, at, y, n);
        });
  }

  static List<Tensor> siluGrad(CpuDevice device, SiluGrad op) {
    float[] x = CpuDevice.floats(op.x());
    float[] g = CpuDevice.floats(op.g());
    float[] y = device.floats(op.x().size());
    return pieces(
        device,
        op,
        y,
        (at, n, s, _) -> {
          Elementary.sigmoid(x, at, s, 0, n);
          siluSlope(x, s, g, at, y, n);
        });
  }

  /// `y = ((x x) x 0.044715 + x) sqrt(2 / pi)`.
  private static void cubic(float[] x, int at, float[] y, int to, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector v = Lanes.load(x, at + i);
      v.mul(v).mul(v).mul(CUBIC).add(v).mul(ROOT_TWO_OVER_PI).intoArray(y, to + i);
    }
    for (; i < n; i++) {
      float v = x[at + i];
      y[to + i] = (v * v * v * CUBIC + v) * ROOT_TWO_OVER_PI;
    }
  }

  /// `y = (y + 1) (x / 2)`.
  private static void gate(float[] x, int at, float[] y, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector half = Lanes.load(x, at + i).mul(0.5f);
      Lanes.load(y, at + i).add(1f).mul(half).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = (y[at + i] + 1f) * (x[at + i] * 0.5f);
    }
  }

  /// `y = ((t + 1) / 2 + (1 - t t) inner (x / 2)) g` with `inner` the derivative of the cubic.
  private static void geluSlope(float[] x, float[] t, float[] g, int at, float[] y, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector v = Lanes.load(x, at + i);
      FloatVector tanh = Lanes.load(t, i);
      FloatVector inner = v.mul(v).mul(SLOPE).add(1f).mul(ROOT_TWO_OVER_PI);
      FloatVector slope = tanh.mul(tanh).neg().add(1f).mul(inner).mul(v.mul(0.5f));
      FloatVector whole = tanh.add(1f).mul(0.5f).add(slope);
      whole.mul(Lanes.load(g, at + i)).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      float v = x[at + i];
      float inner = (v * v * SLOPE + 1f) * ROOT_TWO_OVER_PI;
      float slope = (-(t[i] * t[i]) + 1f) * inner * (v * 0.5f);
      y[at + i] = ((t[i] + 1f) * 0.5f + slope) * g[at + i];
    }
  }

  /// `s = (x x) (-1/2)`.
  private static void halfSquare(float[] x, int at, float[] s, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector v = Lanes.load(x, at + i);
      v.mul(v).mul(-0.5f).intoArray(s, i);
    }
    for (; i < n; i++) {
      s[i] = x[at + i] * x[at + i] * -0.5f;
    }
  }

  /// `y = ((erf + 1) / 2 + x (exp / sqrt(2 pi))) g`.
  private static void geluErfSlope(
      float[] x, float[] exp, float[] erf, float[] g, int at, float[] y, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector density = Lanes.load(exp, i).mul(DENSITY);
      FloatVector cumulative = Lanes.load(erf, i).add(1f).mul(0.5f);
      FloatVector slope = cumulative.add(Lanes.load(x, at + i).mul(density));
      slope.mul(Lanes.load(g, at + i)).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      float cumulative = (erf[i] + 1f) * 0.5f;
      y[at + i] = (cumulative + x[at + i] * (exp[i] * DENSITY)) * g[at + i];
    }
  }

  /// `y = s ((1 - s) x + 1) g`.
  private static void siluSlope(float[] x, float[] s, float[] g, int at, float[] y, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector v = Lanes.load(s, i);
      FloatVector inner = v.neg().add(1f).mul(Lanes.load(x, at + i)).add(1f);
      v.mul(inner).mul(Lanes.load(g, at + i)).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = s[i] * ((-s[i] + 1f) * x[at + i] + 1f) * g[at + i];
    }
  }
}
