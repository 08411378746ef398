package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.exact;

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
/// What C2 inlines as a whole is one loop; the form with erf runs in short passes over pieces that
/// stay in the first cache.
final class Activation {
  private static final int PIECE = 1024;
  private static final float GELU_FAR = (float) Gelu.FAR;
  private static final float LINEAR = (float) Gelu.LINEAR;
  private static final float CUBIC = (float) Gelu.CUBIC;
  private static final float SLOPE = (float) (3 * Gelu.CUBIC);
  private static final float SILU_FAR = (float) Silu.FAR;
  private static final float ROOT_HALF = (float) Math.sqrt(0.5);
  private static final float DENSITY = (float) (1 / Math.sqrt(2 * Math.PI));
  private static final double NANOS = 0.8;

  private Activation() {}

  private static List<Tensor> split(CpuDevice device, Op.Fused op, float[] y, Team.Chunk body) {
    device.team().split(op.shape().size(), Elementwise.CHUNK, NANOS, body);
    return List.of(device.tensor(y, op.shape()));
  }

  static List<Tensor> gelu(CpuDevice device, Gelu op) {
    float[] x = CpuDevice.floats(op.x());
    float[] y = device.floats(op.x().size());
    return split(device, op, y, (from, to) -> gelu(x, from, y, to - from));
  }

  static List<Tensor> geluGrad(CpuDevice device, GeluGrad op) {
    float[] x = CpuDevice.floats(op.x());
    float[] g = CpuDevice.floats(op.g());
    float[] y = device.floats(op.x().size());
    return split(device, op, y, (from, to) -> geluGrad(x, g, from, y, to - from));
  }

  static List<Tensor> silu(CpuDevice device, Silu op) {
    float[] x = CpuDevice.floats(op.x());
    float[] y = device.floats(op.x().size());
    return split(device, op, y, (from, to) -> silu(x, from, y, to - from));
  }

  static List<Tensor> siluGrad(CpuDevice device, SiluGrad op) {
    float[] x = CpuDevice.floats(op.x());
    float[] g = CpuDevice.floats(op.g());
    float[] y = device.floats(op.x().size());
    return split(device, op, y, (from, to) -> siluGrad(x, g, from, y, to - from));
  }

  /// A piece of an activation with erf: `n` elements at the same place of all arrays, and scratch
  /// for two pieces.
  private interface Body {
    void piece(int at, int n, float[] scratch);
  }

  private static Team.Chunk pieces(Body body) {
    return (from, to) -> {
      float[] scratch = Scratch.take(2 * PIECE);
      for (int at = from; at < to; at += PIECE) {
        body.piece(at, Math.min(PIECE, to - at), scratch);
      }
      Scratch.give(scratch);
    };
  }

  static List<Tensor> geluErf(CpuDevice device, GeluErf op) {
    float[] x = CpuDevice.floats(op.x());
    float[] y = device.floats(op.x().size());
    return split(
        device,
        op,
        y,
        pieces((at, n, scratch) -> {
          Rows.scale(x, at, ROOT_HALF, scratch, 0, n);
          Elementary.erf(scratch, 0, y, at, n);
          gate(x, at, y, n);
        }));
  }

  static List<Tensor> geluErfGrad(CpuDevice device, GeluErfGrad op) {
    float[] x = CpuDevice.floats(op.x());
    float[] g = CpuDevice.floats(op.g());
    float[] y = device.floats(op.x().size());
    return split(
        device,
        op,
        y,
        pieces((at, n, scratch) -> {
          Rows.scale(x, at, ROOT_HALF, scratch, 0, n);
          Elementary.erf(scratch, 0, scratch, PIECE, n);
          halfSquare(x, at, scratch, n);
          Elementary.exp(scratch, 0, scratch, 0, n);
          geluErfSlope(x, scratch, g, at, y, n);
        }));
  }

