package telos.devices.cpu;

import telos.tensor.Tensor;

/// Work on the rows `[rows, D]` of a tensor's last axis, a few rows at a time: what fits the first
/// cache in input and result. A kernel makes each of its passes over all rows of a group before the
/// next pass, so the processor is at the next row's work while the last steps of a sum, a chain of
/// dependent operations, come through.
final class RowGroups {
  /// The most rows of a group.
  static final int MOST = 64;

  /// Where a group's scratch holds one number per row, after the lanes of a sum.
  static final int FIRST = Lanes.LOGICAL;

  /// Where it holds another.
  static final int SECOND = FIRST + MOST;

  private static final int SCRATCH = SECOND + MOST;
  private static final int ELEMENTS = Integer.getInteger("el", 4096);

  private RowGroups() {}

  /// The work of `count` rows from `row` on; `scratch` as above.
  interface Body {
    void rows(int row, int count, float[] scratch);
  }

  static void run(CpuDevice device, Tensor x, double nanos, Body body) {
    int n = x.dim(-1);
    int group = Math.clamp(ELEMENTS / n, 1, MOST);
    int chunk = Math.max(group, Elementwise.CHUNK / n);
    device
        .team()
        .split(
            x.size() / n,
            chunk,
            nanos * n + 40,
            (from, to) -> {
              float[] scratch = Scratch.take(SCRATCH);
              for (int r = from; r < to; r += group) {
                body.rows(r, Math.min(group, to - r), scratch);
              }
              Scratch.give(scratch);
            });
  }
}
