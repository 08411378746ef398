package telos.nn;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// The parameters of a model that an optimizer moves, by path: float leaves that are not fixed.
final class Leaves {
  private Leaves() {}

  /// A parameter and its gradient.
  record Moving(Tensor weight, Tensor gradient) {}

  /// Zeros for every parameter.
  static Map<String, Tensor> zeros(Object model) {
    Map<String, Tensor> zeros = new LinkedHashMap<>();
    Tree.forEachLeaf(
        model,
        (path, leaf, fixed) -> {
          if (!fixed && leaf.dtype().isFloat() && !leaf.isAbsent()) {
            zeros.put(path, leaf.zerosLike());
          }
        });
    return zeros;
  }

  /// The parameters that have a gradient.
  static <M> SequencedMap<String, Moving> moving(M model, M gradient) {
    IdentityHashMap<Tensor, Tensor> gradients = new IdentityHashMap<>();
    M _ =
        Tree.zip(
            model,
            gradient,
            (leaf, g) -> {
              gradients.put(leaf, g);
              return leaf;
            });
    SequencedMap<String, Moving> moving = new LinkedHashMap<>();
    Tree.forEachLeaf(
        model,
        (path, leaf, fixed) -> {
          Tensor g = gradients.get(leaf);
          if (g != null && !fixed && leaf.dtype().isFloat()) {
            Masks.requireEqual(path, "weight", leaf.shape(), "gradient", g.shape());
            moving.put(path, new Moving(leaf, g));
          }
        });
    return moving;
  }

  /// The model with some leaves replaced.
  static <M> M replaced(M model, Map<String, Tensor> changed) {
    return Tree.mapWithPath(
        model, (path, leaf) -> Objects.requireNonNullElse(changed.get(path), leaf));
  }
}