  /// `y = (y + 1) (x / 2)`.
  private static void gate(float[] x, int at, float[] y, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector half = fromArray(FLOAT, x, at + i).mul(0.5f);
      fromArray(FLOAT, y, at + i).add(1f).mul(half).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      y[at + i] = (y[at + i] + 1f) * (x[at + i] * 0.5f);
    }
  }

  /// `s = (x x) (-1/2)`.
  private static void halfSquare(float[] x, int at, float[] s, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector v = fromArray(FLOAT, x, at + i);
      v.mul(v).mul(-0.5f).intoArray(s, i);
    }
    for (; i < n; i++) {
      s[i] = x[at + i] * x[at + i] * -0.5f;
    }
  }

  /// `y = ((erf + 1) / 2 + x (exp / sqrt(2 pi))) g`, `erf` a piece behind `exp`.
  private static void geluErfSlope(float[] x, float[] exp, float[] g, int at, float[] y, int n) {
    int i = 0;
    for (; i < FLOAT.loopBound(n); i += WIDTH) {
      FloatVector density = fromArray(FLOAT, exp, i).mul(DENSITY);
      FloatVector cumulative = fromArray(FLOAT, exp, PIECE + i).add(1f).mul(0.5f);
      FloatVector slope = cumulative.add(fromArray(FLOAT, x, at + i).mul(density));
      slope.mul(fromArray(FLOAT, g, at + i)).intoArray(y, at + i);
    }
    for (; i < n; i++) {
      float cumulative = (exp[PIECE + i] + 1f) * 0.5f;
      y[at + i] = (cumulative + x[at + i] * (exp[i] * DENSITY)) * g[at + i];
    }
  }

  /// `x` within `±bound`; NaN stays.
  private static FloatVector within(FloatVector x, float bound) {
    x = exact(x);
    FloatVector above = x.blend(-bound, x.compare(LT, -bound));
    return above.blend(bound, above.compare(GT, bound));
  }

  private static float within(float x, float bound) {
    float above = x < -bound ? -bound : x;
    return above > bound ? bound : above;
  }

  /// `x / (exp((c c (-CUBIC) - LINEAR) c) + 1)`.
  private static void gelu(float[] x, int at, float[] y, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      geluLanes(x, at, y, whole);
    }
    for (int i = whole; i < n; i++) {
      float c = within(x[at + i], GELU_FAR);
      y[at + i] = x[at + i] / (VectorMath.exp((c * c * -CUBIC + -LINEAR) * c) + 1f);
    }
  }

  private static void geluLanes(float[] x, int at, float[] y, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector v = fromArray(FLOAT, x, at + i);
      FloatVector c = within(v, GELU_FAR);
      FloatVector e = VectorMath.boundedExp(c.mul(c).mul(-CUBIC).add(-LINEAR).mul(c));
      v.div(e.add(1f)).intoArray(y, at + i);
    }
  }

  /// `((1 - s) c inner + 1) s g` with `inner = c c 3 CUBIC + LINEAR`.
  private static void geluGrad(float[] x, float[] g, int at, float[] y, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      geluGradLanes(x, g, at, y, whole);
    }
    for (int i = whole; i < n; i++) {
      float c = within(x[at + i], GELU_FAR);
      float s = 1f / (VectorMath.exp((c * c * -CUBIC + -LINEAR) * c) + 1f);
      y[at + i] = ((1f - s) * c * (c * c * SLOPE + LINEAR) + 1f) * s * g[at + i];
    }
  }

  private static void geluGradLanes(float[] x, float[] g, int at, float[] y, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector c = within(fromArray(FLOAT, x, at + i), GELU_FAR);
      FloatVector square = c.mul(c);
      FloatVector e = VectorMath.boundedExp(square.mul(-CUBIC).add(-LINEAR).mul(c));
      FloatVector s = broadcast(FLOAT, 1f).div(e.add(1f));
      FloatVector inner = square.mul(SLOPE).add(LINEAR);
      FloatVector slope = broadcast(FLOAT, 1f).sub(s).mul(c).mul(inner).add(1f).mul(s);
      slope.mul(fromArray(FLOAT, g, at + i)).intoArray(y, at + i);
    }
  }

  /// `x / (exp(-c) + 1)`.
  private static void silu(float[] x, int at, float[] y, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      siluLanes(x, at, y, whole);
    }
    for (int i = whole; i < n; i++) {
      y[at + i] = x[at + i] / (VectorMath.exp(-within(x[at + i], SILU_FAR)) + 1f);
    }
  }

  private static void siluLanes(float[] x, int at, float[] y, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector v = fromArray(FLOAT, x, at + i);
      FloatVector e = VectorMath.boundedExp(within(v, SILU_FAR).neg());
      v.div(e.add(1f)).intoArray(y, at + i);
    }
  }

  /// `((1 - s) c + 1) s g`.
  private static void siluGrad(float[] x, float[] g, int at, float[] y, int n) {
    int whole = FLOAT.loopBound(n);
    if (whole > 0) {
      siluGradLanes(x, g, at, y, whole);
    }
    for (int i = whole; i < n; i++) {
      float c = within(x[at + i], SILU_FAR);
      float s = 1f / (VectorMath.exp(-c) + 1f);
      y[at + i] = ((1f - s) * c + 1f) * s * g[at + i];
    }
  }

  private static void siluGradLanes(float[] x, float[] g, int at, float[] y, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector c = within(fromArray(FLOAT, x, at + i), SILU_FAR);
      FloatVector s = broadcast(FLOAT, 1f).div(VectorMath.boundedExp(c.neg()).add(1f));
      FloatVector slope = broadcast(FLOAT, 1f).sub(s).mul(c).add(1f).mul(s);
      slope.mul(fromArray(FLOAT, g, at + i)).intoArray(y, at + i);
    }
  }
}
