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
  /// Elements of a long run that a thread takes at once.
  private static final int PART = 1 << 15;

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
        team.split(
            result.size(),
            Pieces.chunk(result.size()),
            NANOS,
            (from, to) -> System.arraycopy(x, from, out, from, to - from));
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

  /// A row of the result is zeros, a row of the source, zeros; or zeros alone.
  private static void pad(Team team, Tensor x, int[] before, Shape result, Object out) {
    Object array = CpuDevice.array(x);
    int[] inside = x.shape().dims();
    int[] wide = result.dims();
    int last = wide.length - 1;
    int inner = 1;
    while (last > 0 && inside[last] == wide[last] && inner * wide[last] < Elementwise.CHUNK) {
      inner *= wide[last--];
    }
    int n = last < 0 ? 1 : inside[last] * inner;
    int lead = last < 0 ? 0 : before[last] * inner;
    int row = last < 0 ? 1 : wide[last] * inner;
    int axes = Math.max(0, last);
    team.split(
        row == 0 ? 0 : result.size() / row,
        Math.max(1, Pieces.chunk(result.size()) / Math.max(1, row)),
        NANOS * row + 5,
        (first, end) -> {
          for (int r = first; r < end; r++) {
            int source = source(r, axes, wide, inside, before);
            int into = r * row;
            int from = source < 0 ? row : lead;
            Runs.clear(out, into, into + from);
            if (source >= 0) {
              Runs.copy(array, source * n, 0, out, into + lead, 0, 1, n);
              Runs.clear(out, into + lead + n, into + row);
            }
          }
        });
  }

  /// The row of the source that lies in row `r` of the padded result, or -1.
  private static int source(int r, int axes, int[] wide, int[] inside, int[] before) {
    int rest = r;
    int position = 0;
    int step = 1;
    for (int axis = axes - 1; axis >= 0; axis--) {
      int at = rest % wide[axis] - before[axis];
      if (at < 0 || at >= inside[axis]) {
        return -1;
      }
      position += at * step;
      step *= inside[axis];
      rest /= wide[axis];
    }
    return position;
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
    if (unit >= 0) {
      transpose(team, unit, size);
    } else if (extents[last] > PART) {
      parts(team, size);
    } else {
      runs(team, size);
    }
  }

  /// Long runs are shared out in parts.
  private void parts(Team team, int size) {
    int run = extents[extents.length - 1];
    int perRun = (run + PART - 1) / PART;
    team.split(
        size / run * perRun,
        1,
        NANOS * PART,
        (first, end) -> {
          for (int p = first; p < end; p++) {
            int at = p % perRun * PART;
            int from = position(p / perRun, fromStart, fromSteps, -1);
            int into = position(p / perRun, toStart, toSteps, -1);
            runs(from, into, 0, 0, 1, at, Math.min(PART, run - at));
          }
        });
  }

  /// Short runs are taken by the stack: those along the axis before the last.
  private void runs(Team team, int size) {
    int last = extents.length - 1;
    int run = extents[last];
    int rows = last == 0 ? 1 : extents[last - 1];
    int step = last == 0 ? 0 : fromSteps[last - 1];
    int stride = last == 0 ? 0 : toSteps[last - 1];
    team.split(
        size / run,
        Math.max(1, Pieces.chunk(size) / run),
        NANOS * run + 5,
        (first, end) -> {
          int r = first;
          while (r < end) {
            int count = Math.min(rows - r % rows, end - r);
            int from = position(r, fromStart, fromSteps, -1);
            int into = position(r, toStart, toSteps, -1);
            runs(from, into, step, stride, count, 0, run);
            r += count;
          }
        });
  }

  /// Elements `[at, at + n)` of each of `count` runs.
  private void runs(int from, int into, int step, int stride, int count, int at, int n) {
    int last = extents.length - 1;
    int fromStep = fromSteps[last];
    int toStep = toSteps[last];
    if (fromStep == 1 && toStep == 1) {
      Runs.copy(this.from, from + at, step, to, into + at, stride, count, n);
      return;
    }
    for (int r = 0; r < count; r++) {
      int x = from + r * step + at * fromStep;
      int y = into + r * stride + at * toStep;
      if (fromStep == 0 && toStep == 1) {
        Runs.fill(this.from, x, to, y, n);
      } else {
        Runs.strided(this.from, x, fromStep, to, y, toStep, n);
      }
    }
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

  /// Blocks over the last axis and the one along which the source is dense, so that both sides use
  /// whole cache lines while they are in the first cache.
  private void transpose(Team team, int unit, int size) {
    int last = extents.length - 1;
    int rows = extents[last];
    int columns = extents[unit];
    int down = (rows + Transposed.BLOCK - 1) / Transposed.BLOCK;
    int across = (columns + Transposed.BLOCK - 1) / Transposed.BLOCK;
    int block = Math.min(Transposed.BLOCK, rows) * Math.min(Transposed.BLOCK, columns);
    int step = fromSteps[last];
    int stride = toSteps[unit];
    team.split(
        size / (rows * columns) * down * across,
        Math.max(1, Pieces.chunk(size) / 4 / block),
        NANOS * block + 10,
        (first, end) -> {
          for (int p = first; p < end; p++) {
            int outer = p / (down * across);
            int row = p % down * Transposed.BLOCK;
            int column = p / down % across * Transposed.BLOCK;
            Transposed.copy(
                from,
                position(outer, fromStart, fromSteps, unit) + row * step + column,
                step,
                Math.min(Transposed.BLOCK, rows - row),
                Math.min(Transposed.BLOCK, columns - column),
                to,
                position(outer, toStart, toSteps, unit) + column * stride + row,
                stride);
          }
        });
  }
}
