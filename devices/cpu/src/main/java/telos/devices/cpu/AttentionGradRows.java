package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.zero;
import static jdk.incubator.vector.VectorOperators.LT;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.LOGICAL;
import static telos.devices.cpu.Lanes.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// The derivative of the softmax of a tile of causal attention, in place, in passes like those of
/// [AttentionRows]: scores become weights again, `P = exp(S scale - max) inverse`, and the
/// cotangents `dP` of the weights become `dS = P (dP - rowsum(g y)) scale`.
///
/// @param p the scores, then the weights; 0 around the scores
/// @param d the cotangents of the weights, then those of the scores; 0 around the scores
/// @param at where the first row of both starts
/// @param row distance of their rows
/// @param rows how many
/// @param seen the scores of each row
/// @param scale factor of the scores
/// @param statistics each row's maximum and one over its sum, from `from` on
/// @param g cotangents of the results, whose rows of `size` start at `gAt`, `gRow` apart
/// @param y results, likewise
/// @param lanes room for the logical lanes of every row, and behind them for one number a row
@SuppressWarnings("ArrayRecordComponent") // never compared
record AttentionGradRows(
    float[] p,
    float[] d,
    int at,
    int row,
    int rows,
    AttentionRows.Seen seen,
    float scale,
    float[] statistics,
    int from,
    float[] g,
    float[] y,
    int gAt,
    int gRow,
    int size,
    float[] lanes) {
  private static final FloatVector INDEX = FloatVector.zero(FLOAT).addIndex(1);

  private interface Pass {
    void run(AttentionGradRows rows);
  }

  private static final Pass[] PASSES = {
    AttentionGradRows::weights,
    AttentionGradRows::products,
    AttentionGradRows::sums,
    AttentionGradRows::gradients,
    AttentionGradRows::clear
  };

  void run() {
    for (Pass pass : PASSES) {
      pass.run(this);
    }
  }

  private int at(int i) {
    return at + i * row;
  }

  /// Scores of row `i`, rounded up to whole registers.
  private int padded(int i) {
    return (seen.to() + i + WIDTH - 1) & -WIDTH;
  }

  private void weights() {
    for (int i = 0; i < rows; i++) {
      float max = statistics[from + 2 * i];
      float inverse = statistics[from + 2 * i + 1];
      int behind = at(i) + padded(i);
      for (int j = at(i) + seen.begin(); j < behind; j += WIDTH) {
        VectorMath.exp(fromArray(FLOAT, p, j).mul(scale).sub(max)).mul(inverse).intoArray(p, j);
      }
    }
  }

  private void products() {
    for (int i = 0; i < rows && size <= Sums.BLOCK; i++) {
      int here = gAt + i * gRow;
      Fold.dotLanes(g, here, y, here, size, lanes, i * LOGICAL);
    }
  }

  private void sums() {
    int along = rows * LOGICAL;
    for (int i = 0; i < rows; i++) {
      int here = gAt + i * gRow;
      lanes[along + i] =
          size <= Sums.BLOCK ? Fold.halved(lanes, i * LOGICAL) : Sums.dot(g, here, y, here, size);
    }
  }

  private void gradients() {
    int along = rows * LOGICAL;
    for (int i = 0; i < rows; i++) {
      float sum = lanes[along + i];
      int behind = at(i) + padded(i);
      for (int j = at(i) + seen.begin(); j < behind; j += WIDTH) {
        fromArray(FLOAT, p, j).mul(fromArray(FLOAT, d, j).sub(sum)).mul(scale).intoArray(d, j);
      }
    }
  }

  private void clear() {
    for (int i = 0; i < rows; i++) {
      clearFront(p, at(i), seen.from() + i);
      clearFront(d, at(i), seen.from() + i);
      clear(p, at(i), seen.to() + i);
      clear(d, at(i), seen.to() + i);
    }
  }

  /// Zeros from the first used place of a row up to the `n`-th.
  private void clearFront(float[] x, int start, int n) {
    if (n > seen.begin()) {
      Arrays.fill(x, start + seen.begin(), start + n, 0f);
    }
  }

  /// Zeros from the `n`-th place of a row to its end.
  private void clear(float[] x, int start, int n) {
    int j = n & -WIDTH;
    if (j < n) {
      VectorMask<Float> kept = INDEX.compare(LT, (float) (n - j));
      zero(FLOAT).blend(fromArray(FLOAT, x, start + j), kept).intoArray(x, start + j);
      j += WIDTH;
    }
    for (; j < seen.end(); j += WIDTH) {
      zero(FLOAT).intoArray(x, start + j);
    }
  }
}
