package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/// Products of a single row with an unpacked B: the speed is that of reading B once.
///
/// The row of results stays in L1 while eight rows of B a pass stream by, so B is read in long
/// contiguous runs; the order of operations is that of [MatMul].
final class RowProduct {
  /// Columns of one task: long runs of B keep the prefetchers busy; shorter ones would feed more
  /// threads than memory does.
  private static final int COLUMNS = 2048;

  private RowProduct() {}

  /// As [MatMul#run] for untransposed B and at least one inner index.
  static void run(
      Team team,
      Product product,
      float[] a,
      float[] b,
      float @Nullable [] bias,
      float[] c,
      int cAt) {
    int parts = (product.n() + COLUMNS - 1) / COLUMNS;
    double nanos = 10 * product.nanos(product.m(), Math.min(COLUMNS, product.n()));
    team.each(
        product.batch() * parts,
        nanos,
        (from, to) -> {
          float[] row = Scratch.take(COLUMNS);
          for (int i = from; i < to; i++) {
            task(product, i / parts, i % parts * COLUMNS, a, b, bias, c, cAt, row);
          }
          Scratch.give(row);
        });
  }

  private static void task(
      Product product,
      int item,
      int column,
      float[] a,
      float[] b,
      float @Nullable [] bias,
      float[] c,
      int cAt,
      float[] row) {
    int n = product.n();
    int width = Math.min(COLUMNS, n - column);
    int to = cAt + item * product.m() * n + column;
    int from = product.bAt()[item] + column;
    for (int k = 0; k < product.k(); k += MatMul.BLOCK) {
      int depth = Math.min(MatMul.BLOCK, product.k() - k);
      for (int i = 0; i < product.m(); i++) {
        int aAt = product.aAt()[item] + i * product.aRow() + k * product.aStep();
        block(depth, a, aAt, product.aStep(), b, from + k * n, n, width, row);
        if (k == 0) {
          System.arraycopy(row, 0, c, to + i * n, width);
        } else {
          Tiles.add(row, 0, c, to + i * n, width);
        }
      }
    }
    if (bias != null) {
      Tiles.addRow(bias, product.biasAt()[item] + column, c, to, n, product.m(), width);
    }
  }

  /// One block of inner indices for one row: `y = 0; y += a[k] B[k]` in increasing k.
  private static void block(
      int depth, float[] a, int aAt, int aStep, float[] b, int bAt, int n, int width, float[] y) {
    Arrays.fill(y, 0, width, 0f);
    accumulate(depth, a, aAt, aStep, b, bAt, n, width, y, 0);
  }

  /// `y += a[k] B[k]` by fma in increasing k: `depth` more links of every element's chain.
  static void accumulate(
      int depth,
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bRow,
      int width,
      float[] y,
      int yAt) {
    int k = 0;
    for (; k <= depth - 8; k += 8) {
      eight(a, aAt + k * aStep, aStep, b, bAt + k * bRow, bRow, width, y, yAt);
    }
    for (; k < depth; k++) {
      one(a[aAt + k * aStep], b, bAt + k * bRow, width, y, yAt);
    }
  }

  private static void eight(
      float[] a, int aAt, int aStep, float[] b, int bAt, int n, int width, float[] y, int yAt) {
    FloatVector a0 = broadcast(FLOAT, a[aAt]);
    FloatVector a1 = broadcast(FLOAT, a[aAt + aStep]);
    FloatVector a2 = broadcast(FLOAT, a[aAt + 2 * aStep]);
    FloatVector a3 = broadcast(FLOAT, a[aAt + 3 * aStep]);
    FloatVector a4 = broadcast(FLOAT, a[aAt + 4 * aStep]);
    FloatVector a5 = broadcast(FLOAT, a[aAt + 5 * aStep]);
    FloatVector a6 = broadcast(FLOAT, a[aAt + 6 * aStep]);
    FloatVector a7 = broadcast(FLOAT, a[aAt + 7 * aStep]);
    int bound = FLOAT.loopBound(width);
    for (int j = 0; j < bound; j += WIDTH) {
      int at = bAt + j;
      FloatVector sum = a0.fma(fromArray(FLOAT, b, at), fromArray(FLOAT, y, yAt + j));
      sum = a1.fma(fromArray(FLOAT, b, at + n), sum);
      sum = a2.fma(fromArray(FLOAT, b, at + 2 * n), sum);
      sum = a3.fma(fromArray(FLOAT, b, at + 3 * n), sum);
      sum = a4.fma(fromArray(FLOAT, b, at + 4 * n), sum);
      sum = a5.fma(fromArray(FLOAT, b, at + 5 * n), sum);
      sum = a6.fma(fromArray(FLOAT, b, at + 6 * n), sum);
      sum = a7.fma(fromArray(FLOAT, b, at + 7 * n), sum);
      sum.intoArray(y, yAt + j);
    }
    for (int k = 0; k < 8 && bound < width; k++) {
      tail(a[aAt + k * aStep], b, bAt + k * n, bound, width, y, yAt);
    }
  }

  private static void one(float a, float[] b, int bAt, int width, float[] y, int yAt) {
    FloatVector factor = broadcast(FLOAT, a);
    int bound = FLOAT.loopBound(width);
    for (int j = 0; j < bound; j += WIDTH) {
      factor.fma(fromArray(FLOAT, b, bAt + j), fromArray(FLOAT, y, yAt + j)).intoArray(y, yAt + j);
    }
    if (bound < width) {
      tail(a, b, bAt, bound, width, y, yAt);
    }
  }

  private static void tail(float a, float[] b, int bAt, int from, int width, float[] y, int yAt) {
    VectorMask<Float> mask = FLOAT.indexInRange(from, width);
    FloatVector row = FloatVector.fromArray(FLOAT, b, bAt + from, mask);
    FloatVector sum = FloatVector.fromArray(FLOAT, y, yAt + from, mask);
    broadcast(FLOAT, a).fma(row, sum).intoArray(y, yAt + from, mask);
  }
}
