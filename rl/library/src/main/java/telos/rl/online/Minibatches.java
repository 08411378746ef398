package telos.rl.online;

import java.util.ArrayList;
import java.util.List;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Parts of a sample.
final class Minibatches {
  private Minibatches() {}

  /// A random order of the rows `0, ..., size - 1`, cut into parts of as good as equal size, I32
  /// `[...]` each.
  static List<Tensor> of(int size, int count, Rng key) {
    Tensor order = key.permutation(size);
    List<Tensor> parts = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      parts.add(order.slice(0, (int) (i * size / count), (int) ((i + 1) * size / count)));
    }
    return parts;
  }
}
