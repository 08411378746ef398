package telos.study;

import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Configuration records as plain data (maps, lists, numbers, strings): for `run.json` and for
/// cache keys. Records, enums, lists, arrays, maps and optionals nest freely.
public final class Canonical {
  private Canonical() {}

  /// The components of a record by name, in order.
  public static Map<String, @Nullable Object> map(Record config) {
    var map = new LinkedHashMap<String, @Nullable Object>();
    for (RecordComponent component : config.getClass().getRecordComponents()) {
      map.put(component.getName(), data(value(config, component)));
    }
    return map;
  }

  /// A text that is equal exactly for equal configurations of equal type.
  public static String text(Record config) {
    return config.getClass().getName() + map(config);
  }

  private static @Nullable Object data(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case Record record -> map(record);
      case Enum<?> constant -> constant.name();
      case Optional<?> optional -> data(optional.orElse(null));
      case Map<?, ?> map -> entries(map);
      case Path path -> path.toString();
      case Iterable<?> list -> list(list);
      case Number number -> number;
      case Boolean flag -> flag;
      case Object array when array.getClass().isArray() -> elements(array);
      default -> value.toString();
    };
  }

  private static List<@Nullable Object> list(Iterable<?> values) {
    var list = new ArrayList<@Nullable Object>();
    values.forEach(v -> list.add(data(v)));
    return list;
  }

  private static List<@Nullable Object> elements(Object array) {
    var list = new ArrayList<@Nullable Object>();
    for (int i = 0; i < Array.getLength(array); i++) {
      list.add(data(Array.get(array, i)));
    }
    return list;
  }

  /// In the order of the keys' texts: maps may have no order of their own.
  private static Map<String, @Nullable Object> entries(Map<?, ?> map) {
    var sorted = new java.util.TreeMap<String, @Nullable Object>();
    map.forEach((k, v) -> sorted.put(String.valueOf(k), data(v)));
    return sorted;
  }

  private static @Nullable Object value(Record config, RecordComponent component) {
    try {
      var accessor = component.getAccessor();
      accessor.setAccessible(true);
      return accessor.invoke(config);
    } catch (ReflectiveOperationException | java.lang.reflect.InaccessibleObjectException e) {
      throw new IllegalArgumentException(
          "Cannot read component '%s' of the configuration %s; open its package to telos.studies"
              .formatted(component.getName(), config.getClass().getName()),
          e);
    }
  }
}
