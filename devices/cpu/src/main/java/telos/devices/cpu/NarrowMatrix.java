package telos.devices.cpu;

import static telos.devices.cpu.Scratch.ALIGNED;

import java.util.Arrays;

/// Weights `[k, n]` of one or two bytes each, a panel of which becomes floats in L1 for the rows of
/// inputs that meet it.
sealed interface NarrowMatrix permits NarrowMatrix.Along, NarrowMatrix.Across, NarrowStrips {
  /// Rows `from` on of the panel at `column`, filled up with zeros to whole registers.
  ///
  /// @param width columns of the panel
  /// @param room the rows, `PackedMatrix.padded(width)` apart, from [Scratch#ALIGNED] on
  void widen(int from, int depth, int column, int width, float[] room);

  /// `n` weights in the order they are stored.
  private static void widen(Object w, int at, float[] y, int yAt, int n) {
    switch (w) {
      case short[] brain -> Casts.widen(brain, at, y, yAt, n);
      case byte[] bytes -> Casts.widen(bytes, at, y, yAt, n);
      default -> throw new IllegalArgumentException("no narrow weights in " + w.getClass());
    }
  }

  private static void pad(int depth, int width, float[] room) {
    int padded = PackedMatrix.padded(width);
    for (int i = 0; i < depth && width < padded; i++) {
      int row = ALIGNED + i * padded;
      Arrays.fill(room, row + width, row + padded, 0f);
    }
  }

  /// An array of the device's that lies as `[k, n]`.
  record Along(Object w, int n) implements NarrowMatrix {
    @Override
    public void widen(int from, int depth, int column, int width, float[] room) {
      int padded = PackedMatrix.padded(width);
      for (int i = 0; i < depth; i++) {
        NarrowMatrix.widen(w, (from + i) * n + column, room, ALIGNED + i * padded, width);
      }
      pad(depth, width, room);
    }
  }

  /// An array of the device's that lies as `[n, k]`.
  record Across(Object w, int k) implements NarrowMatrix {
    @Override
    public void widen(int from, int depth, int column, int width, float[] room) {
      float[] rows = Scratch.take(width * depth);
      for (int j = 0; j < width; j++) {
        NarrowMatrix.widen(w, (column + j) * k + from, rows, j * depth, depth);
      }
      int padded = PackedMatrix.padded(width);
      Transposition.copy(rows, 0, depth, width, depth, room, ALIGNED, padded);
      pad(depth, width, room);
      Scratch.give(rows);
    }
  }
}
