package telos.tensor;

import java.util.function.Consumer;

/// Walks models.
public final class Tree {
  private Tree() {}

  /// Calls `action` for every tensor reachable from `tree`.
  public static void forEachTensor(Object tree, Consumer<Tensor> action) {
    switch (tree) {
      case Tensor tensor -> action.accept(tensor);
      case Iterable<?> items -> items.forEach(item -> forEachTensor(item, action));
      default -> {}
    }
  }
}
