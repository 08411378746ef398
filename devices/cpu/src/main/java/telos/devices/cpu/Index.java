package telos.devices.cpu;

import java.util.List;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.PutAt;

/// Gather (every dtype), scatter-add and put-at (F32) along one axis of `[outer, extent, inner]`.
final class Index {
  private static final int COLUMNS = 64;

  private Index() {}

  static void gather(Team team, Op.Gather op, Object out) {
    Shape shape = op.x().shape();
    Object x = CpuDevice.array(op.x());
    int[] index = CpuDevice.ints(op.index());
    int picks = op.index().size();
    int extent = shape.dim(op.axis());
    int inner = shape.size(op.axis() + 1, shape.rank());
    check(op.name(), index, picks, extent);
    int chunk = Math.max(1, Elementwise.CHUNK / Math.max(1, inner));
    team.split(
        shape.size(0, op.axis()) * picks,
        chunk,
        0.3 * inner + 3,
        (from, to) -> {
          if (inner == 1 && x instanceof float[] floats) {
            elements(floats, index, (float[]) out, extent, picks, from, to);
            return;
          }
          for (int p = from; p < to; p++) {
            int source = p / picks * extent + index[p % picks];
            System.arraycopy(x, source * inner, out, p * inner, inner);
          }
        });
  }

  private static void elements(
      float[] x, int[] index, float[] out, int extent, int picks, int from, int to) {
    for (int p = from; p < to; p++) {
      out[p] = x[p / picks * extent + index[p % picks]];
    }
  }

  /// Rows are copied whole, then one slice of each is written over.
  static List<Tensor> putAt(CpuDevice device, PutAt op) {
    float[] x = CpuDevice.floats(op.x());
    float[] value = CpuDevice.floats(op.value());
    int[] index = CpuDevice.ints(op.index());
    Shape shape = op.shape();
    int row = shape.size(1, shape.rank());
    int extent = shape.dim(op.axis());
    int inner = shape.size(op.axis() + 1, shape.rank());
    float[] out = device.floats(shape.size());
    device
        .team()
        .split(
            shape.dim(0),
            Math.max(1, Elementwise.CHUNK / Math.max(1, row)),
            0.3 * row,
            (from, to) -> {
              System.arraycopy(x, from * row, out, from * row, (to - from) * row);
              for (int b = from; b < to; b++) {
                if (index[b] >= 0 && index[b] < extent) {
                  int first = b * row + index[b] * inner;
                  put(value, b * (row / extent), out, first, extent * inner, inner, row);
                }
              }
            });
    return List.of(device.tensor(out, shape));
  }

  private static void put(
      float[] value, int from, float[] out, int first, int stride, int inner, int row) {
    for (int at = first; at < first + row - stride + 1; at += stride, from += inner) {
      if (inner == 1) {
        out[at] = value[from];
      } else {
        System.arraycopy(value, from, out, at, inner);
      }
    }
  }

  /// Each destination adds its sources in increasing position; threads share out the columns.
  static void scatterAdd(Team team, Op.ScatterAdd op, Shape result, float[] out) {
    float[] source = CpuDevice.floats(op.source());
    int[] index = CpuDevice.ints(op.index());
    int picks = op.index().size();
    int inner = result.size(op.axis() + 1, result.rank());
    int outer = result.size(0, op.axis());
    check(op.name(), index, picks, op.size());
    Strided.clear(out, result.size());
    int pieces = (inner + COLUMNS - 1) / COLUMNS;
    team.each(
        outer * pieces,
        0.3 * Math.min(inner, COLUMNS) * picks,
        (from, to) -> {
          for (int p = from; p < to; p++) {
            int c = p % pieces * COLUMNS;
            int n = Math.min(COLUMNS, inner - c);
            for (int i = 0; i < picks; i++) {
              int at = (p / pieces * op.size() + index[i]) * inner + c;
              Binary.add(out, at, source, (p / pieces * picks + i) * inner + c, out, at, n);
            }
          }
        });
  }

  /// Every index lies in `[0, extent)`.
  static void check(String op, int[] index, int n, int extent) {
    for (int i = 0; i < n; i++) {
      if (index[i] < 0 || index[i] >= extent) {
        throw new IndexOutOfBoundsException(
            op + ": index " + index[i] + " at position " + i + " lies not in [0, " + extent + ")");
      }
    }
  }
}
