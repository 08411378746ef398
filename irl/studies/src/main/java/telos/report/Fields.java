package telos.report;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Lenient views of parsed JSON: a report is made of what is there.
final class Fields {
  private Fields() {}

  static Map<?, ?> object(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }

  static List<?> list(@Nullable Object value) {
    return value instanceof List<?> list ? list : List.of();
  }

  static List<? extends Map<?, ?>> objects(@Nullable Object value) {
    return list(value).stream().map(Fields::object).toList();
  }

  static String text(Map<?, ?> object, String key) {
    Object value = object.get(key);
    return value == null ? "" : value.toString();
  }

  /// NaN when it is not a number.
  static double number(@Nullable Object value) {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    return switch (String.valueOf(value)) {
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> Double.NaN;
    };
  }
}
