package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static telos.devices.cpu.MatMulTest.assertSameBits;
import static telos.devices.cpu.MatMulTest.law;
import static telos.devices.cpu.MatMulTest.onTeams;
import static telos.devices.cpu.MatMulTest.random;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// How products are cut, and products large enough to be cut in every direction.
class CutTest {
  @Property(tries = 200)
  void tasksCoverTheResultOnce(
      @ForAll @IntRange(min = 1, max = 3000) int m,
      @ForAll @IntRange(min = 1, max = 3000) int n,
      @ForAll @IntRange(min = 1, max = 4) int batch,
      @ForAll boolean gathered) {
    Product product = Product.of(m, n, 300, gathered, false).repeated(batch, m * 300, 300 * n, 0);
    Cut cut = Cut.of(product, n, gathered);
    int panels = PackedMatrix.panels(n);
    long covered = 0;
    for (int task = 0; task < cut.tasks(); task++) {
      int rows = Math.min(cut.rows(), m - cut.row(task));
      int some = Math.min(cut.panels(), panels - cut.panel(task));
      assertTrue(rows > 0 && some > 0, "an empty task");
      covered += (long) rows * some;
    }
    assertEquals((long) m * panels, covered);
  }

  /// The longest task bounds what any team gains.
  @Property(tries = 200)
  void noTaskOfALargeProductIsMoreThanAnEighth(
      @ForAll @IntRange(min = 384, max = 3000) int m,
      @ForAll @IntRange(min = 384, max = 3000) int n) {
    Cut cut = Cut.of(Product.of(m, n, 512, false, false), n, false);
    long longest = (long) Math.min(cut.rows(), m) * cut.panels();
    assertTrue(8 * longest <= (long) m * PackedMatrix.panels(n), cut.toString());
  }

  /// A few rows wait for B: two threads that begin with as many chunks read about half of it each.
  @Property(tries = 200)
  void fewRowsLeaveEachOfTwoThreadsAboutHalfOfB(
      @ForAll @IntRange(min = 1, max = 6) int m,
      @ForAll @IntRange(min = 384, max = 3000) int n,
      @ForAll @IntRange(min = 384, max = 2000) int k) {
    Cut cut = Cut.of(Product.of(m, n, k, false, true), n, false);
    int chunk = Team.atOnce(cut.nanos());
    int chunks = (cut.tasks() + chunk - 1) / chunk;
    int panels = PackedMatrix.panels(n);
    int first = Math.min(panels, chunks / 2 * chunk * cut.panels());
    assertEquals(0.5, (double) first / panels, 0.15, cut.toString());
  }

  @Example
  void everyStripBlockAndPanelHasTheBitsOfTheLaw() {
    for (int[] shape :
        new int[][] {{203, 333, 517}, {192, 129, 256}, {96, 70, 300}, {300, 17, 257}}) {
      for (int flags = 0; flags < 4; flags++) {
        check(shape[0], shape[1], shape[2], (flags & 1) > 0, (flags & 2) > 0);
      }
    }
  }

  private static void check(int m, int n, int k, boolean transposeA, boolean transposeB) {
    float[] a = random(m * k, 1);
    float[] b = random(k * n, 2);
    float[] bias = random(n, 3);
    float[] expected = new float[m * n];
    law(m, n, k, transposeA, transposeB, a, 0, b, 0, bias, expected, 0);
    onTeams(team -> {
      float[] c = new float[m * n];
      MatMul.run(team, Product.of(m, n, k, transposeA, transposeB), a, b, bias, c, 0);
      assertSameBits(expected, c);
    });
  }

  @Example
  void stripsHoldATransposedOperandRowByRow() {
    int depth = 37;
    for (int rows : new int[] {1, 47, 48, 49, 96, 130}) {
      float[] a = random(depth * 200, rows);
      float[] room = new float[RowStrips.size(rows) + 5];
      RowStrips strips = RowStrips.copy(a, 3, 200, rows, depth, room, 5);
      for (int i = 0; i < rows; i++) {
        for (int k = 0; k < depth; k++) {
          assertEquals(a[3 + k * 200 + i], strips.array()[strips.at(i) + k * strips.step()]);
        }
      }
    }
  }

  @Example
  void linesHoldRowsOneByOne() {
    int depth = 37;
    for (int rows : new int[] {1, 8, 51}) {
      float[] a = random(rows * 50, rows);
      float[] room = new float[RowStrips.size(rows) + 5];
      RowStrips lines = RowStrips.lines(a, 3, 45, rows, depth, room, 5);
      for (int i = 0; i < rows; i++) {
        for (int k = 0; k < depth; k++) {
          assertEquals(a[3 + i * 45 + k], lines.array()[lines.at(i) + k * lines.step()]);
        }
      }
    }
  }
}
