package telos.devices.cpu;

import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.FloatVector.zero;
import static telos.devices.cpu.Lanes.FLOAT;
import static telos.devices.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// The inner loops of every product: a tile of `C = A B` over one block of at most 256 inner
/// indices, held in registers.
///
/// Element `A[r, k]` is read at `a[aAt + r * aRow + k * aStep]`, so rows of a matrix, rows of its
/// transpose and packed panels are all read where they lie; row `k` of B is read at `b[bAt + k *
/// bStep]`, contiguous, and row `r` of C is written at `c[cAt + r * cRow]`. Every element of the
/// tile starts at zero and takes `A[r, k] * B[k, j]` by fma in increasing `k`; lanes are columns
/// and never mix, so tile shapes and register widths do not change a bit.
///
/// C2 keeps vectors in registers only if they are local variables; hence one name for each
/// accumulator. And it inlines what is not marked for it, as [Lanes#load], only until the method
/// has some number of nodes: 24 accumulators that are read and written are beyond it, and one
/// vector that is handed to a call is made an object. Hence the long names. 6 x 4 registers leave
/// room for one row of B among the 32 of AVX-512, 6 x 2 among 16. The two indices are advanced by
/// addition: with `k * aStep` in every index the multiplications and range checks cost 3 to 4 % of
/// the peak.
final class MicroKernels {
  private MicroKernels() {}

