package telos.devices.cpu;

import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.VectorMath.all;

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

/// GELU in both forms and SiLU with their derivatives, in one pass over memory and with the
/// roundings of their definitions. A tail goes through the same vector loop, padded to a register.
final class Activation {
  private static final float CUBIC = 0.044715f;
  private static final float SLOPE = (float) (3 * 0.044715);
  private static final float ROOT_TWO_OVER_PI = (float) Math.sqrt(2 / Math.PI);
  private static final float ROOT_HALF = (float) Math.sqrt(0.5);
  private static final float DENSITY = (float) (1 / Math.sqrt(2 * Math.PI));
  private static final double NANOS = 0.8;

  private Activation() {}

  static List<Tensor> run(CpuDevice device, Op.Fused op, Tensor input) {
    float[] x = CpuDevice.floats(input);
    float[] y = device.floats(input.size());
    device
        .team()
        .split(
            input.size(),
            Elementwise.CHUNK,
            NANOS,
            (from, to) -> forward(op, x, from, y, from, to - from));
    return List.of(device.tensor(y, op.shape()));
  }

  private static void forward(Op.Fused op, float[] x, int from, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    loop(op, x, from, y, to, whole);
    if (whole < n) {
      float[] tail = new float[WIDTH];
      System.arraycopy(x, from + whole, tail, 0, n - whole);
      loop(op, tail, 0, tail, 0, WIDTH);
      System.arraycopy(tail, 0, y, to + whole, n - whole);
    }
  }

  private static void loop(Op.Fused op, float[] x, int from, float[] y, int to, int n) {
    switch (op) {
      case Gelu _ -> gelu(x, from, y, to, n);
      case GeluErf _ -> geluErf(x, from, y, to, n);
      case Silu _ -> silu(x, from, y, to, n);
      default -> throw new IllegalArgumentException(op.name() + " is not an activation");
    }
  }

  private static void gelu(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector v = Lanes.load(x, from + i);
      FloatVector cubic = v.mul(v).mul(v).mul(CUBIC).add(v).mul(ROOT_TWO_OVER_PI);
      VectorMath.tanh(cubic).add(1f).mul(v.mul(0.5f)).intoArray(y, to + i);
    }
  }

  private static void geluErf(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector v = Lanes.load(x, from + i);
      VectorMath.erf(v.mul(ROOT_HALF)).add(1f).mul(v.mul(0.5f)).intoArray(y, to + i);
    }
  }

  private static void silu(float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector v = Lanes.load(x, from + i);
      v.mul(VectorMath.sigmoid(v)).intoArray(y, to + i);
    }
  }

  static List<Tensor> grad(CpuDevice device, Op.Fused op, Tensor input, Tensor cotangent) {
    float[] x = CpuDevice.floats(input);
    float[] g = CpuDevice.floats(cotangent);
    float[] y = device.floats(input.size());
    device
        .team()
        .split(
            input.size(),
            Elementwise.CHUNK,
            NANOS,
            (from, to) -> backward(op, x, g, from, y, from, to - from));
    return List.of(device.tensor(y, op.shape()));
  }

  private static void backward(
      Op.Fused op, float[] x, float[] g, int from, float[] y, int to, int n) {
    int whole = FLOAT.loopBound(n);
    gradLoop(op, x, g, from, y, to, whole);
    if (whole < n) {
      float[] tail = new float[WIDTH];
      float[] slope = new float[WIDTH];
      System.arraycopy(x, from + whole, tail, 0, n - whole);
      System.arraycopy(g, from + whole, slope, 0, n - whole);
      gradLoop(op, tail, slope, 0, tail, 0, WIDTH);
      System.arraycopy(tail, 0, y, to + whole, n - whole);
    }
  }

  private static void gradLoop(
      Op.Fused op, float[] x, float[] g, int from, float[] y, int to, int n) {
    switch (op) {
      case GeluGrad _ -> geluGrad(x, g, from, y, to, n);
      case GeluErfGrad _ -> geluErfGrad(x, g, from, y, to, n);
      case SiluGrad _ -> siluGrad(x, g, from, y, to, n);
      default ->
          throw new IllegalArgumentException(op.name() + " is not an activation's derivative");
    }
  }

  private static void geluGrad(float[] x, float[] g, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector v = Lanes.load(x, from + i);
      FloatVector square = v.mul(v);
      FloatVector cubic = square.mul(v).mul(CUBIC).add(v).mul(ROOT_TWO_OVER_PI);
      FloatVector t = VectorMath.tanh(cubic);
      FloatVector inner = square.mul(SLOPE).add(1f).mul(ROOT_TWO_OVER_PI);
      FloatVector slope = t.mul(t).neg().add(1f).mul(inner).mul(v.mul(0.5f));
      FloatVector whole = t.add(1f).mul(0.5f).add(slope);
      whole.mul(Lanes.load(g, from + i)).intoArray(y, to + i);
    }
  }

  private static void geluErfGrad(float[] x, float[] g, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector v = Lanes.load(x, from + i);
      FloatVector density = VectorMath.exp(v.mul(v).mul(-0.5f)).mul(DENSITY);
      FloatVector cumulative = VectorMath.erf(v.mul(ROOT_HALF)).add(1f).mul(0.5f);
      FloatVector slope = cumulative.add(v.mul(density));
      slope.mul(Lanes.load(g, from + i)).intoArray(y, to + i);
    }
  }

  private static void siluGrad(float[] x, float[] g, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i += WIDTH) {
      FloatVector v = Lanes.load(x, from + i);
      FloatVector s = VectorMath.sigmoid(v);
      FloatVector slope = s.mul(all(1f).sub(s).mul(v).add(1f));
      slope.mul(Lanes.load(g, from + i)).intoArray(y, to + i);
    }
  }
}
