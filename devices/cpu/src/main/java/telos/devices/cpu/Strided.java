package telos.devices.cpu;

import java.util.Arrays;
import java.util.List;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Movement operations of every dtype: each is a copy from one strided view to another.
///
/// Permute, expand (stride 0), slice and flip (negative stride) read a strided view of the source;
/// pad and concat write one of the result.
final class Strided {
  /// One cache line of the source by as many lines as fit one set of the first cache.
  private static final int TILE = 16;

  private static final int COLUMNS = 8;
  private static final double NANOS = 0.3;

  private final Object from;
  private final Object to;
  private final int[] extents;
  private final int[] fromSteps;
  private final int[] toSteps;
  private final int fromStart;
  private final int toStart;

  private Strided(
      Object from,
      int fromStart,
      int[] fromSteps,
      Object to,
      int toStart,
      int[] toSteps,
      int[] dims) {
    this.from = from;
    this.fromStart = fromStart;
    this.to = to;
    this.toStart = toStart;
    int rank = dims.length;
    int[] d = new int[rank + 1];
    int[] f = new int[rank + 1];
    int[] t = new int[rank + 1];
    int count = 0;
    for (int axis = 0; axis < rank; axis++) {
      int extent = dims[axis];
      if (extent == 1) {
        continue;
      }
      boolean merges =
          count > 0
              && f[count - 1] == fromSteps[axis] * extent
              && t[count - 1] == toSteps[axis] * extent;
      int at = merges ? count - 1 : count++;
      d[at] = merges ? d[at] * extent : extent;
      f[at] = fromSteps[axis];
      t[at] = toSteps[axis];
    }
    if (count == 0) {
      d[count++] = 1;
    }
    this.extents = Arrays.copyOf(d, count);
    this.fromSteps = Arrays.copyOf(f, count);
    this.toSteps = Arrays.copyOf(t, count);
  }

  // --- the operations ---

  static void movement(Team team, Op.Movement op, Shape result, Object out) {
    Object x = CpuDevice.array(op.x());
    int[] strides = op.x().shape().strides();
    int[] dense = result.strides();
    int rank = strides.length;
    int[] steps = new int[result.rank()];
    int start = 0;
    switch (op) {
      case Op.Reshape _ -> {
        System.arraycopy(x, 0, out, 0, result.size());
        return;
      }
      case Op.Permute(_, int[] order) -> Arrays.setAll(steps, i -> strides[order[i]]);
      case Op.Expand(Tensor source, _) ->
          Arrays.setAll(steps, i -> source.dim(i) == 1 ? 0 : strides[i]);
      case Op.Slice(_, int[] first, _, int[] step) -> {
        for (int i = 0; i < rank; i++) {
          start += first[i] * strides[i];
          steps[i] = step[i] * strides[i];
        }
      }
      case Op.Flip(Tensor source, boolean[] axes) -> {
        for (int i = 0; i < rank; i++) {
          start += axes[i] ? (source.dim(i) - 1) * strides[i] : 0;
          steps[i] = axes[i] ? -strides[i] : strides[i];
        }
      }
      case Op.Pad(Tensor source, int[] before, _) -> {
        pad(team, source, before, result, out);
        return;
      }
    }
    new Strided(x, start, steps, out, 0, dense, result.dims()).copy(team);
  }

  private static void pad(Team team, Tensor x, int[] before, Shape result, Object out) {
    clear(out, result.size());
    int[] wide = result.strides();
    int start = 0;
    for (int i = 0; i < before.length; i++) {
      start += before[i] * wide[i];
    }
    Object array = CpuDevice.array(x);
    new Strided(array, 0, x.shape().strides(), out, start, wide, x.shape().dims()).copy(team);
  }

  static void concat(Team team, List<Tensor> parts, int axis, Shape result, Object out) {
    int[] wide = result.strides();
    int start = 0;
    for (Tensor part : parts) {
      Object x = CpuDevice.array(part);
      int[] dims = part.shape().dims();
      new Strided(x, 0, part.shape().strides(), out, start, wide, dims).copy(team);
      start += dims[axis] * wide[axis];
    }
  }

  // --- the copy ---

