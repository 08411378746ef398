package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

@SuppressWarnings("ArrayRecordComponent") // such records exist, and are left alone
class TreeTest {
  record Dense(Tensor weight, Optional<Tensor> bias) {
    Dense {
      if (weight.rank() < 2) {
        throw new IllegalArgumentException("weight " + weight.shape() + " is no matrix");
      }
    }
  }

  record Dropout(double rate) {}

  record Net(
      Tensor embedding,
      List<Dense> blocks,
      Map<String, Tensor> heads,
      @Fixed Dense frozen,
      Dense nothing,
      Dropout dropout,
      String name,
      int[] order) {}

  static Tensor vector(float... values) {
    return Device.of("reference").with(() -> Tensor.of(values));
  }

  private static Tensor matrix(float... values) {
    return Device.of("reference").with(() -> Tensor.of(values, 1, values.length));
  }

  static Net net() {
    Map<String, Tensor> heads = new LinkedHashMap<>();
    heads.put("value", vector(9, 9, 9));
    heads.put("policy", vector(8));
    Dense up = new Dense(matrix(1, 2), Optional.of(vector(3)));
    return new Net(
        vector(0, 0, 0, 0),
        List.of(up, new Dense(matrix(4, 5), Optional.empty())),
        heads,
        new Dense(matrix(6), Optional.of(vector(7))),
        null,
        new Dropout(0.1),
        "net",
        new int[] {1});
  }

  @Test
  void pathsAreComponentsIndicesAndKeys() {
    assertEquals(
        List.of(
            "embedding",
            "blocks.0.weight",
            "blocks.0.bias",
            "blocks.1.weight",
            "heads.value",
            "heads.policy",
            "frozen.weight",
            "frozen.bias"),
        List.copyOf(Tree.leaves(net()).keySet()));
    assertEquals(Set.of(""), Tree.leaves(vector(1)).keySet());
  }

  @Test
  void unorderedMapsAreWalkedSortedByKey() {
    Map<String, Tensor> map = new HashMap<>();
    for (int i = 50; i > 0; i--) {
      map.put("k" + i, vector(i));
    }
    assertEquals(map.keySet().stream().sorted().toList(), List.copyOf(Tree.leaves(map).keySet()));
    Map<String, Tensor> mapped = Tree.map(map, tensor -> vector(tensor.toFloats()[0] + 1));
    assertEquals(18, mapped.get("k17").item());
  }

  @Test
  void sortedMapsStaySorted() {
    SortedMap<String, Tensor> map = new TreeMap<>(Map.of("b", vector(1), "a", vector(2)));
    SortedMap<String, Tensor> mapped = Tree.map(map, _ -> vector(3));
    assertEquals("a", mapped.firstKey());
  }

  @Test
  void fixedReachesEverythingBelow() {
    List<String> fixed = new ArrayList<>();
    Tree.forEachLeaf(
        net(),
        (path, _, isFixed) -> {
          if (isFixed) {
            fixed.add(path);
          }
        });
    assertEquals(List.of("frozen.weight", "frozen.bias"), fixed);
  }

  @Test
  void countsParameters() {
    assertEquals(4 + 2 + 1 + 2 + 3 + 1, Tree.count(net()));
    Tensor tied = vector(1, 2);
    Tensor index = Device.of("reference").with(() -> Tensor.of(1, 2, 3));
    assertEquals(2, Tree.count(List.of(tied, tied, index)));
  }

  @Test
  void mapRebuildsOnlyWhatChanges() {
    Net net = net();
    assertSame(net, Tree.map(net, tensor -> tensor));
    Tensor old = net.blocks().get(0).weight();
    Net next = Tree.map(net, tensor -> tensor == old ? matrix(0) : tensor);
    assertNotSame(net, next);
    assertSame(net.blocks().get(1), next.blocks().get(1));
    assertSame(net.heads(), next.heads());
    assertSame(net.order(), next.order());
    assertEquals(List.of("value", "policy"), List.copyOf(next.heads().keySet()));
    assertEquals(0, next.blocks().get(0).weight().item());
    assertThrows(UnsupportedOperationException.class, () -> next.blocks().clear());
  }

