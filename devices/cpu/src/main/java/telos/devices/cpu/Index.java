package telos.devices.cpu;

import telos.tensor.Op;
import telos.tensor.Shape;

/// Gather (every dtype) and scatter-add (F32) along one axis of `[outer, extent, inner]`.
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
