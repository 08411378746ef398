package telos.nn.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The fields of one JSON object of a file, with errors that say which file, which object and what
/// would fit.
///
/// @param file what to call the file in an error
/// @param name what to call the object in an error
public record JsonFields(String file, String name, Json.Obj object) {
  /// The fields of a value that must be an object.
  public static JsonFields of(String file, String name, Json json) throws FormatException {
    if (json instanceof Json.Obj object) {
      return new JsonFields(file, name, object);
    }
    throw new FormatException("%s: %s is not an object".formatted(file, name));
  }

  /// What is wrong with this file.
  public FormatException fault(String what) {
    return new FormatException("%s: %s".formatted(file, what));
  }

  /// The field `type`, empty if there is none.
  public String type() {
    return object.at("type") instanceof Json.Str(var type) ? type : "";
  }

  /// Refuses fields that are not among these: one that is not known could change the result.
  public void only(String... known) throws FormatException {
    var names = Set.of(known);
    for (var field : object.fields().keySet()) {
      if (!names.contains(field)) {
        throw fault("%s has the setting \"%s\", which is not supported".formatted(name, field));
      }
    }
  }

  /// Whether the field is there and not null.
  public boolean has(String field) {
    return !(object.at(field) instanceof Json.Null);
  }

  /// A truth value; `otherwise` where the field is absent or null, here and below.
  public boolean truth(String field, boolean otherwise) throws FormatException {
    return switch (object.at(field)) {
      case Json.Null _ -> otherwise;
      case Json.Bool(var value) -> value;
      default -> throw wrong(field, "true or false");
    };
  }

  /// A text.
  public String text(String field) throws FormatException {
    if (object.at(field) instanceof Json.Str(var value)) {
      return value;
    }
    throw wrong(field, "a text");
  }

  public String text(String field, String otherwise) throws FormatException {
    return has(field) ? text(field) : otherwise;
  }

  /// A whole number of at most nine digits.
  public int number(String field) throws FormatException {
    return number(object.at(field), "\"%s\" of %s".formatted(field, name));
  }

  public int number(Json json, String what) throws FormatException {
    if (json instanceof Json.Num(var digits) && digits.matches("\\d{1,9}")) {
      return Integer.parseInt(digits);
    }
    throw fault("%s is %s, not a small whole number".formatted(what, json.text()));
  }

  public Optional<Integer> optionalNumber(String field) throws FormatException {
    return has(field) ? Optional.of(number(field)) : Optional.empty();
  }

  public int number(String field, int otherwise) throws FormatException {
    return has(field) ? number(field) : otherwise;
  }

  /// A finite number.
  public double real(String field, double otherwise) throws FormatException {
    return has(field) ? real(field) : otherwise;
  }

  /// A finite number.
  public double real(String field) throws FormatException {
    if (object.at(field) instanceof Json.Num(var digits)) {
      double value = Double.parseDouble(digits);
      if (Double.isFinite(value)) {
        return value;
      }
    }
    throw wrong(field, "a number");
  }

  /// A list.
  public List<Json> list(String field) throws FormatException {
    if (object.at(field) instanceof Json.Arr(var items)) {
      return items;
    }
    throw wrong(field, "a list");
  }

  /// An object within this one.
  public JsonFields object(String field) throws FormatException {
    if (object.at(field) instanceof Json.Obj) {
      return of(file, field, object.at(field));
    }
    throw wrong(field, "an object");
  }

  /// The objects of a list.
  public List<JsonFields> objects(String field) throws FormatException {
    var objects = new ArrayList<JsonFields>();
    for (var item : list(field)) {
      objects.add(of(file, "an item of \"%s\"".formatted(field), item));
    }
    return objects;
  }

  /// The field is not what it must be.
  public FormatException wrong(String field, String fits) {
    return fault(
        "\"%s\" of %s is %s; it must be %s".formatted(field, name, object.at(field).text(), fits));
  }
}
