package telos.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How the inner nodes of a [Tree] are taken apart and put together again.
sealed interface Form permits RecordForm, Form.OfList, Form.OfOptional, Form.OfMap {

  /// The form of a value, or null for a leaf: a tensor, or a value that is left alone.
  static @Nullable Form of(@Nullable Object value) {
    return switch (value) {
      case Record record -> RecordForm.of(record.getClass());
      case List<?> _ -> OfList.FORM;
      case Optional<?> _ -> OfOptional.FORM;
      case Map<?, ?> map -> OfMap.fits(map) ? OfMap.FORM : null;
      case null, default -> null;
    };
  }

  @Nullable Object[] parts(Object whole);

  /// One name a part; an empty one adds nothing to the path.
  String[] names(Object whole);

  /// A value like `whole` with other parts.
  Object build(Object whole, @Nullable Object[] parts);

  /// False where part `i` can hold no tensor, whatever its value.
  default boolean holds(int i) {
    return true;
  }

  /// True where part `i` is marked [Fixed].
  default boolean fixed(int i) {
    return false;
  }

  /// Lists; named by index.
  record OfList() implements Form {
    static final OfList FORM = new OfList();

    @Override
    public @Nullable Object[] parts(Object whole) {
      return ((List<?>) whole).toArray();
    }

    @Override
    public String[] names(Object whole) {
      String[] names = new String[((List<?>) whole).size()];
      Arrays.setAll(names, Integer::toString);
      return names;
    }

    @Override
    public Object build(Object whole, @Nullable Object[] parts) {
      return Collections.unmodifiableList(new ArrayList<>(Arrays.asList(parts)));
    }
  }

  /// Optional values; they have the name of their component.
  record OfOptional() implements Form {
    static final OfOptional FORM = new OfOptional();
    private static final String[] UNNAMED = {""};

    @Override
    public @Nullable Object[] parts(Object whole) {
      return ((Optional<?>) whole).stream().toArray();
    }

    @Override
    public String[] names(Object whole) {
      return ((Optional<?>) whole).isPresent() ? UNNAMED : new String[0];
    }

    @Override
    public Object build(Object whole, @Nullable Object[] parts) {
      return parts.length == 0 ? whole : Optional.ofNullable(parts[0]);
    }
  }

  /// Maps from strings: in their own order where they have one, else sorted, because the order of
  /// `Map.of` changes from run to run.
  record OfMap() implements Form {
    static final OfMap FORM = new OfMap();

    static boolean fits(Map<?, ?> map) {
      boolean strings = map.keySet().stream().allMatch(String.class::isInstance);
      if (!strings && map.values().stream().anyMatch(Tensor.class::isInstance)) {
        throw new IllegalArgumentException(
            "Tree: a map in a model has keys that are not strings; keys become names in paths");
      }
      return strings;
    }

    @Override
    public @Nullable Object[] parts(Object whole) {
      Map<?, ?> map = (Map<?, ?>) whole;
      if (map instanceof SequencedMap) {
        return map.values().toArray();
      }
      return Arrays.stream(names(whole)).<@Nullable Object>map(map::get).toArray();
    }

    @Override
    public String[] names(Object whole) {
      String[] names = ((Map<?, ?>) whole).keySet().toArray(new String[0]);
      if (!(whole instanceof SequencedMap)) {
        Arrays.sort(names);
      }
      return names;
    }

    @Override
    @SuppressWarnings("unchecked")
    public Object build(Object whole, @Nullable Object[] parts) {
      String[] names = names(whole);
      SequencedMap<String, @Nullable Object> map =
          whole instanceof SortedMap<?, ?> sorted
              ? new TreeMap<>(((SortedMap<String, Object>) sorted).comparator())
              : new LinkedHashMap<>();
      for (int i = 0; i < names.length; i++) {
        map.put(names[i], parts[i]);
      }
      return map instanceof TreeMap<String, @Nullable Object> sorted
          ? Collections.unmodifiableNavigableMap(sorted)
          : Collections.unmodifiableSequencedMap(map);
    }
  }
}