  /// A tile of 6 rows by 4 registers.
  ///
  /// @param more the elements go on from what C holds, not from zero
  static void wide6(
      int depth,
      float[] a,
      int aAt,
      int aRow,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] c,
      int cAt,
      int cRow,
      boolean more) {
    FloatVector c00 = more ? fromArray(FLOAT, c, cAt) : zero(FLOAT);
    FloatVector c01 = more ? fromArray(FLOAT, c, cAt + WIDTH) : zero(FLOAT);
    FloatVector c02 = more ? fromArray(FLOAT, c, cAt + 2 * WIDTH) : zero(FLOAT);
    FloatVector c03 = more ? fromArray(FLOAT, c, cAt + 3 * WIDTH) : zero(FLOAT);
    FloatVector c10 = more ? fromArray(FLOAT, c, cAt + cRow) : zero(FLOAT);
    FloatVector c11 = more ? fromArray(FLOAT, c, cAt + cRow + WIDTH) : zero(FLOAT);
    FloatVector c12 = more ? fromArray(FLOAT, c, cAt + cRow + 2 * WIDTH) : zero(FLOAT);
    FloatVector c13 = more ? fromArray(FLOAT, c, cAt + cRow + 3 * WIDTH) : zero(FLOAT);
    FloatVector c20 = more ? fromArray(FLOAT, c, cAt + 2 * cRow) : zero(FLOAT);
    FloatVector c21 = more ? fromArray(FLOAT, c, cAt + 2 * cRow + WIDTH) : zero(FLOAT);
    FloatVector c22 = more ? fromArray(FLOAT, c, cAt + 2 * cRow + 2 * WIDTH) : zero(FLOAT);
    FloatVector c23 = more ? fromArray(FLOAT, c, cAt + 2 * cRow + 3 * WIDTH) : zero(FLOAT);
    FloatVector c30 = more ? fromArray(FLOAT, c, cAt + 3 * cRow) : zero(FLOAT);
    FloatVector c31 = more ? fromArray(FLOAT, c, cAt + 3 * cRow + WIDTH) : zero(FLOAT);
    FloatVector c32 = more ? fromArray(FLOAT, c, cAt + 3 * cRow + 2 * WIDTH) : zero(FLOAT);
    FloatVector c33 = more ? fromArray(FLOAT, c, cAt + 3 * cRow + 3 * WIDTH) : zero(FLOAT);
    FloatVector c40 = more ? fromArray(FLOAT, c, cAt + 4 * cRow) : zero(FLOAT);
    FloatVector c41 = more ? fromArray(FLOAT, c, cAt + 4 * cRow + WIDTH) : zero(FLOAT);
    FloatVector c42 = more ? fromArray(FLOAT, c, cAt + 4 * cRow + 2 * WIDTH) : zero(FLOAT);
    FloatVector c43 = more ? fromArray(FLOAT, c, cAt + 4 * cRow + 3 * WIDTH) : zero(FLOAT);
    FloatVector c50 = more ? fromArray(FLOAT, c, cAt + 5 * cRow) : zero(FLOAT);
    FloatVector c51 = more ? fromArray(FLOAT, c, cAt + 5 * cRow + WIDTH) : zero(FLOAT);
    FloatVector c52 = more ? fromArray(FLOAT, c, cAt + 5 * cRow + 2 * WIDTH) : zero(FLOAT);
    FloatVector c53 = more ? fromArray(FLOAT, c, cAt + 5 * cRow + 3 * WIDTH) : zero(FLOAT);
    int p = aAt;
    int q = bAt;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromArray(FLOAT, b, q);
      FloatVector b1 = fromArray(FLOAT, b, q + WIDTH);
      FloatVector b2 = fromArray(FLOAT, b, q + 2 * WIDTH);
      FloatVector b3 = fromArray(FLOAT, b, q + 3 * WIDTH);
      FloatVector a0 = broadcast(FLOAT, a[p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      c02 = a0.fma(b2, c02);
      c03 = a0.fma(b3, c03);
      FloatVector a1 = broadcast(FLOAT, a[p + aRow]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      c12 = a1.fma(b2, c12);
      c13 = a1.fma(b3, c13);
      FloatVector a2 = broadcast(FLOAT, a[p + 2 * aRow]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      c22 = a2.fma(b2, c22);
      c23 = a2.fma(b3, c23);
      FloatVector a3 = broadcast(FLOAT, a[p + 3 * aRow]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      c32 = a3.fma(b2, c32);
      c33 = a3.fma(b3, c33);
      FloatVector a4 = broadcast(FLOAT, a[p + 4 * aRow]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      c42 = a4.fma(b2, c42);
      c43 = a4.fma(b3, c43);
      FloatVector a5 = broadcast(FLOAT, a[p + 5 * aRow]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
      c52 = a5.fma(b2, c52);
      c53 = a5.fma(b3, c53);
      p += aStep;
      q += bStep;
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + WIDTH);
    c02.intoArray(c, cAt + 2 * WIDTH);
    c03.intoArray(c, cAt + 3 * WIDTH);
    c10.intoArray(c, cAt + cRow);
    c11.intoArray(c, cAt + cRow + WIDTH);
    c12.intoArray(c, cAt + cRow + 2 * WIDTH);
    c13.intoArray(c, cAt + cRow + 3 * WIDTH);
    c20.intoArray(c, cAt + 2 * cRow);
    c21.intoArray(c, cAt + 2 * cRow + WIDTH);
    c22.intoArray(c, cAt + 2 * cRow + 2 * WIDTH);
    c23.intoArray(c, cAt + 2 * cRow + 3 * WIDTH);
    c30.intoArray(c, cAt + 3 * cRow);
    c31.intoArray(c, cAt + 3 * cRow + WIDTH);
    c32.intoArray(c, cAt + 3 * cRow + 2 * WIDTH);
    c33.intoArray(c, cAt + 3 * cRow + 3 * WIDTH);
    c40.intoArray(c, cAt + 4 * cRow);
    c41.intoArray(c, cAt + 4 * cRow + WIDTH);
    c42.intoArray(c, cAt + 4 * cRow + 2 * WIDTH);
    c43.intoArray(c, cAt + 4 * cRow + 3 * WIDTH);
    c50.intoArray(c, cAt + 5 * cRow);
    c51.intoArray(c, cAt + 5 * cRow + WIDTH);
    c52.intoArray(c, cAt + 5 * cRow + 2 * WIDTH);
    c53.intoArray(c, cAt + 5 * cRow + 3 * WIDTH);
  }

  /// As [#wide6], for rows of A where they lie and a packed B: by constant strides C2 proves the
  /// bounds before the loop, and an iteration is its loads and multiply-adds alone.
  ///
  /// @param more the elements go on from what C holds, not from zero
  static void rows6(
      int depth,
      float[] a,
      int aAt,
      int aRow,
      float[] b,
      int bAt,
      float[] c,
      int cAt,
      int cRow,
      boolean more) {
    FloatVector c00 = more ? fromArray(FLOAT, c, cAt) : zero(FLOAT);
    FloatVector c01 = more ? fromArray(FLOAT, c, cAt + WIDTH) : zero(FLOAT);
    FloatVector c02 = more ? fromArray(FLOAT, c, cAt + 2 * WIDTH) : zero(FLOAT);
    FloatVector c03 = more ? fromArray(FLOAT, c, cAt + 3 * WIDTH) : zero(FLOAT);
    FloatVector c10 = more ? fromArray(FLOAT, c, cAt + cRow) : zero(FLOAT);
    FloatVector c11 = more ? fromArray(FLOAT, c, cAt + cRow + WIDTH) : zero(FLOAT);
    FloatVector c12 = more ? fromArray(FLOAT, c, cAt + cRow + 2 * WIDTH) : zero(FLOAT);
    FloatVector c13 = more ? fromArray(FLOAT, c, cAt + cRow + 3 * WIDTH) : zero(FLOAT);
    FloatVector c20 = more ? fromArray(FLOAT, c, cAt + 2 * cRow) : zero(FLOAT);
    FloatVector c21 = more ? fromArray(FLOAT, c, cAt + 2 * cRow + WIDTH) : zero(FLOAT);
    FloatVector c22 = more ? fromArray(FLOAT, c, cAt + 2 * cRow + 2 * WIDTH) : zero(FLOAT);
    FloatVector c23 = more ? fromArray(FLOAT, c, cAt + 2 * cRow + 3 * WIDTH) : zero(FLOAT);
    FloatVector c30 = more ? fromArray(FLOAT, c, cAt + 3 * cRow) : zero(FLOAT);
    FloatVector c31 = more ? fromArray(FLOAT, c, cAt + 3 * cRow + WIDTH) : zero(FLOAT);
    FloatVector c32 = more ? fromArray(FLOAT, c, cAt + 3 * cRow + 2 * WIDTH) : zero(FLOAT);
    FloatVector c33 = more ? fromArray(FLOAT, c, cAt + 3 * cRow + 3 * WIDTH) : zero(FLOAT);
    FloatVector c40 = more ? fromArray(FLOAT, c, cAt + 4 * cRow) : zero(FLOAT);
    FloatVector c41 = more ? fromArray(FLOAT, c, cAt + 4 * cRow + WIDTH) : zero(FLOAT);
    FloatVector c42 = more ? fromArray(FLOAT, c, cAt + 4 * cRow + 2 * WIDTH) : zero(FLOAT);
    FloatVector c43 = more ? fromArray(FLOAT, c, cAt + 4 * cRow + 3 * WIDTH) : zero(FLOAT);
    FloatVector c50 = more ? fromArray(FLOAT, c, cAt + 5 * cRow) : zero(FLOAT);
    FloatVector c51 = more ? fromArray(FLOAT, c, cAt + 5 * cRow + WIDTH) : zero(FLOAT);
    FloatVector c52 = more ? fromArray(FLOAT, c, cAt + 5 * cRow + 2 * WIDTH) : zero(FLOAT);
    FloatVector c53 = more ? fromArray(FLOAT, c, cAt + 5 * cRow + 3 * WIDTH) : zero(FLOAT);
    int p1 = aAt + aRow;
    int p2 = aAt + 2 * aRow;
    int p3 = aAt + 3 * aRow;
    int p4 = aAt + 4 * aRow;
    int p5 = aAt + 5 * aRow;
    for (int k = 0; k < depth; k++) {
      int q = bAt + 4 * WIDTH * k;
      FloatVector b0 = fromArray(FLOAT, b, q);
      FloatVector b1 = fromArray(FLOAT, b, q + WIDTH);
      FloatVector b2 = fromArray(FLOAT, b, q + 2 * WIDTH);
      FloatVector b3 = fromArray(FLOAT, b, q + 3 * WIDTH);
      FloatVector a0 = broadcast(FLOAT, a[aAt + k]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      c02 = a0.fma(b2, c02);
      c03 = a0.fma(b3, c03);
      FloatVector a1 = broadcast(FLOAT, a[p1 + k]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      c12 = a1.fma(b2, c12);
      c13 = a1.fma(b3, c13);
      FloatVector a2 = broadcast(FLOAT, a[p2 + k]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      c22 = a2.fma(b2, c22);
      c23 = a2.fma(b3, c23);
      FloatVector a3 = broadcast(FLOAT, a[p3 + k]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      c32 = a3.fma(b2, c32);
      c33 = a3.fma(b3, c33);
      FloatVector a4 = broadcast(FLOAT, a[p4 + k]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      c42 = a4.fma(b2, c42);
      c43 = a4.fma(b3, c43);
      FloatVector a5 = broadcast(FLOAT, a[p5 + k]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
      c52 = a5.fma(b2, c52);
      c53 = a5.fma(b3, c53);
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + WIDTH);
    c02.intoArray(c, cAt + 2 * WIDTH);
    c03.intoArray(c, cAt + 3 * WIDTH);
    c10.intoArray(c, cAt + cRow);
    c11.intoArray(c, cAt + cRow + WIDTH);
    c12.intoArray(c, cAt + cRow + 2 * WIDTH);
    c13.intoArray(c, cAt + cRow + 3 * WIDTH);
    c20.intoArray(c, cAt + 2 * cRow);
    c21.intoArray(c, cAt + 2 * cRow + WIDTH);
    c22.intoArray(c, cAt + 2 * cRow + 2 * WIDTH);
    c23.intoArray(c, cAt + 2 * cRow + 3 * WIDTH);
    c30.intoArray(c, cAt + 3 * cRow);
    c31.intoArray(c, cAt + 3 * cRow + WIDTH);
    c32.intoArray(c, cAt + 3 * cRow + 2 * WIDTH);
    c33.intoArray(c, cAt + 3 * cRow + 3 * WIDTH);
    c40.intoArray(c, cAt + 4 * cRow);
    c41.intoArray(c, cAt + 4 * cRow + WIDTH);
    c42.intoArray(c, cAt + 4 * cRow + 2 * WIDTH);
    c43.intoArray(c, cAt + 4 * cRow + 3 * WIDTH);
    c50.intoArray(c, cAt + 5 * cRow);
    c51.intoArray(c, cAt + 5 * cRow + WIDTH);
    c52.intoArray(c, cAt + 5 * cRow + 2 * WIDTH);
    c53.intoArray(c, cAt + 5 * cRow + 3 * WIDTH);
  }

  /// A tile of 4 rows by 4 registers.
  static void wide4(
      int depth,
      float[] a,
      int aAt,
      int aRow,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] c,
      int cAt,
      int cRow) {
    FloatVector c00 = zero(FLOAT);
    FloatVector c01 = zero(FLOAT);
    FloatVector c02 = zero(FLOAT);
    FloatVector c03 = zero(FLOAT);
    FloatVector c10 = zero(FLOAT);
    FloatVector c11 = zero(FLOAT);
    FloatVector c12 = zero(FLOAT);
    FloatVector c13 = zero(FLOAT);
    FloatVector c20 = zero(FLOAT);
    FloatVector c21 = zero(FLOAT);
    FloatVector c22 = zero(FLOAT);
    FloatVector c23 = zero(FLOAT);
    FloatVector c30 = zero(FLOAT);
    FloatVector c31 = zero(FLOAT);
    FloatVector c32 = zero(FLOAT);
    FloatVector c33 = zero(FLOAT);
    int p = aAt;
    int q = bAt;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromArray(FLOAT, b, q);
      FloatVector b1 = fromArray(FLOAT, b, q + WIDTH);
      FloatVector b2 = fromArray(FLOAT, b, q + 2 * WIDTH);
      FloatVector b3 = fromArray(FLOAT, b, q + 3 * WIDTH);
      FloatVector a0 = broadcast(FLOAT, a[p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      c02 = a0.fma(b2, c02);
      c03 = a0.fma(b3, c03);
      FloatVector a1 = broadcast(FLOAT, a[p + aRow]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      c12 = a1.fma(b2, c12);
      c13 = a1.fma(b3, c13);
      FloatVector a2 = broadcast(FLOAT, a[p + 2 * aRow]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      c22 = a2.fma(b2, c22);
      c23 = a2.fma(b3, c23);
      FloatVector a3 = broadcast(FLOAT, a[p + 3 * aRow]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      c32 = a3.fma(b2, c32);
      c33 = a3.fma(b3, c33);
      p += aStep;
      q += bStep;
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + WIDTH);
    c02.intoArray(c, cAt + 2 * WIDTH);
    c03.intoArray(c, cAt + 3 * WIDTH);
    c10.intoArray(c, cAt + cRow);
    c11.intoArray(c, cAt + cRow + WIDTH);
    c12.intoArray(c, cAt + cRow + 2 * WIDTH);
    c13.intoArray(c, cAt + cRow + 3 * WIDTH);
    c20.intoArray(c, cAt + 2 * cRow);
    c21.intoArray(c, cAt + 2 * cRow + WIDTH);
    c22.intoArray(c, cAt + 2 * cRow + 2 * WIDTH);
    c23.intoArray(c, cAt + 2 * cRow + 3 * WIDTH);
    c30.intoArray(c, cAt + 3 * cRow);
    c31.intoArray(c, cAt + 3 * cRow + WIDTH);
    c32.intoArray(c, cAt + 3 * cRow + 2 * WIDTH);
    c33.intoArray(c, cAt + 3 * cRow + 3 * WIDTH);
  }

  /// A tile of 2 rows by 4 registers.
  static void wide2(
      int depth,
      float[] a,
      int aAt,
      int aRow,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] c,
      int cAt,
      int cRow) {
    FloatVector c00 = zero(FLOAT);
    FloatVector c01 = zero(FLOAT);
    FloatVector c02 = zero(FLOAT);
    FloatVector c03 = zero(FLOAT);
    FloatVector c10 = zero(FLOAT);
    FloatVector c11 = zero(FLOAT);
    FloatVector c12 = zero(FLOAT);
    FloatVector c13 = zero(FLOAT);
    int p = aAt;
    int q = bAt;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromArray(FLOAT, b, q);
      FloatVector b1 = fromArray(FLOAT, b, q + WIDTH);
      FloatVector b2 = fromArray(FLOAT, b, q + 2 * WIDTH);
      FloatVector b3 = fromArray(FLOAT, b, q + 3 * WIDTH);
      FloatVector a0 = broadcast(FLOAT, a[p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      c02 = a0.fma(b2, c02);
      c03 = a0.fma(b3, c03);
      FloatVector a1 = broadcast(FLOAT, a[p + aRow]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      c12 = a1.fma(b2, c12);
      c13 = a1.fma(b3, c13);
      p += aStep;
      q += bStep;
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + WIDTH);
    c02.intoArray(c, cAt + 2 * WIDTH);
    c03.intoArray(c, cAt + 3 * WIDTH);
    c10.intoArray(c, cAt + cRow);
    c11.intoArray(c, cAt + cRow + WIDTH);
    c12.intoArray(c, cAt + cRow + 2 * WIDTH);
    c13.intoArray(c, cAt + cRow + 3 * WIDTH);
  }

  /// A tile of 1 row by 4 registers.
  static void wide1(
      int depth, float[] a, int aAt, int aStep, float[] b, int bAt, int bStep, float[] c, int cAt) {
    FloatVector c00 = zero(FLOAT);
    FloatVector c01 = zero(FLOAT);
    FloatVector c02 = zero(FLOAT);
    FloatVector c03 = zero(FLOAT);
    int p = aAt;
    int q = bAt;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = fromArray(FLOAT, b, q);
      FloatVector b1 = fromArray(FLOAT, b, q + WIDTH);
      FloatVector b2 = fromArray(FLOAT, b, q + 2 * WIDTH);
      FloatVector b3 = fromArray(FLOAT, b, q + 3 * WIDTH);
      FloatVector a0 = broadcast(FLOAT, a[p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      c02 = a0.fma(b2, c02);
      c03 = a0.fma(b3, c03);
      p += aStep;
      q += bStep;
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + WIDTH);
    c02.intoArray(c, cAt + 2 * WIDTH);
    c03.intoArray(c, cAt + 3 * WIDTH);
  }
}
