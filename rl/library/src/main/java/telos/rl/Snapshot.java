package telos.rl;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import telos.tensor.DType;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Everything that a process in progress (a [Learner], its environments, its buffers) depends on
/// from here on, as plain numbers under names such as `environment.key`, so that it can be written
/// to any file.
///
/// @param tensors by name
/// @param counters by name: whole numbers of 64 bits, which tensors do not hold
public record Snapshot(Map<String, Tensor> tensors, Map<String, long[]> counters) {

  /// Collects a snapshot.
  public static final class Writer {
    public Writer() {}

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Map<String, long[]> counters = new LinkedHashMap<>();

    /// A tensor, kept as it is.
    public void put(String name, Tensor tensor) {
      tensors.put(name, tensor);
    }

    /// Real numbers.
    public void put(String name, double[] values) {
      tensors.put(name, Tensor.of(values, values.length));
    }

    /// Whole numbers.
    public void put(String name, long... values) {
      counters.put(name, values.clone());
    }

    /// The leaves of a model, an optimizer's state or any other tree, below `name`.
    public void putTree(String name, Object tree) {
      Tree.leaves(tree).forEach((path, leaf) -> tensors.put(name + "." + path, leaf));
    }

    /// Another snapshot, below `name`.
    public void put(String name, Snapshot part) {
      part.tensors.forEach((own, tensor) -> tensors.put(name + "." + own, tensor));
      part.counters.forEach((own, values) -> counters.put(name + "." + own, values));
    }

    public Snapshot snapshot() {
      return new Snapshot(Map.copyOf(tensors), Map.copyOf(counters));
    }
  }

  /// @throws IllegalArgumentException when it has no such tensor
  public Tensor tensor(String name) {
    return present(tensors, name);
  }

  /// The numbers of a tensor.
  public double[] numbers(String name) {
    Tensor tensor = tensor(name);
    if (tensor.dtype() != DType.F64) {
      throw new IllegalArgumentException(
          "snapshot: '" + name + "' holds " + tensor.dtype() + ", not F64");
    }
    return tensor.toDoubles();
  }

  /// @throws IllegalArgumentException when it has no such whole numbers
  public long[] counters(String name) {
    return present(counters, name);
  }

  /// A tree of the structure of `template` with the leaves saved below `name`.
  public <M> M tree(String name, M template) {
    return Tree.withLeaves(template, below(name).tensors());
  }

  /// The snapshot that was saved below `name`.
  public Snapshot below(String name) {
    return new Snapshot(below(tensors, name), below(counters, name));
  }

  private static <V> Map<String, V> below(Map<String, V> all, String name) {
    SequencedMap<String, V> below = new LinkedHashMap<>();
    all.forEach((own, value) -> {
      if (own.startsWith(name + ".")) {
        below.put(own.substring(name.length() + 1), value);
      }
    });
    return below;
  }

  private static <V> V present(Map<String, V> values, String name) {
    V value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "snapshot: it has no '" + name + "'; it is of another run, or of another version");
    }
    return value;
  }
}
