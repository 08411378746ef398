package telos.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Models as values. A model is a tensor, or a record, list, optional or map (with string keys) of
/// models; anything else in it, null included, is left alone.
///
/// **Paths** are made of component names, indices and keys: `blocks.3.mlp.up.weight`. An optional
/// has the path of its component, a lone tensor the empty path.
///
/// **Sharing.** A tensor is known by its identity: one that occurs twice is one leaf, at its first
/// path, and is mapped once, so tied weights stay tied.
///
/// **Construction.** Changed records are made by their canonical constructors, so compact
/// constructors run, on gradients too: they may check rank and structure, never values or dtype. A
/// record without change is returned as the same object. A record that is private to a named module
/// needs `opens its.package to telos.tensor` there.
public final class Tree {
  private Tree() {}

  /// Sees the leaves of a model.
  @FunctionalInterface
  public interface Visitor {
    /// @param fixed true below a component marked [Fixed]
    void leaf(String path, Tensor tensor, boolean fixed);
  }

  /// Calls `action` for every tensor reachable from `tree`, at each of its occurrences. Unlike the
  /// other methods it also looks into arrays, any collection and any map.
  public static void forEachTensor(@Nullable Object tree, Consumer<Tensor> action) {
    switch (tree) {
      case Tensor tensor -> action.accept(tensor);
      case Record record -> {
        RecordForm form = RecordForm.of(record.getClass());
        if (form != null) {
          @Nullable Object[] parts = form.parts(record);
          for (int i = 0; i < parts.length; i++) {
            if (form.holds(i)) {
              forEachTensor(parts[i], action);
            }
          }
        }
      }
      case Collection<?> items -> items.forEach(item -> forEachTensor(item, action));
      case Optional<?> optional -> optional.ifPresent(item -> forEachTensor(item, action));
      case Map<?, ?> map -> map.values().forEach(item -> forEachTensor(item, action));
      case Object[] items -> Arrays.asList(items).forEach(item -> forEachTensor(item, action));
      case null, default -> {}
    }
  }

  /// Visits each leaf once, at its first path.
  public static void forEachLeaf(Object model, Visitor visitor) {
    visit("", model, false, new HashSet<>(), visitor);
  }

  private static void visit(
      String path, @Nullable Object value, boolean fixed, Set<Tensor> seen, Visitor visitor) {
    if (value instanceof Tensor tensor) {
      if (seen.add(tensor)) {
        visitor.leaf(path, tensor, fixed);
      }
      return;
    }
    Form form = Form.of(value);
    if (form == null || value == null) {
      return;
    }
    @Nullable Object[] parts = form.parts(value);
    String[] names = form.names(value);
    for (int i = 0; i < parts.length; i++) {
      if (form.holds(i) && parts[i] != null) {
        visit(join(path, names[i]), parts[i], fixed || form.fixed(i), seen, visitor);
      }
    }
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : name.isEmpty() ? path : path + '.' + name;
  }

  /// The leaves by path, in the order of the components; a shared tensor once, at its first path.
  public static SequencedMap<String, Tensor> leaves(Object model) {
    LinkedHashMap<String, Tensor> leaves = new LinkedHashMap<>();
    forEachLeaf(
        model,
        (path, tensor, _) -> {
          if (leaves.putIfAbsent(path, tensor) != null) {
            throw new IllegalArgumentException(
                "Tree: two leaves have the path '" + path + "'; a map key with a dot can do that");
          }
        });
    return leaves;
  }

  /// Number of parameters: the elements of all leaves that can have a gradient (float and not
  /// [Fixed]), shared ones once.
  public static long count(Object model) {
    long[] count = {0};
    forEachLeaf(
        model,
        (_, tensor, fixed) -> count[0] += fixed || !tensor.dtype().isFloat() ? 0 : tensor.size());
    return count[0];
  }

  /// The model with every tensor replaced by what `function` makes of it.
  public static <M> M map(M model, UnaryOperator<Tensor> function) {
    Map<Tensor, Tensor> done = new HashMap<>();
    return rebuilt(model, tensor -> once(done, tensor, function));
  }

  /// Not `computeIfAbsent`: the function may itself walk trees, and must be able to throw midway.
  private static <K> Tensor once(Map<K, Tensor> done, K key, Function<K, Tensor> function) {
    Tensor known = done.get(key);
    if (known == null) {
      known = function.apply(key);
      done.put(key, known);
    }
    return known;
  }