  @Test
  void tiedWeightsStayTied() {
    Tensor shared = vector(1);
    Net net = net();
    Map<String, Tensor> heads = Map.of("tied", shared);
    Net tied =
        new Net(shared, net.blocks(), heads, net.frozen(), null, net.dropout(), "", new int[0]);
    assertFalse(Tree.leaves(tied).containsKey("heads.tied"));
    int[] calls = {0};
    Net mapped =
        Tree.map(
            tied,
            tensor -> {
              calls[0]++;
              return matrix(tensor.toFloats());
            });
    assertSame(mapped.embedding(), mapped.heads().get("tied"));
    assertEquals(Tree.leaves(tied).size(), calls[0]);
    Net zipped = Tree.zip(tied, mapped, (a, b) -> matrix(a.size(), b.size()));
    assertSame(zipped.embedding(), zipped.heads().get("tied"));
    Net named = Tree.mapWithPath(tied, (path, _) -> matrix(path.length()));
    assertSame(named.embedding(), named.heads().get("tied"));
    assertEquals("embedding".length(), named.embedding().item());
  }

  @Test
  void compactConstructorsRun() {
    var thrown =
        assertThrows(IllegalArgumentException.class, () -> Tree.map(net(), _ -> vector(1)));
    assertTrue(thrown.getMessage().contains("is no matrix"));
  }

  private record Checked(Tensor x) {
    Checked {
      sneak(new IOException("from the constructor"));
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void sneak(Throwable thrown) throws E {
      if (armed) {
        throw (E) thrown;
      }
    }

    static boolean armed;
  }

  @Test
  void whatConstructorsThrowIsPassedOn() {
    Checked model = new Checked(vector(1));
    Checked.armed = true;
    try {
      var thrown = assertThrows(IllegalStateException.class, () -> Tree.map(model, _ -> vector(2)));
      assertInstanceOf(IOException.class, thrown.getCause());
    } finally {
      Checked.armed = false;
    }
  }

  @Test
  void zipNamesTheFirstPathThatDiffers() {
    Net net = net();
    Net other = Tree.replace(net, Dropout.class, (_, _) -> new Dropout(0.2));
    assertDiffers("dropout.rate", "0.1 against 0.2", net, other);
    Net fewer = Tree.replace(net, List.class, (_, list) -> list.subList(0, 1));
    assertDiffers("blocks", "a list of 2 against a list of 1", net, fewer);
    Net biased =
        Tree.replace(
            net,
            Dense.class,
            (path, d) ->
                path.equals("blocks.1") ? new Dense(d.weight(), Optional.of(vector(1))) : d);
    assertDiffers("blocks.1.bias", "Optional.empty", net, biased);
    Net keyed = Tree.replace(net, Map.class, (_, _) -> Map.of("x", vector(1)));
    assertDiffers("heads", "a map of [value, policy] against a map of [x]", net, keyed);
    Net whole =
        new Net(vector(), net.blocks(), net.heads(), net.frozen(), net.frozen(), null, "", null);
    assertDiffers("nothing", "null against a Dense", net, whole);
    assertDiffers("", "against tensor F32[1]", List.of(1), vector(1));
    assertDiffers("", "tensor F32[1] against 3", (Object) vector(1), 3);
  }

  private static <M> void assertDiffers(String path, String detail, M a, M b) {
    var thrown = assertThrows(IllegalArgumentException.class, () -> Tree.zip(a, b, (x, _) -> x));
    assertTrue(thrown.getMessage().contains("at '" + path + "'"), thrown.getMessage());
    assertTrue(thrown.getMessage().contains(detail), thrown.getMessage());
  }

  @Test
  void zipKeepsTheFirstWhereALeafIsAbsent() {
    Tensor absent = Tensor.absent(Shape.of(1), DType.F32, "nobody asked");
    Tensor one = vector(1);
    List<Tensor> zipped =
        Tree.zip(List.of(one, absent, one), List.of(absent, one, vector(2)), Tensor::add);
    assertSame(one, zipped.get(0));
    assertSame(absent, zipped.get(1));
    assertEquals(3, zipped.get(2).item());
  }

  @Test
  void zipWithoutChangeGivesTheFirst() {
    Net net = net();
    assertSame(net, Tree.zip(net, Tree.map(net, Tensor::alias), (a, _) -> a));
  }

  @Test
  void replacesPartsByClassAndPath() {
    Net net = net();
    Net next =
        Tree.replace(
            net,
            Dense.class,
            (path, d) -> path.endsWith("1") ? new Dense(matrix(path.length()), d.bias()) : d);
    assertEquals("blocks.1".length(), next.blocks().get(1).weight().item());
    assertSame(net.blocks().get(0), next.blocks().get(0));
    assertSame(net, Tree.replace(net, Dense.class, (_, d) -> d));
    Dense shared = net.frozen();
    List<Dense> twice =
        Tree.replace(
            List.of(shared, shared), Dense.class, (_, d) -> new Dense(d.weight(), d.bias()));
    assertSame(twice.get(0), twice.get(1));
  }

