package telos.devices.cpu;

import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.fill;
import static telos.devices.cpu.Lanes.load;
import static telos.devices.cpu.Lanes.store;
import static telos.devices.cpu.Lanes.zero;

import jdk.incubator.vector.FloatVector;

/// The micro-kernels of panels narrower than four registers, in the form of [MicroKernels].
///
/// Strides vary, and with them some bounds are checked in the loop; the checks keep loads apart, so
/// that 6 x 2 accumulators fit into 16 registers ([PackedKernels] has more of that).
final class NarrowKernels {
  private NarrowKernels() {}

  /// A tile of 6 rows by 2 registers; inner indices of A are neighbours, and their bounds are not
  /// checked in the loop.
  static void rows6(
      int depth,
      float[] a,
      int aAt,
      int aRow,
      float[] b,
      int bAt,
      int bStep,
      float[] c,
      int cAt,
      int cRow) {
    FloatVector c00 = zero();
    FloatVector c01 = zero();
    FloatVector c10 = zero();
    FloatVector c11 = zero();
    FloatVector c20 = zero();
    FloatVector c21 = zero();
    FloatVector c30 = zero();
    FloatVector c31 = zero();
    FloatVector c40 = zero();
    FloatVector c41 = zero();
    FloatVector c50 = zero();
    FloatVector c51 = zero();
    int p1 = aAt + aRow;
    int p2 = aAt + 2 * aRow;
    int p3 = aAt + 3 * aRow;
    int p4 = aAt + 4 * aRow;
    int p5 = aAt + 5 * aRow;
    int q = bAt;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(b, q);
      FloatVector b1 = load(b, q + WIDTH);
      FloatVector a0 = fill(a[aAt + k]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = fill(a[p1 + k]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = fill(a[p2 + k]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = fill(a[p3 + k]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      FloatVector a4 = fill(a[p4 + k]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = fill(a[p5 + k]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
      q += bStep;
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + WIDTH);
    c10.intoArray(c, cAt + cRow);
    c11.intoArray(c, cAt + cRow + WIDTH);
    c20.intoArray(c, cAt + 2 * cRow);
    c21.intoArray(c, cAt + 2 * cRow + WIDTH);
    c30.intoArray(c, cAt + 3 * cRow);
    c31.intoArray(c, cAt + 3 * cRow + WIDTH);
    c40.intoArray(c, cAt + 4 * cRow);
    c41.intoArray(c, cAt + 4 * cRow + WIDTH);
    c50.intoArray(c, cAt + 5 * cRow);
    c51.intoArray(c, cAt + 5 * cRow + WIDTH);
  }

  /// A tile of 6 rows by 2 registers.
  static void narrow6(
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
    FloatVector c00 = zero();
    FloatVector c01 = zero();
    FloatVector c10 = zero();
    FloatVector c11 = zero();
    FloatVector c20 = zero();
    FloatVector c21 = zero();
    FloatVector c30 = zero();
    FloatVector c31 = zero();
    FloatVector c40 = zero();
    FloatVector c41 = zero();
    FloatVector c50 = zero();
    FloatVector c51 = zero();
    int p = aAt;
    int q = bAt;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(b, q);
      FloatVector b1 = load(b, q + WIDTH);
      FloatVector a0 = fill(a[p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = fill(a[p + aRow]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = fill(a[p + 2 * aRow]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = fill(a[p + 3 * aRow]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      FloatVector a4 = fill(a[p + 4 * aRow]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      FloatVector a5 = fill(a[p + 5 * aRow]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
      p += aStep;
      q += bStep;
    }
    c00.intoArray(c, cAt);
    c01.intoArray(c, cAt + WIDTH);
    c10.intoArray(c, cAt + cRow);
    c11.intoArray(c, cAt + cRow + WIDTH);
    c20.intoArray(c, cAt + 2 * cRow);
    c21.intoArray(c, cAt + 2 * cRow + WIDTH);
    c30.intoArray(c, cAt + 3 * cRow);
    c31.intoArray(c, cAt + 3 * cRow + WIDTH);
    c40.intoArray(c, cAt + 4 * cRow);
    c41.intoArray(c, cAt + 4 * cRow + WIDTH);
    c50.intoArray(c, cAt + 5 * cRow);
    c51.intoArray(c, cAt + 5 * cRow + WIDTH);
  }

  /// A tile of 2 rows by 2 registers.
  static void narrow2(
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
      boolean add) {
    FloatVector c00 = zero();
    FloatVector c01 = zero();
    FloatVector c10 = zero();
    FloatVector c11 = zero();
    int p = aAt;
    int q = bAt;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(b, q);
      FloatVector b1 = load(b, q + WIDTH);
      FloatVector a0 = fill(a[p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = fill(a[p + aRow]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      p += aStep;
      q += bStep;
    }
    store(c00, c, cAt, add);
    store(c01, c, cAt + WIDTH, add);
    store(c10, c, cAt + cRow, add);
    store(c11, c, cAt + cRow + WIDTH, add);
  }

  /// A tile of 1 row by 2 registers.
  static void narrow1(
      int depth,
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] c,
      int cAt,
      boolean add) {
    FloatVector c00 = zero();
    FloatVector c01 = zero();
    int p = aAt;
    int q = bAt;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(b, q);
      FloatVector b1 = load(b, q + WIDTH);
      FloatVector a0 = fill(a[p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      p += aStep;
      q += bStep;
    }
    store(c00, c, cAt, add);
    store(c01, c, cAt + WIDTH, add);
  }

  /// A tile of 6 rows by 1 register.
  static void single6(
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
    FloatVector c00 = zero();
    FloatVector c10 = zero();
    FloatVector c20 = zero();
    FloatVector c30 = zero();
    FloatVector c40 = zero();
    FloatVector c50 = zero();
    int p = aAt;
    int q = bAt;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(b, q);
      FloatVector a0 = fill(a[p]);
      c00 = a0.fma(b0, c00);
      FloatVector a1 = fill(a[p + aRow]);
      c10 = a1.fma(b0, c10);
      FloatVector a2 = fill(a[p + 2 * aRow]);
      c20 = a2.fma(b0, c20);
      FloatVector a3 = fill(a[p + 3 * aRow]);
      c30 = a3.fma(b0, c30);
      FloatVector a4 = fill(a[p + 4 * aRow]);
      c40 = a4.fma(b0, c40);
      FloatVector a5 = fill(a[p + 5 * aRow]);
      c50 = a5.fma(b0, c50);
      p += aStep;
      q += bStep;
    }
    c00.intoArray(c, cAt);
    c10.intoArray(c, cAt + cRow);
    c20.intoArray(c, cAt + 2 * cRow);
    c30.intoArray(c, cAt + 3 * cRow);
    c40.intoArray(c, cAt + 4 * cRow);
    c50.intoArray(c, cAt + 5 * cRow);
  }

  /// A tile of 2 rows by 1 register.
  static void single2(
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
    FloatVector c00 = zero();
    FloatVector c10 = zero();
    int p = aAt;
    int q = bAt;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(b, q);
      FloatVector a0 = fill(a[p]);
      c00 = a0.fma(b0, c00);
      FloatVector a1 = fill(a[p + aRow]);
      c10 = a1.fma(b0, c10);
      p += aStep;
      q += bStep;
    }
    c00.intoArray(c, cAt);
    c10.intoArray(c, cAt + cRow);
  }

  /// A tile of 1 row by 1 register.
  static void single1(
      int depth, float[] a, int aAt, int aStep, float[] b, int bAt, int bStep, float[] c, int cAt) {
    FloatVector c00 = zero();
    int p = aAt;
    int q = bAt;
    for (int k = 0; k < depth; k++) {
      FloatVector b0 = load(b, q);
      FloatVector a0 = fill(a[p]);
      c00 = a0.fma(b0, c00);
      p += aStep;
      q += bStep;
    }
    c00.intoArray(c, cAt);
  }
}
