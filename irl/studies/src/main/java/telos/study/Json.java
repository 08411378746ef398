package telos.study;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Typed views of parsed JSON. What does not have the expected type is an
/// [IllegalArgumentException].
final class Json {
  private Json() {}

  static Map<?, ?> object(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw new IllegalArgumentException("Expected a JSON object, found " + value);
  }

  static List<?> list(@Nullable Object value) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw new IllegalArgumentException("Expected a JSON array, found " + value);
  }

  static List<? extends Map<?, ?>> objects(@Nullable Object value) {
    return list(value).stream().map(Json::object).toList();
  }

  static String text(Map<?, ?> object, String key) {
    if (object.get(key) instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException("Expected a string '%s' in %s".formatted(key, object));
  }

  /// A number; `"NaN"`, `"Infinity"` and `"-Infinity"` stand for those.
  static double number(@Nullable Object value) {
    return switch (value) {
      case Number number -> number.doubleValue();
      case String text -> Double.parseDouble(text);
      case null, default -> throw new IllegalArgumentException("Expected a number, found " + value);
    };
  }

  static double number(Map<?, ?> object, String key) {
    return number(object.get(key));
  }

  static double[] doubles(@Nullable Object value) {
    return list(value).stream().mapToDouble(Json::number).toArray();
  }
}
