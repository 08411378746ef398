package telos.devices.cpu;

import static telos.devices.cpu.Lanes.WIDTH;
import static telos.devices.cpu.Lanes.fill;
import static telos.devices.cpu.Lanes.load;
import static telos.devices.cpu.Lanes.store;
import static telos.devices.cpu.Lanes.zero;

import java.lang.invoke.VarHandle;
import java.util.Set;
import jdk.incubator.vector.FloatVector;

/// The micro-kernels, in the form of [MicroKernels], for panels of two registers and rows as
/// [RowStrips] gathers them.
///
/// All strides are constants, so C2 proves the bounds before the loop, and an iteration is its
/// loads and multiply-adds alone. Nothing keeps the loads apart then: C2 loads every operand before
/// the first multiply-add, and 6 x 2 accumulators with eight operands are more than 16 registers
/// hold. An accumulator that lives in memory costs more than half of the speed. The fence in front
/// of each row's load keeps it where it is written.
///
/// Six rows rather than four: two loads of B and the loop's own instructions serve twelve
/// multiply-adds, not eight. Where the processor gives a thread all it has that shows little;
/// beside a busy hyper-thread, which leaves two instructions a cycle, most.
///
/// Where the result is added to C, the accumulators are, one by one: twelve calls of [Lanes#store]
/// are more than C2 inlines ([MicroKernels]), and their arguments then do not stay in registers.
final class PackedKernels {
  /// Fences between loads are for x86: no instruction there. On ARM, where they are one, 32
  /// registers hold what C2 loads.
  private static final boolean FENCED =
      Set.of("amd64", "x86_64").contains(System.getProperty("os.arch"));

  private PackedKernels() {}

  /// What stands behind it is not loaded before it.
  private static void keep() {
    if (FENCED) {
      VarHandle.loadLoadFence();
    }
  }