  @SuppressWarnings("unchecked") // the same form with parts of the same kinds
  private static <M extends @Nullable Object> M rebuilt(M value, UnaryOperator<Tensor> function) {
    if (value instanceof Tensor tensor) {
      return (M) function.apply(tensor);
    }
    Form form = Form.of(value);
    if (form == null || value == null) {
      return value;
    }
    @Nullable Object[] parts = form.parts(value);
    boolean changed = false;
    for (int i = 0; i < parts.length; i++) {
      if (form.holds(i)) {
        Object part = parts[i];
        parts[i] = rebuilt(part, function);
        changed |= parts[i] != part;
      }
    }
    return changed ? (M) form.build(value, parts) : value;
  }

  /// As [#map], with the (first) path of each tensor.
  public static <M> M mapWithPath(M model, BiFunction<String, Tensor, Tensor> function) {
    Map<Tensor, Tensor> mapped = new HashMap<>();
    forEachLeaf(model, (path, tensor, _) -> mapped.put(tensor, function.apply(path, tensor)));
    return rebuilt(model, tensor -> Objects.requireNonNull(mapped.get(tensor)));
  }

  /// Combines two models of one structure leaf by leaf; everything that is not a tensor must be
  /// equal in both and is kept. Where either leaf is absent the first is kept.
  ///
  /// @throws IllegalArgumentException naming the first path at which the models differ
  public static <M> M zip(M a, M b, BinaryOperator<Tensor> function) {
    return zipped(
        List.of(a, b),
        leaves -> {
          Tensor first = leaves.getFirst();
          Tensor second = leaves.getLast();
          boolean absent = first.isAbsent() || second.isAbsent();
          return absent ? first : function.apply(first, second);
        });
  }

  private static <M> M zipped(List<M> models, Function<List<Tensor>, Tensor> function) {
    Map<List<Tensor>, Tensor> done = new HashMap<>();
    Function<List<Tensor>, Tensor> shared = leaves -> once(done, leaves, function);
    @SuppressWarnings("unchecked") // as for rebuilt
    M result = (M) Objects.requireNonNull(zipped("", models.toArray(), shared));
    return result;
  }

  private static @Nullable Object zipped(
      String path, @Nullable Object[] values, Function<List<Tensor>, Tensor> function) {
    Object first = values[0];
    if (first instanceof Tensor) {
      List<Tensor> leaves = new ArrayList<>(values.length);
      for (Object value : values) {
        if (!(value instanceof Tensor tensor)) {
          throw differ(path, first, value);
        }
        leaves.add(tensor);
      }
      return function.apply(leaves);
    }
    Form form = Form.of(first);
    if (form == null || first == null) {
      for (Object value : values) {
        if (!Objects.deepEquals(first, value)) {
          throw differ(path, first, value);
        }
      }
      return first;
    }
    return zipped(path, form, values, function);
  }

  private static Object zipped(
      String path, Form form, @Nullable Object[] values, Function<List<Tensor>, Tensor> function) {
    Object first = Objects.requireNonNull(values[0]);
    String[] names = form.names(first);
    @Nullable Object[][] parts = new @Nullable Object[values.length][];
    for (int v = 0; v < values.length; v++) {
      Object value = values[v];
      if (value == null || Form.of(value) != form || !Arrays.equals(names, form.names(value))) {
        throw differ(path, first, value);
      }
      parts[v] = form.parts(value);
    }
    @Nullable Object[] built = new @Nullable Object[names.length];
    boolean changed = false;
    for (int i = 0; i < built.length; i++) {
      @Nullable Object[] column = new @Nullable Object[values.length];
      for (int v = 0; v < column.length; v++) {
        column[v] = parts[v][i];
      }
      built[i] = zipped(join(path, names[i]), column, function);
      changed |= built[i] != column[0];
    }
    return changed ? form.build(first, built) : first;
  }

  private static IllegalArgumentException differ(
      String path, @Nullable Object a, @Nullable Object b) {
    return new IllegalArgumentException(
        "Tree.zip: the models differ at '" + path + "': " + brief(a) + " against " + brief(b));
  }

