package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/// The order of sums against the law spelled out literally.
final class SumsTest {
  private static final Team TEAM = new Team(2);

  private static float law(List<Float> row) {
    List<Float> blocks = new ArrayList<>();
    for (int from = 0; from < row.size() || from == 0; from += 4096) {
      float[] lanes = new float[32];
      for (int r = from; r < Math.min(row.size(), from + 4096); r++) {
        lanes[(r - from) % 32] += row.get(r);
      }
      for (int half : new int[] {16, 8, 4, 2, 1}) {
        for (int i = 0; i < half; i++) {
          lanes[i] += lanes[i + half];
        }
      }
      blocks.add(lanes[0]);
    }
    return tree(blocks);
  }

  private static float tree(List<Float> level) {
    List<Float> up = new ArrayList<>();
    for (int i = 0; i < level.size(); i += 2) {
      up.add(i + 1 < level.size() ? level.get(i) + level.get(i + 1) : level.get(i));
    }
    return up.size() == 1 ? up.getFirst() : tree(up);
  }

  private static List<Float> list(float[] x, int from, int step, int n) {
    List<Float> row = new ArrayList<>();
    for (int r = 0; r < n; r++) {
      row.add(x[from + r * step]);
    }
    return row;
  }

  @Property(tries = 60)
  void rowsFollowTheLaw(
      @ForAll @IntRange(min = 0, max = 30_000) int n,
      @ForAll @IntRange(min = 1, max = 3) int outer) {
    float[] x = Samples.floats(n, n * outer, 3);
    float[] out = new float[outer];
    Reduce.sum(TEAM, x, out, outer, n, 1);
    for (int o = 0; o < outer; o++) {
      float expected = law(list(x, o * n, 1, n));
      assertEquals(expected, out[o]);
      assertEquals(expected, Sums.sum(x, o * n, n));
    }
  }

  @Property(tries = 60)
  void productsAreRoundedBeforeTheyAreAdded(@ForAll @IntRange(min = 0, max = 10_000) int n) {
    float[] x = Samples.floats(1, n + 3, 3);
    float[] y = Samples.floats(2, n + 5, 3);
    List<Float> products = new ArrayList<>();
    for (int r = 0; r < n; r++) {
      products.add(x[3 + r] * y[5 + r]);
    }
    assertEquals(law(products), Sums.dot(x, 3, y, 5, n));
  }

  @Property(tries = 40)
  void columnsFollowTheLaw(
      @ForAll @IntRange(min = 0, max = 1500) int n,
      @ForAll @IntRange(min = 2, max = 40) int inner,
      @ForAll @IntRange(min = 1, max = 3) int outer) {
    float[] x = Samples.floats(n, outer * n * inner, 3);
    float[] out = new float[outer * inner];
    Reduce.sum(TEAM, x, out, outer, n, inner);
    for (int i = 0; i < out.length; i++) {
      List<Float> column = list(x, i / inner * n * inner + i % inner, inner, n);
      List<Float> blocks = new ArrayList<>();
      for (int from = 0; from < n || from == 0; from += 256) {
        float sum = 0;
        for (float value : column.subList(from, Math.min(n, from + 256))) {
          sum += value;
        }
        blocks.add(sum);
      }
      assertEquals(tree(blocks), out[i]);
    }
  }

  @Test
  void treesOfRowsAddNeighbours() {
    float[] rows = {1, 10, 2, 20, 4, 40, 8, 80, 16, 160};
    Sums.tree(rows, 5, 2);
    assertEquals(31f, rows[0]);
    assertEquals(310f, rows[1]);
  }
}
