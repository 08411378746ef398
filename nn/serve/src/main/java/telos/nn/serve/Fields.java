package telos.nn.serve;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import telos.nn.format.Json;

/// The fields of a request as they are read: what is wrong with one is an [ApiError] that names it,
/// and which nobody asked for is known in the end. A field that is null counts as absent.
final class Fields {
  private final Json.Obj object;
  private final Set<String> known = new HashSet<>();

  Fields(Json.Obj object) {
    this.object = object;
  }

  Json at(String name) {
    known.add(name);
    return object.at(name);
  }

  boolean has(String name) {
    return at(name) != Json.Null.NULL;
  }

  OptionalDouble number(String name, double low, double high) {
    if (!has(name)) {
      return OptionalDouble.empty();
    }
    if (at(name) instanceof Json.Num(var digits)) {
      double value = Double.parseDouble(digits);
      if (value >= low && value <= high) {
        return OptionalDouble.of(value);
      }
    }
    throw wrong(name, "a number from %s to %s".formatted(plain(low), plain(high)));
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  OptionalLong integer(String name, long low, long high) {
    if (!has(name)) {
      return OptionalLong.empty();
    }
    if (at(name) instanceof Json.Num(var digits)) {
      try {
        long value = Long.parseLong(digits);
        if (value >= low && value <= high) {
          return OptionalLong.of(value);
        }
      } catch (NumberFormatException _) {
        // Said below.
      }
    }
    throw wrong(name, "an integer from %d to %d".formatted(low, high));
  }

  boolean flag(String name) {
    if (!has(name)) {
      return false;
    }
    if (at(name) instanceof Json.Bool(var value)) {
      return value;
    }
    throw wrong(name, "true or false");
  }

  Optional<String> text(String name) {
    if (!has(name)) {
      return Optional.empty();
    }
    if (at(name) instanceof Json.Str(var value)) {
      return Optional.of(value);
    }
    throw wrong(name, "a string");
  }

  /// The fields of an object; none where it is absent.
  Fields object(String name) {
    return switch (at(name)) {
      case Json.Obj nested -> new Fields(nested);
      case Json.Null _ -> new Fields(new Json.Obj(java.util.Map.of()));
      default -> throw wrong(name, "an object");
    };
  }

  /// One string or several.
  ///
  /// @param most how many there may be
  List<String> texts(String name, int most) {
    return switch (at(name)) {
      case Json.Null _ -> List.of();
      case Json.Str(var one) -> List.of(one);
      case Json.Arr(var items) when items.size() <= most ->
          items.stream().map(i -> item(name, i)).toList();
      default -> throw wrong(name, "a string or at most %d of them".formatted(most));
    };
  }

  private static String item(String name, Json item) {
    if (item instanceof Json.Str(var text)) {
      return text;
    }
    throw wrong(name, "a list of strings");
  }

  /// Refuses a field that is known but has no meaning here, unless it asks for nothing: it is
  /// absent, an empty list, or equal to one of these values.
  void refuse(String name, Object... neutral) {
    Json value = at(name);
    boolean nothing = value == Json.Null.NULL || value.equals(new Json.Arr(List.of()));
    for (Object same : neutral) {
      nothing |= value.equals(Json.of(same));
    }
    if (!nothing) {
      throw ApiError.invalid(
          400, "This server does not support '%s'".formatted(name), name, "unsupported_parameter");
    }
  }

  /// Accepts fields that change nothing in an answer.
  void pass(Collection<String> names) {
    known.addAll(names);
  }

  /// Names of fields that nobody asked for.
  List<String> unknown() {
    return object.fields().keySet().stream().filter(name -> !known.contains(name)).toList();
  }

  static ApiError wrong(String name, String needed) {
    return ApiError.invalid("'%s' must be %s".formatted(name, needed), name);
  }
}
