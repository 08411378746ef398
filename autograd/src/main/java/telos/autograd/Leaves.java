package telos.autograd;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// The model as the function sees it: every leaf with gradient has an identity of its own, so that
/// only uses through the function's argument count. Tied leaves stay tied.
///
/// @param model the copy
/// @param aliases the copy's leaf for each leaf with gradient
/// @param absences why each other leaf has none
record Leaves<M>(M model, M original, Map<Tensor, Tensor> aliases, Map<Tensor, String> absences) {

  /// Runs under the outer recorder, so that outer gradients flow through the copy.
  static <M> Leaves<M> of(M model, Predicate<String> paths, Tape tape) {
    Map<Tensor, Tensor> aliases = new IdentityHashMap<>();
    Map<Tensor, String> absences = new IdentityHashMap<>();
    Tree.forEachLeaf(
        model,
        (path, leaf, fixed) -> {
          String absence = absence(path, leaf, fixed, paths);
          if (absence != null) {
            absences.put(leaf, absence);
          } else {
            Tensor alias = leaf.alias();
            aliases.put(leaf, alias);
            tape.watch(alias, path);
          }
        });
    M copy = Tree.map(model, leaf -> aliases.getOrDefault(leaf, leaf));
    return new Leaves<>(copy, model, aliases, absences);
  }

  private static @Nullable String absence(
      String path, Tensor leaf, boolean fixed, Predicate<String> paths) {
    String why =
        leaf.isAbsent()
            ? "the leaf is absent"
            : !leaf.dtype().isFloat()
                ? leaf.dtype() + " has no gradient"
                : fixed
                    ? "it is @Fixed"
                    : paths.test(path) ? null : "the path predicate leaves it out";
    return why == null ? null : "gradient of '" + path + "': " + why;
  }

  /// The gradient of every leaf, in the place of the leaf.
  M gradient(Tape tape) {
    return Tree.map(
        original,
        leaf -> {
          Tensor alias = aliases.get(leaf);
          return alias == null
              ? Tensor.absent(
                  leaf.shape(), leaf.dtype(), absences.getOrDefault(leaf, "it has no gradient"))
              : tape.cotangent(alias);
        });
  }
}
