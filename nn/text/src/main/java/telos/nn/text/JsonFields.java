package telos.nn.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import telos.nn.format.FormatException;
import telos.nn.format.Json;

/// The fields of one JSON object of a tokenizer file, with errors that say which file, which
/// component and what would fit.
record JsonFields(String file, String name, Json.Obj object) {
  static JsonFields of(String file, String name, Json json) throws FormatException {
    if (json instanceof Json.Obj object) {
      return new JsonFields(file, name, object);
    }
    throw new FormatException("%s: %s is not an object".formatted(file, name));
  }

  FormatException fault(String what) {
    return new FormatException("%s: %s".formatted(file, what));
  }

  /// The field `type`, empty if there is none.
  String type() {
    return object.at("type") instanceof Json.Str(var type) ? type : "";
  }

  /// Refuses fields that are not among these: one that is not known could change the result.
  void only(String... known) throws FormatException {
    var names = Set.of(known);
    for (var field : object.fields().keySet()) {
      if (!names.contains(field)) {
        throw fault("%s has the setting \"%s\", which is not supported".formatted(name, field));
      }
    }
  }

  boolean has(String field) {
    return !(object.at(field) instanceof Json.Null);
  }

  boolean truth(String field, boolean otherwise) throws FormatException {
    return switch (object.at(field)) {
      case Json.Null _ -> otherwise;
      case Json.Bool(var value) -> value;
      default -> throw wrong(field, "true or false");
    };
  }

  String text(String field) throws FormatException {
    if (object.at(field) instanceof Json.Str(var value)) {
      return value;
    }
    throw wrong(field, "a text");
  }

  String text(String field, String otherwise) throws FormatException {
    return has(field) ? text(field) : otherwise;
  }

  int number(String field) throws FormatException {
    return number(object.at(field), "\"%s\" of %s".formatted(field, name));
  }

  int number(Json json, String what) throws FormatException {
    if (json instanceof Json.Num(var digits) && digits.matches("\\d{1,9}")) {
      return Integer.parseInt(digits);
    }
    throw fault("%s is %s, not a small whole number".formatted(what, json.text()));
  }

  Optional<Integer> optionalNumber(String field) throws FormatException {
    return has(field) ? Optional.of(number(field)) : Optional.empty();
  }

  List<Json> list(String field) throws FormatException {
    if (object.at(field) instanceof Json.Arr(var items)) {
      return items;
    }
    throw wrong(field, "a list");
  }

  JsonFields object(String field) throws FormatException {
    if (object.at(field) instanceof Json.Obj) {
      return of(file, field, object.at(field));
    }
    throw wrong(field, "an object");
  }

  /// The objects of a list.
  List<JsonFields> objects(String field) throws FormatException {
    var objects = new ArrayList<JsonFields>();
    for (var item : list(field)) {
      objects.add(of(file, "an item of \"%s\"".formatted(field), item));
    }
    return objects;
  }

  FormatException wrong(String field, String fits) {
    return fault(
        "\"%s\" of %s is %s; it must be %s".formatted(field, name, object.at(field).text(), fits));
  }
}
