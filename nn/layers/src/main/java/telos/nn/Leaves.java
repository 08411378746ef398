package telos.nn;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Predicate;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// The parameters of a model that an optimizer moves, by path: float leaves that are not fixed.
final class Leaves {
  private Leaves() {}

  /// A parameter and its gradient.
  record Moving(Tensor weight, Tensor gradient) {}

  /// What a step makes of a parameter: its new value and the new state of it.
  record Moved(Tensor weight, Optional<Tensor> first, Optional<Tensor> second) {}

  /// How an optimizer moves one parameter.
  interface Rule {
    Moved of(String path, Moving leaf);
  }

  /// Zeros for every parameter whose path `moved` accepts.
  static Map<String, Tensor> zeros(Object model, Predicate<String> moved) {
    Map<String, Tensor> zeros = new LinkedHashMap<>();
    parameters(model, moved).forEach((path, leaf) -> zeros.put(path, leaf.zerosLike()));
    return zeros;
  }

  /// The parameters whose path `moved` accepts.
  static SequencedMap<String, Tensor> parameters(Object model, Predicate<String> moved) {
    SequencedMap<String, Tensor> parameters = new LinkedHashMap<>();
    Tree.forEachLeaf(
        model,
        (path, leaf, fixed) -> {
          if (!fixed && leaf.dtype().isFloat() && !leaf.isAbsent() && moved.test(path)) {
            parameters.put(path, leaf);
          }
        });
    return parameters;
  }

  /// A step that moves each parameter on its own; what a rule needs in between dies with it.
  static <M> Optimizer.Step<M> step(M model, M gradient, Optimizer.State state, Rule rule) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    Map<String, Tensor> first = new LinkedHashMap<>();
    Map<String, Tensor> second = new LinkedHashMap<>();
    moving(model, gradient)
        .forEach((path, leaf) -> {
          Moved moved = Scope.call("optimizer", () -> rule.of(path, leaf));
          weights.put(path, moved.weight());
          moved.first().ifPresent(tensor -> first.put(path, tensor));
          moved.second().ifPresent(tensor -> second.put(path, tensor));
        });
    return new Optimizer.Step<>(replaced(model, weights), state.next(first, second));
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
