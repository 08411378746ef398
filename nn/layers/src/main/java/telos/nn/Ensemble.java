package telos.nn;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// E networks of one shape evaluated as one batched network: critics, reward models. Each gives, to
/// the bit, what it gives alone, and gets the gradient it gets alone.
///
/// It works for layers made of [Linear], [LayerNorm], [RmsNorm] and whatever acts on elements,
/// whose parameters may carry a leading axis E; [#stack] also makes one of transformers, [Gpt] and
/// [ValueModel]. Other layers refuse a stack: an ensemble of models with a [Conv2d] is a list,
/// evaluated member by member.
///
/// @param members the networks as one, see [#stack]
public record Ensemble<M extends Layer>(M members) implements Layer {
  /// From networks of one shape.
  public static <M extends Layer> Ensemble<M> of(List<M> members) {
    return new Ensemble<>(stack(members));
  }

  /// Models of one shape as one whose leaves are `[E, ...]`. Leaves without a gradient
  /// ([telos.tensor.Fixed]: rotary tables, the base of adapters) must be the same in all members
  /// and are held once, as they are.
  ///
  /// @throws IllegalArgumentException naming the first leaf at which the models do not fit
  public static <M> M stack(List<M> members) {
    if (members.isEmpty()) {
      throw new IllegalArgumentException("ensemble: needs at least one member");
    }
    Map<String, Tensor> fixed = fixed(members.getFirst());
    members.forEach(member -> fixed(member).forEach((path, leaf) -> check(path, leaf, fixed)));
    Map<String, Tensor> gaps = gaps(fixed, shape -> shape);
    return with(Tree.stack(members.stream().map(member -> with(member, gaps)).toList()), fixed);
  }

  /// The models of which [#stack] made this one.
  public static <M> List<M> unstack(M stack) {
    Map<String, Tensor> fixed = fixed(stack);
    int size = size(stack);
    M learning = with(stack, gaps(fixed, shape -> shape.insert(0, size)));
    return Tree.unstack(learning).stream().map(member -> with(member, fixed)).toList();
  }

  /// The leaves without a gradient, by path.
  private static Map<String, Tensor> fixed(Object model) {
    Map<String, Tensor> leaves = new LinkedHashMap<>();
    Tree.forEachLeaf(
        model,
        (path, leaf, fixed) -> {
          if (fixed) {
            leaves.put(path, leaf);
          }
        });
    return leaves;
  }

  private static void check(String path, Tensor leaf, Map<String, Tensor> fixed) {
    Tensor first = fixed.get(path);
    if (first == null || !same(first, leaf)) {
      throw new IllegalArgumentException(
          "ensemble: the members differ at '" + path + "', which is fixed and held once for all");
    }
  }

  private static boolean same(Tensor a, Tensor b) {
    return a == b
        || a.shape().equals(b.shape())
            && a.dtype() == b.dtype()
            && a.isAbsent() == b.isAbsent()
            && (a.isAbsent() || Arrays.equals(a.toDoubles(), b.toDoubles()));
  }

  /// Leaves without values in place of the fixed ones.
  private static Map<String, Tensor> gaps(Map<String, Tensor> fixed, UnaryOperator<Shape> shape) {
    Map<String, Tensor> gaps = new LinkedHashMap<>();
    fixed.forEach((path, leaf) ->
        gaps.put(path, Tensor.absent(shape.apply(leaf.shape()), leaf.dtype(), path + " is fixed")));
    return gaps;
  }

  private static <M> M with(M model, Map<String, Tensor> leaves) {
    return Tree.mapWithPath(model, (path, leaf) -> leaves.getOrDefault(path, leaf));
  }

  private static int size(Object stack) {
    int[] size = {0};
    Tree.forEachLeaf(
        stack, (_, leaf, fixed) -> size[0] = fixed || size[0] > 0 ? size[0] : leaf.dim(0));
    return size[0];
  }

  /// E.
  public int size() {
    return size(members);
  }

  /// Every member on the same input.
  ///
  /// @param x `[..., in]`
  /// @return `[E, ..., out]`
  @Override
  public Tensor call(Tensor x) {
    return each(x.unsqueeze(0).broadcastTo(x.shape().insert(0, size())));
  }

  /// Every member on an input of its own.
  ///
  /// @param x `[E, ..., in]`
  /// @return `[E, ..., out]`
  public Tensor each(Tensor x) {
    if (x.rank() < 2 || x.dim(0) != size()) {
      throw new IllegalArgumentException(
          "ensemble: input " + x.shape() + " is not one a member, [" + size() + ", ..., in]");
    }
    return members.call(x);
  }

  /// The members one by one.
  public List<M> unstacked() {
    return unstack(members);
  }
}
