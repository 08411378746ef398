package telos.devices.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Runs the loop of an elementwise operation over its result, piece by piece, so that the loop
/// itself only ever sees dense operands. An operand that stands still along an axis, or a row
/// shorter than a piece, is spread out in the first cache, which costs little beside the memory
/// traffic of the others.
final class Pieces {
  /// Elements of a piece of which an operand is spread.
  private static final int PIECE = 2048;

  private static final int LARGEST = 1 << 16;
  private static final double NANOS = 0.3;

  private Pieces() {}

  /// `z[k + i] = f(x[j + i], y[l + i])` for `i < n`.
  interface Pair<A, Z> {
    void run(A x, int j, A y, int l, Z z, int k, int n);
  }

  /// `z[k + i] = f(c[h + i], x[j + i], y[l + i])` for `i < n`.
  interface Triple<C, A, Z> {
    void run(C c, int h, A x, int j, A y, int l, Z z, int k, int n);
  }

  /// A loop over `count` elements of the result from `to` on, of operands made dense.
  private interface Piece {
    void run(Operand[] operands, int to, int count);
  }

  /// Elements a thread takes at once: more in larger tensors, because a thread reads memory fastest
  /// in long strides, and at least sixteen shares.
  static int chunk(int size) {
    return Math.clamp(size / 16 & -1024, Elementwise.CHUNK, LARGEST);
  }

  @SuppressWarnings("unchecked") // a view is the operand or an array of its class
  static <A, Z> void pair(Team team, Broadcast plan, A x, A y, Z z, Pair<A, Z> loop) {
    if (plan.dense()) {
      team.split(
          plan.run,
          chunk(plan.run),
          NANOS,
          (from, to) -> loop.run(x, from, y, from, z, from, to - from));
      return;
    }
    split(
        team,
        plan,
        new Object[] {x, y},
        (o, to, n) -> loop.run((A) o[0].view, o[0].at, (A) o[1].view, o[1].at, z, to, n));
  }

  @SuppressWarnings("unchecked") // a view is the operand or an array of its class
  static <C, A, Z> void triple(
      Team team, Broadcast plan, C c, A x, A y, Z z, Triple<C, A, Z> loop) {
    if (plan.dense()) {
      team.split(
          plan.run,
          chunk(plan.run),
          NANOS,
          (from, to) -> loop.run(c, from, x, from, y, from, z, from, to - from));
      return;
    }
    split(
        team,
        plan,
        new Object[] {c, x, y},
        (o, to, n) ->
            loop.run(
                (C) o[0].view, o[0].at, (A) o[1].view, o[1].at, (A) o[2].view, o[2].at, z, to, n));
  }

  private static void split(Team team, Broadcast plan, Object[] arrays, Piece loop) {
    if (plan.run <= PIECE / 2 && plan.rows > 1) {
      groups(team, plan, arrays, loop);
    } else {
      parts(team, plan, arrays, loop);
    }
  }

  /// Short runs: a piece is several of them, neighbours along the axis before the last.
  private static void groups(Team team, Broadcast plan, Object[] arrays, Piece loop) {
    int group = Math.min(plan.rows, PIECE / Math.max(1, plan.run));
    int perStack = (plan.rows + group - 1) / group;
    int size = group * plan.run;
    team.split(
        plan.runs / plan.rows * perStack,
        Math.max(1, chunk(plan.runs * plan.run) / Math.max(1, size)),
        NANOS * size + 20,
        (from, to) -> {
          Operand[] operands = operands(plan, arrays, size);
          for (int p = from; p < to; p++) {
            int row = p % perStack * group;
            int rows = Math.min(group, plan.rows - row);
            int run = p / perStack * plan.rows + row;
            for (Operand operand : operands) {
              operand.rows(run, rows);
            }
            loop.run(operands, run * plan.run, rows * plan.run);
          }
        });
  }

  /// Long runs: a piece is a part of one.
  private static void parts(Team team, Broadcast plan, Object[] arrays, Piece loop) {
    int perRun = (plan.run + PIECE - 1) / PIECE;
    int size = Math.min(PIECE, plan.run);
    team.split(
        plan.runs * perRun,
        Math.max(1, chunk(plan.runs * plan.run) / Math.max(1, size)),
        NANOS * size + 20,
        (from, to) -> {
          Operand[] operands = operands(plan, arrays, size);
          for (int p = from; p < to; p++) {
            int at = p % perRun * PIECE;
            int n = Math.min(PIECE, plan.run - at);
            for (Operand operand : operands) {
              operand.part(p / perRun, at, n);
            }
            loop.run(operands, p / perRun * plan.run + at, n);
          }
        });
  }

  private static Operand[] operands(Broadcast plan, Object[] arrays, int size) {
    Operand[] operands = new Operand[arrays.length];
    Arrays.setAll(operands, i -> new Operand(plan, i, arrays[i], size));
    return operands;
  }

  /// What one operand shows of the current piece: `view[at ...]`.
  private static final class Operand {
    private final Broadcast plan;
    private final int index;
    private final Object array;
    private final int size;
    private @Nullable Object spread;
    private int spreadFrom = -1;
    private int spreadTo;
    private Object view;
    private int at;

    Operand(Broadcast plan, int index, Object array, int size) {
      this.plan = plan;
      this.index = index;
      this.array = array;
      this.size = size;
      this.view = array;
    }

    /// `n` elements of a run from its element `from` on.
    void part(int run, int from, int n) {
      int start = plan.start(index, run);
      if (plan.constant(index)) {
        fill(start, n);
      } else {
        view = array;
        at = start + from;
      }
    }

    /// `rows` runs.
    void rows(int run, int rows) {
      int start = plan.start(index, run);
      boolean constant = plan.constant(index);
      boolean still = plan.still(index);
      if (constant && still) {
        fill(start, rows * plan.run);
      } else if (constant) {
        Object values = shown();
        for (int r = 0; r < rows; r++) {
          Runs.fill(array, start + r, values, r * plan.run, plan.run);
        }
      } else if (still) {
        repeat(start, rows);
      } else {
        view = array;
        at = start;
      }
    }

    /// One element, `n` times; what is there from the last piece stays.
    private void fill(int from, int n) {
      Object values = shown();
      if (from != spreadFrom) {
        spreadTo = 0;
      }
      if (spreadTo < n) {
        Runs.fill(array, from, values, spreadTo, n - spreadTo);
        spreadTo = n;
      }
      spreadFrom = from;
    }

    private void repeat(int from, int rows) {
      Object values = shown();
      int done = from == spreadFrom ? spreadTo : 0;
      for (int r = done; r < rows; r++) {
        System.arraycopy(array, from, values, r * plan.run, plan.run);
      }
      spreadFrom = from;
      spreadTo = Math.max(done, rows);
    }

    private Object shown() {
      Object values = spread == null ? Runs.like(array, size) : spread;
      spread = values;
      view = values;
      at = 0;
      return values;
    }
  }
}