  private void copy(Team team) {
    int last = extents.length - 1;
    int size = 1;
    for (int extent : extents) {
      size *= extent;
    }
    if (size == 0) {
      return;
    }
    int unit = unit();
    if (unit >= 0 && from instanceof float[] x) {
      transpose(team, x, (float[]) to, unit);
      return;
    }
    int run = extents[last];
    int chunk = Math.max(1, Elementwise.CHUNK / run);
    team.split(
        size / run,
        chunk,
        NANOS * run + 5,
        (first, end) -> {
          for (int r = first; r < end; r++) {
            run(position(r, fromStart, fromSteps, -1), position(r, toStart, toSteps, -1), run);
          }
        });
  }

  /// An axis along which the source is dense where the last one is not, or -1.
  private int unit() {
    int last = extents.length - 1;
    if (toSteps[last] != 1 || fromSteps[last] == 1 || fromSteps[last] == 0) {
      return -1;
    }
    for (int axis = last - 1; axis >= 0; axis--) {
      if (fromSteps[axis] == 1 && extents[axis] > 1) {
        return axis;
      }
    }
    return -1;
  }

  /// Where the run of that number starts: its coordinates along all axes but the last and
  /// `skipped`.
  private int position(int run, int start, int[] steps, int skipped) {
    int rest = run;
    int position = start;
    for (int axis = extents.length - 2; axis >= 0; axis--) {
      if (axis != skipped) {
        position += rest % extents[axis] * steps[axis];
        rest /= extents[axis];
      }
    }
    return position;
  }

  private void run(int at, int into, int n) {
    int step = fromSteps[extents.length - 1];
    int stride = toSteps[extents.length - 1];
    if (step == 1 && stride == 1 || n == 1) {
      System.arraycopy(from, at, to, into, n);
      return;
    }
    switch (from) {
      case float[] x -> {
        float[] y = (float[]) to;
        for (int i = 0; i < n; i++) {
          y[into + i * stride] = x[at + i * step];
        }
      }
      case int[] x -> {
        int[] y = (int[]) to;
        for (int i = 0; i < n; i++) {
          y[into + i * stride] = x[at + i * step];
        }
      }
      case byte[] x -> {
        byte[] y = (byte[]) to;
        for (int i = 0; i < n; i++) {
          y[into + i * stride] = x[at + i * step];
        }
      }
      default -> {
        for (int i = 0; i < n; i++) {
          System.arraycopy(from, at + i * step, to, into + i * stride, 1);
        }
      }
    }
  }

  /// Tiles over the last axis and the one along which the source is dense, so that both sides use
  /// whole cache lines.
  private void transpose(Team team, float[] x, float[] y, int unit) {
    int last = extents.length - 1;
    int outer = 1;
    for (int axis = 0; axis < last; axis++) {
      outer *= axis == unit ? 1 : extents[axis];
    }
    int tiles = (extents[unit] + TILE - 1) / TILE;
    int columns = extents[last];
    int chunk = Math.max(1, Elementwise.CHUNK / (TILE * columns));
    team.split(
        outer * tiles,
        chunk,
        NANOS * TILE * columns,
        (first, end) -> {
          for (int p = first; p < end; p++) {
            int at = position(p / tiles, fromStart, fromSteps, unit);
            int into = position(p / tiles, toStart, toSteps, unit);
            int row = p % tiles * TILE;
            int rows = Math.min(TILE, extents[unit] - row);
            for (int c = 0; c < columns; c += COLUMNS) {
              tile(
                  x,
                  at + row + c * fromSteps[last],
                  fromSteps[last],
                  y,
                  into + row * toSteps[unit] + c,
                  toSteps[unit],
                  rows,
                  Math.min(COLUMNS, columns - c));
            }
          }
        });
  }

  private static void tile(
      float[] x, int at, int step, float[] y, int into, int stride, int rows, int columns) {
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        y[into + r * stride + c] = x[at + r + c * step];
      }
    }
  }

  /// Zeros in the first `n` elements.
  static void clear(Object array, int n) {
    switch (array) {
      case float[] x -> Arrays.fill(x, 0, n, 0f);
      case double[] x -> Arrays.fill(x, 0, n, 0.0);
      case int[] x -> Arrays.fill(x, 0, n, 0);
      case byte[] x -> Arrays.fill(x, 0, n, (byte) 0);
      case short[] x -> Arrays.fill(x, 0, n, (short) 0);
      default -> Arrays.fill((long[]) array, 0, n, 0L);
    }
  }
}
