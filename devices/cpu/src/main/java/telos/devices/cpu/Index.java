package telos.devices.cpu;

import java.util.Arrays;
import java.util.List;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.PutAt;

/// Gather (every dtype), scatter-add and put-at (F32) along one axis of `[outer, extent, inner]`.
final class Index {
  /// Columns of a strip of a scatter.
  private static final int COLUMNS = 256;

  private Index() {}

  static void gather(Team team, Op.Gather op, Object out) {
    Shape shape = op.x().shape();
    Object x = CpuDevice.array(op.x());
    int[] index = CpuDevice.ints(op.index());
    int picks = op.index().size();
    int extent = shape.dim(op.axis());
    int inner = shape.size(op.axis() + 1, shape.rank());
    check(op.name(), index, picks, extent);
    int outer = shape.size(0, op.axis());
    int size = Math.max(1, inner);
    team.split(
        outer * picks,
        Math.max(1, Pieces.chunk(outer * picks * inner) / size),
        0.3 * inner + 3,
        (from, to) -> {
          int p = from;
          while (p < to) {
            int o = p / picks;
            int first = p % picks;
            int count = Math.min(picks - first, to - p);
            slices(x, o * extent, index, first, count, out, p, inner);
            p += count;
          }
        });
  }

  /// Slices `base + index[first + i]` of x one after the other, from slice `to` on.
  private static void slices(
      Object x, int base, int[] index, int first, int count, Object out, int to, int inner) {
    if (x instanceof float[] floats && inner == 1) {
      elements(floats, base, index, first, count, (float[]) out, to);
    } else if (x instanceof float[] floats) {
      rows(floats, base, index, first, count, (float[]) out, to, inner);
    } else {
      for (int i = 0; i < count; i++) {
        int source = (base + index[first + i]) * inner;
        Runs.copy(x, source, 0, out, (to + i) * inner, 0, 1, inner);
      }
    }
  }

  private static void rows(
      float[] x, int base, int[] index, int first, int count, float[] out, int to, int inner) {
    for (int i = 0; i < count; i++) {
      Runs.copy(x, (base + index[first + i]) * inner, out, (to + i) * inner, inner);
    }
  }

  private static void elements(
      float[] x, int base, int[] index, int first, int count, float[] out, int to) {
    for (int i = 0; i < count; i++) {
      out[to + i] = x[base + index[first + i]];
    }
  }

  /// Rows are copied whole unless the operation owns them, then one slice of each is written over.
  static List<Tensor> putAt(CpuDevice device, PutAt op) {
    float[] x = CpuDevice.floats(op.x());
    float[] value = CpuDevice.floats(op.value());
    int[] index = CpuDevice.ints(op.index());
    Shape shape = op.shape();
    int row = shape.size(1, shape.rank());
    int extent = shape.dim(op.axis());
    int inner = shape.size(op.axis() + 1, shape.rank());
    float[] out = op.owned() ? x : device.floats(shape.size());
    double nanos = op.owned() ? 5.0 * row / extent / Math.min(inner, 64) : 0.3 * row;
    device
        .team()
        .split(
            shape.dim(0),
            Math.max(1, Elementwise.CHUNK / Math.max(1, row)),
            nanos,
            (from, to) -> {
              if (!op.owned()) {
                System.arraycopy(x, from * row, out, from * row, (to - from) * row);
              }
              for (int b = from; b < to; b++) {
                if (index[b] >= 0 && index[b] < extent) {
                  int first = b * row + index[b] * inner;
                  put(value, b * (row / extent), out, first, extent * inner, inner, row);
                }
              }
            });
    return List.of(
        op.owned()
            ? Tensor.wrap(device, op.x().storage(), shape, op.dtype())
            : device.tensor(out, shape));
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

  /// Each destination adds its sources in increasing position. Threads share out destinations and
  /// strips of columns; a stable counting sort tells each destination its sources.
  static void scatterAdd(Team team, Op.ScatterAdd op, Shape result, float[] out) {
    float[] source = CpuDevice.floats(op.source());
    int[] index = CpuDevice.ints(op.index());
    int picks = op.index().size();
    int inner = result.size(op.axis() + 1, result.rank());
    int outer = result.size(0, op.axis());
    check(op.name(), index, picks, op.size());
    if (inner < Lanes.WIDTH) {
      scatterSmall(team, source, index, picks, out, outer, op.size(), inner);
      return;
    }
    int[] starts = starts(index, picks, op.size());
    int[] order = order(index, picks, starts);
    int pieces = (inner + COLUMNS - 1) / COLUMNS;
    int width = Math.min(inner, COLUMNS);
    double nanos = 0.2 * width * (1 + (double) picks / Math.max(1, op.size()));
    team.split(
        outer * pieces * op.size(),
        Math.max(1, Elementwise.CHUNK / width),
        nanos,
        (from, to) -> {
          for (int p = from; p < to; p++) {
            int row = p % op.size();
            int c = p / op.size() % pieces * COLUMNS;
            int o = p / op.size() / pieces;
            int at = (o * op.size() + row) * inner + c;
            int n = Math.min(COLUMNS, inner - c);
            Arrays.fill(out, at, at + n, 0f);
            for (int i = starts[row]; i < starts[row + 1]; i++) {
              Binary.add(out, at, source, (o * picks + order[i]) * inner + c, out, at, n);
            }
          }
        });
  }

  /// Where the sources of each of `size` destinations start in their order, and the end.
  private static int[] starts(int[] index, int picks, int size) {
    int[] starts = new int[size + 1];
    for (int i = 0; i < picks; i++) {
      starts[index[i] + 1]++;
    }
    for (int row = 0; row < size; row++) {
      starts[row + 1] += starts[row];
    }
    return starts;
  }

  /// Positions in the index, by destination, then increasing.
  private static int[] order(int[] index, int picks, int[] starts) {
    int[] next = starts.clone();
    int[] order = new int[picks];
    for (int i = 0; i < picks; i++) {
      order[next[index[i]]++] = i;
    }
    return order;
  }

  /// Slices too short for a vector: source after source.
  private static void scatterSmall(
      Team team,
      float[] source,
      int[] index,
      int picks,
      float[] out,
      int outer,
      int size,
      int inner) {
    team.split(
        outer,
        Math.max(1, Elementwise.CHUNK / Math.max(1, (picks + size) * inner)),
        inner * (picks + 0.1 * size),
        (from, to) -> {
          Arrays.fill(out, from * size * inner, to * size * inner, 0f);
          for (int o = from; o < to; o++) {
            for (int i = 0; i < picks; i++) {
              int at = (o * size + index[i]) * inner;
              for (int c = 0; c < inner; c++) {
                out[at + c] += source[(o * picks + i) * inner + c];
              }
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