  @Test
  void withLeavesFillsByPath() {
    Net net = net();
    Map<String, Tensor> leaves = new HashMap<>();
    Tree.leaves(net).forEach((path, leaf) -> leaves.put(path, leaf.add(1)));
    Net filled = Tree.withLeaves(net, leaves);
    assertEquals(leaves, Tree.leaves(filled));
    leaves.remove("embedding");
    leaves.put("heads.policy", vector(1, 2));
    leaves.put("frozen.weight", Device.of("reference").with(() -> Tensor.of(new double[1], 1, 1)));
    leaves.put("extra", vector(1));
    var thrown = assertThrows(IllegalArgumentException.class, () -> Tree.withLeaves(net, leaves));
    for (String part :
        List.of(
            "'embedding' is missing",
            "'heads.policy' is F32[2] where the model has F32[1]",
            "'frozen.weight' is F64[1, 1] where the model has F32[1, 1]",
            "'extra' is not in the model")) {
      assertTrue(thrown.getMessage().contains(part), thrown.getMessage());
    }
  }

  @Provide
  Arbitrary<Object> trees() {
    Arbitrary<Object> leaf =
        Arbitraries.oneOf(
            Arbitraries.floats().between(-9, 9).map(TreeTest::vector),
            Arbitraries.of("text", 3, Optional.empty()));
    return Arbitraries.recursive(
        () -> leaf,
        inner ->
            Arbitraries.oneOf(
                inner.list().ofMaxSize(3).map(list -> (Object) list),
                inner.map(x -> (Object) Optional.of(x)),
                Arbitraries.maps(Arbitraries.strings().alpha().ofLength(2), inner).ofMaxSize(3),
                inner.map(x -> new Pair(x, x, null))),
        3);
  }

  private record Pair(Object first, Object second, Object third) {}

  @Property(tries = 200)
  void roundTrips(@ForAll("trees") Object tree) {
    Map<String, Tensor> leaves = Tree.leaves(tree);
    assertEquals(tree, Tree.withLeaves(tree, leaves));
    Object copy = Tree.map(tree, Tensor::alias);
    assertEquals(leaves.keySet(), Tree.leaves(copy).keySet());
    assertEquals(tree, Tree.withLeaves(copy, leaves));
    assertEquals(tree, Tree.zip(copy, tree, (_, b) -> b));
    Set<Tensor> all = new java.util.HashSet<>();
    Tree.forEachTensor(tree, all::add);
    assertEquals(Set.copyOf(leaves.values()), all);
    List<Object> apart =
        leaves.isEmpty() ? List.of(tree) : Tree.unstack(Tree.stack(List.of(copy, tree)));
    assertEquals(leaves.keySet(), Tree.leaves(apart.getLast()).keySet());
  }

  private record Loose(Tensor[] array, Dropout none) {}

  @Test
  void scopesLookEverywhere() {
    Tensor a = vector(1);
    Tensor b = vector(2);
    Tensor c = vector(3);
    Set<Tensor> seen = new java.util.HashSet<>();
    Tree.forEachTensor(
        new Object[] {
          new Loose(new Tensor[] {a}, new Dropout(1)), Set.of(b), Map.of(1, Optional.of(c))
        },
        seen::add);
    assertEquals(Set.of(a, b, c), seen);
    Tree.forEachTensor(null, seen::add);
    assertEquals(3, seen.size());
  }

  @Test
  void clashingPathsAreRefused() {
    Map<String, Object> map = Map.of("a.b", vector(1), "a", Map.of("b", vector(2)));
    assertThrows(IllegalArgumentException.class, () -> Tree.leaves(map));
    assertThrows(IllegalArgumentException.class, () -> Tree.leaves(Map.of(1, vector(1))));
    assertTrue(Tree.leaves(Map.of(1, 2)).isEmpty());
  }

  private record Chain(Chain next, Tensor here) {}

  private record Loop(Loop next, int depth) {}

  @Test
  void recordsMayHoldThemselves() {
    Chain chain = new Chain(new Chain(null, vector(1)), vector(2));
    assertEquals(List.of("next.here", "here"), List.copyOf(Tree.leaves(chain).keySet()));
    assertTrue(Tree.leaves(new Loop(new Loop(null, 1), 2)).isEmpty());
  }
}
