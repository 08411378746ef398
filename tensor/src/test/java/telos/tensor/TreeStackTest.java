package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static telos.tensor.TreeTest.net;
import static telos.tensor.TreeTest.vector;

import java.util.List;
import org.junit.jupiter.api.Test;
import telos.tensor.TreeTest.Dropout;
import telos.tensor.TreeTest.Net;

/// Ensembles: trees stacked leaf by leaf.
final class TreeStackTest {
  @Test
  void stacksAndUnstacksEnsembles() {
    List<Net> nets =
        List.of(net(), Tree.map(net(), t -> t.add(10)), Tree.map(net(), t -> t.mul(2)));
    Net stacked = Tree.stack(nets);
    Tree.leaves(nets.get(0))
        .forEach((path, leaf) ->
            assertEquals(leaf.shape().insert(0, 3), Tree.leaves(stacked).get(path).shape()));
    List<Net> back = Tree.unstack(stacked);
    assertEquals(3, back.size());
    for (int e = 0; e < 3; e++) {
      int member = e;
      Tree.leaves(nets.get(e))
          .forEach((path, leaf) ->
              assertArrayEquals(
                  leaf.toFloats(), Tree.leaves(back.get(member)).get(path).toFloats()));
    }
  }

  @Test
  void absentLeavesStayAbsentInStacks() {
    Tensor absent = Tensor.absent(Shape.of(2), DType.F32, "frozen");
    Tensor present = vector(1, 2);
    List<Tensor> stacked = Tree.stack(List.of(List.of(absent, absent), List.of(absent, absent)));
    assertTrue(stacked.get(0).isAbsent());
    assertEquals(Shape.of(2, 2), stacked.get(0).shape());
    assertEquals(Shape.of(2), Tree.unstack(stacked).get(1).get(0).shape());
    assertTrue(Tree.stack(List.of(present, absent)).isAbsent());
  }

  @Test
  void stackingErrorsSayWhy() {
    assertThrows(IllegalArgumentException.class, () -> Tree.stack(List.of()));
    assertThrows(IllegalArgumentException.class, () -> Tree.unstack(new Dropout(1)));
    var thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> Tree.unstack(List.of(vector(1, 2), vector(1, 2, 3))));
    assertTrue(thrown.getMessage().contains("'1' of shape [3]"), thrown.getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> Tree.stack(List.of(List.of(vector(1)), List.of())));
  }
}