  /// A tile of 6 rows by 2 registers: A in strips of [RowStrips#LENGTH] rows, B in panels of 2
  /// registers.
  static void strips6(
      int depth,
      float[] a,
      int aAt,
      float[] b,
      int bAt,
      float[] c,
      int cAt,
      int cRow,
      boolean add) {
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
    for (int k = 0; k < depth; k++) {
      int p = aAt + RowStrips.LENGTH * k;
      int q = bAt + 2 * WIDTH * k;
      FloatVector b0 = load(b, q);
      FloatVector b1 = load(b, q + WIDTH);
      FloatVector a0 = fill(a[p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      keep();
      FloatVector a1 = fill(a[p + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      keep();
      FloatVector a2 = fill(a[p + 2]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      keep();
      FloatVector a3 = fill(a[p + 3]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      keep();
      FloatVector a4 = fill(a[p + 4]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      keep();
      FloatVector a5 = fill(a[p + 5]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
    }
    if (add) {
      c00 = load(c, cAt).add(c00);
      c01 = load(c, cAt + WIDTH).add(c01);
      c10 = load(c, cAt + cRow).add(c10);
      c11 = load(c, cAt + cRow + WIDTH).add(c11);
      c20 = load(c, cAt + 2 * cRow).add(c20);
      c21 = load(c, cAt + 2 * cRow + WIDTH).add(c21);
      c30 = load(c, cAt + 3 * cRow).add(c30);
      c31 = load(c, cAt + 3 * cRow + WIDTH).add(c31);
      c40 = load(c, cAt + 4 * cRow).add(c40);
      c41 = load(c, cAt + 4 * cRow + WIDTH).add(c41);
      c50 = load(c, cAt + 5 * cRow).add(c50);
      c51 = load(c, cAt + 5 * cRow + WIDTH).add(c51);
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

  /// A tile of 6 rows by 2 registers: rows of A [MatMul#BLOCK] apart, B in panels of 2 registers.
  static void lines6(
      int depth,
      float[] a,
      int aAt,
      float[] b,
      int bAt,
      float[] c,
      int cAt,
      int cRow,
      boolean add) {
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
    for (int k = 0; k < depth; k++) {
      int p = aAt + k;
      int q = bAt + 2 * WIDTH * k;
      FloatVector b0 = load(b, q);
      FloatVector b1 = load(b, q + WIDTH);
      FloatVector a0 = fill(a[p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      keep();
      FloatVector a1 = fill(a[p + MatMul.BLOCK]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      keep();
      FloatVector a2 = fill(a[p + 2 * MatMul.BLOCK]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      keep();
      FloatVector a3 = fill(a[p + 3 * MatMul.BLOCK]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
      keep();
      FloatVector a4 = fill(a[p + 4 * MatMul.BLOCK]);
      c40 = a4.fma(b0, c40);
      c41 = a4.fma(b1, c41);
      keep();
      FloatVector a5 = fill(a[p + 5 * MatMul.BLOCK]);
      c50 = a5.fma(b0, c50);
      c51 = a5.fma(b1, c51);
    }
    if (add) {
      c00 = load(c, cAt).add(c00);
      c01 = load(c, cAt + WIDTH).add(c01);
      c10 = load(c, cAt + cRow).add(c10);
      c11 = load(c, cAt + cRow + WIDTH).add(c11);
      c20 = load(c, cAt + 2 * cRow).add(c20);
      c21 = load(c, cAt + 2 * cRow + WIDTH).add(c21);
      c30 = load(c, cAt + 3 * cRow).add(c30);
      c31 = load(c, cAt + 3 * cRow + WIDTH).add(c31);
      c40 = load(c, cAt + 4 * cRow).add(c40);
      c41 = load(c, cAt + 4 * cRow + WIDTH).add(c41);
      c50 = load(c, cAt + 5 * cRow).add(c50);
      c51 = load(c, cAt + 5 * cRow + WIDTH).add(c51);
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

  /// A tile of 4 rows by 2 registers, as [#strips6].
  static void strips4(
      int depth,
      float[] a,
      int aAt,
      float[] b,
      int bAt,
      float[] c,
      int cAt,
      int cRow,
      boolean add) {
    FloatVector c00 = zero();
    FloatVector c01 = zero();
    FloatVector c10 = zero();
    FloatVector c11 = zero();
    FloatVector c20 = zero();
    FloatVector c21 = zero();
    FloatVector c30 = zero();
    FloatVector c31 = zero();
    for (int k = 0; k < depth; k++) {
      int p = aAt + RowStrips.LENGTH * k;
      int q = bAt + 2 * WIDTH * k;
      FloatVector b0 = load(b, q);
      FloatVector b1 = load(b, q + WIDTH);
      FloatVector a0 = fill(a[p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = fill(a[p + 1]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = fill(a[p + 2]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = fill(a[p + 3]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    store(c00, c, cAt, add);
    store(c01, c, cAt + WIDTH, add);
    store(c10, c, cAt + cRow, add);
    store(c11, c, cAt + cRow + WIDTH, add);
    store(c20, c, cAt + 2 * cRow, add);
    store(c21, c, cAt + 2 * cRow + WIDTH, add);
    store(c30, c, cAt + 3 * cRow, add);
    store(c31, c, cAt + 3 * cRow + WIDTH, add);
  }

  /// A tile of 4 rows by 2 registers, as [#lines6].
  static void lines4(
      int depth,
      float[] a,
      int aAt,
      float[] b,
      int bAt,
      float[] c,
      int cAt,
      int cRow,
      boolean add) {
    FloatVector c00 = zero();
    FloatVector c01 = zero();
    FloatVector c10 = zero();
    FloatVector c11 = zero();
    FloatVector c20 = zero();
    FloatVector c21 = zero();
    FloatVector c30 = zero();
    FloatVector c31 = zero();
    for (int k = 0; k < depth; k++) {
      int p = aAt + k;
      int q = bAt + 2 * WIDTH * k;
      FloatVector b0 = load(b, q);
      FloatVector b1 = load(b, q + WIDTH);
      FloatVector a0 = fill(a[p]);
      c00 = a0.fma(b0, c00);
      c01 = a0.fma(b1, c01);
      FloatVector a1 = fill(a[p + MatMul.BLOCK]);
      c10 = a1.fma(b0, c10);
      c11 = a1.fma(b1, c11);
      FloatVector a2 = fill(a[p + 2 * MatMul.BLOCK]);
      c20 = a2.fma(b0, c20);
      c21 = a2.fma(b1, c21);
      FloatVector a3 = fill(a[p + 3 * MatMul.BLOCK]);
      c30 = a3.fma(b0, c30);
      c31 = a3.fma(b1, c31);
    }
    store(c00, c, cAt, add);
    store(c01, c, cAt + WIDTH, add);
    store(c10, c, cAt + cRow, add);
    store(c11, c, cAt + cRow + WIDTH, add);
    store(c20, c, cAt + 2 * cRow, add);
    store(c21, c, cAt + 2 * cRow + WIDTH, add);
    store(c30, c, cAt + 3 * cRow, add);
    store(c31, c, cAt + 3 * cRow + WIDTH, add);
  }
}
