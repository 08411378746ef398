package telos.devices.cpu;

import telos.tensor.Tensor;

/// Splits the rows `[rows, D]` of a tensor's last axis between threads.
final class RowSplit {
  private RowSplit() {}

  /// The work on rows `[from, to)`; `lanes` has room for [RowSums#LANES] floats.
  interface Body {
    void rows(int from, int to, float[] lanes);
  }

  static void run(CpuDevice device, Tensor x, double nanos, Body body) {
    int n = x.dim(-1);
    device
        .team()
        .split(
            x.size() / n,
            Math.max(1, Elementwise.CHUNK / n),
            nanos * n + 40,
            (from, to) -> {
              float[] lanes = Scratch.take(RowSums.LANES);
              body.rows(from, to, lanes);
              Scratch.give(lanes);
            });
  }
}
