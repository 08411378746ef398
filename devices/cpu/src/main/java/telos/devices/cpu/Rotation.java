package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import java.util.List;
import jdk.incubator.vector.FloatVector;
import telos.tensor.Tensor;
import telos.tensor.fused.Rotary;

/// Rotary position embedding: pairs `j` and `j + D/2` of the rotated heads turn by the angle of
/// their position, the other heads are copied.
final class Rotation {
  private Rotation() {}

  static List<Tensor> run(CpuDevice device, Rotary op) {
    float[] x = CpuDevice.floats(op.x());
    float[] cos = CpuDevice.floats(op.cos());
    float[] sin = CpuDevice.floats(op.sin());
    float[] y = device.floats(op.x().size());
    int heads = op.x().dim(2);
    int width = op.x().dim(3);
    int positions = op.cos().rank() == 2 ? op.x().dim(1) : op.x().dim(0) * op.x().dim(1);
    int row = heads * width;
    int turning = op.rotated() * width;
    device
        .team()
        .split(
            op.x().dim(0) * op.x().dim(1),
            Math.max(1, Elementwise.CHUNK / Math.max(1, row)),
            0.5 * row,
            (from, to) -> {
              for (int r = from; r < to; r++) {
                int table = r % positions * (width / 2);
                for (int at = r * row; at < r * row + turning; at += width) {
                  turn(x, at, cos, sin, table, y, width / 2);
                }
                System.arraycopy(x, r * row + turning, y, r * row + turning, row - turning);
              }
            });
    return List.of(device.tensor(y, op.shape()));
  }

  /// `(u cos - v sin, v cos + u sin)`, each product rounded.
  private static void turn(
      float[] x, int at, float[] cos, float[] sin, int table, float[] y, int half) {
    int i = 0;
    for (; i < FLOAT.loopBound(half); i += WIDTH) {
      FloatVector u = fromArray(FLOAT, x, at + i);
      FloatVector v = fromArray(FLOAT, x, at + half + i);
      FloatVector c = fromArray(FLOAT, cos, table + i);
      FloatVector s = fromArray(FLOAT, sin, table + i);
      u.mul(c).sub(v.mul(s)).intoArray(y, at + i);
      v.mul(c).add(u.mul(s)).intoArray(y, at + half + i);
    }
    for (; i < half; i++) {
      float u = x[at + i];
      float v = x[at + half + i];
      y[at + i] = u * cos[table + i] - v * sin[table + i];
      y[at + half + i] = v * cos[table + i] + u * sin[table + i];
    }
  }
}