  private static String brief(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case Tensor tensor -> "tensor " + tensor.dtype() + tensor.shape();
      case List<?> list -> "a list of " + list.size();
      case Map<?, ?> map -> "a map of " + map.keySet();
      case Record record -> "a " + record.getClass().getSimpleName();
      default -> value.toString();
    };
  }

  /// Replaces every part of a class, the model itself included, by what `function` makes of it and
  /// its path; what it returns is not searched again. A part that occurs twice is replaced once.
  ///
  ///     Tree.replace(model, Linear.class, (path, l) -> path.endsWith("query") ? adapted(l) : l)
  @SuppressWarnings("unchecked") // the caller's function gives parts that fit
  public static <M, L> M replace(M model, Class<L> type, BiFunction<String, L, L> function) {
    IdentityHashMap<Object, Object> done = new IdentityHashMap<>();
    BiFunction<String, L, Object> once =
        (path, part) -> {
          Object known = done.get(part);
          if (known == null) {
            known = function.apply(path, part);
            done.put(part, known);
          }
          return known;
        };
    return (M) Objects.requireNonNull(replaced("", model, type, once));
  }

  private static <L> @Nullable Object replaced(
      String path, @Nullable Object value, Class<L> type, BiFunction<String, L, Object> function) {
    if (type.isInstance(value)) {
      return function.apply(path, type.cast(value));
    }
    Form form = Form.of(value);
    if (form == null || value == null) {
      return value;
    }
    @Nullable Object[] parts = form.parts(value);
    String[] names = form.names(value);
    boolean changed = false;
    for (int i = 0; i < parts.length; i++) {
      Object part = parts[i];
      parts[i] = replaced(join(path, names[i]), part, type, function);
      changed |= parts[i] != part;
    }
    return changed ? form.build(value, parts) : value;
  }

  /// One model whose leaves are those of `models` along a new first axis: `[E, ...]` for an
  /// ensemble of E. A leaf that is absent in one is absent in the result.
  public static <M> M stack(List<M> models) {
    if (models.isEmpty()) {
      throw new IllegalArgumentException("Tree.stack: needs at least one model");
    }
    return zipped(models, Tree::stacked);
  }

  private static Tensor stacked(List<Tensor> leaves) {
    Tensor first = leaves.getFirst();
    return leaves.stream().anyMatch(Tensor::isAbsent)
        ? absent(first, first.shape().insert(0, leaves.size()))
        : Tensor.stack(0, leaves);
  }

  private static Tensor absent(Tensor like, Shape shape) {
    String reason = like.storage() instanceof Absent absent ? absent.reason() : "absent in a stack";
    return Tensor.absent(shape, like.dtype(), reason);
  }

  /// The models of which [#stack] made this one.
  ///
  /// @throws IllegalArgumentException if the leaves have no common first extent
  public static <M> List<M> unstack(M model) {
    SequencedMap<String, Tensor> leaves = leaves(model);
    if (leaves.isEmpty()) {
      throw new IllegalArgumentException("Tree.unstack: the model has no tensors");
    }
    Shape first = leaves.firstEntry().getValue().shape();
    leaves.forEach((path, leaf) -> {
      if (leaf.rank() == 0 || first.rank() == 0 || leaf.dim(0) != first.dim(0)) {
        throw new IllegalArgumentException(
            "Tree.unstack: leaf '"
                + path
                + "' of shape "
                + leaf.shape()
                + " has not the first extent of "
                + first);
      }
    });
    List<M> models = new ArrayList<>();
    for (int i = 0; i < first.dim(0); i++) {
      int member = i;
      models.add(map(model, leaf -> unstacked(leaf, member)));
    }
    return List.copyOf(models);
  }

  private static Tensor unstacked(Tensor leaf, int member) {
    return leaf.isAbsent() ? absent(leaf, leaf.shape().without(0)) : leaf.at(0, member);
  }

  /// `template` with the leaves named in `leaves` (see [#leaves]).
  ///
  /// @throws IllegalArgumentException listing every name that is missing, left over, or of another
  ///   shape or dtype than the template's
  public static <M> M withLeaves(M template, Map<String, Tensor> leaves) {
    SequencedMap<String, Tensor> wanted = leaves(template);
    List<String> faults = new ArrayList<>();
    wanted.forEach((path, leaf) -> faults.addAll(fault(path, leaf, leaves.get(path))));
    leaves.keySet().stream()
        .filter(path -> !wanted.containsKey(path))
        .forEach(path -> faults.add("'" + path + "' is not in the model"));
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException(
          "Tree.withLeaves: the names do not fit the model: " + String.join("; ", faults));
    }
    return mapWithPath(template, (path, _) -> Objects.requireNonNull(leaves.get(path)));
  }

  private static List<String> fault(String path, Tensor wanted, @Nullable Tensor given) {
    if (given == null) {
      return List.of("'" + path + "' is missing");
    }
    return given.shape().equals(wanted.shape()) && given.dtype() == wanted.dtype()
        ? List.of()
        : List.of(
            "'"
                + path
                + "' is "
                + given.dtype()
                + given.shape()
                + " where the model has "
                + wanted.dtype()
                + wanted.shape());
  }
}
