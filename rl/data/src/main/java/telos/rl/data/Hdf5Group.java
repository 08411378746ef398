package telos.rl.data;

import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import java.lang.reflect.Array;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import telos.nn.format.FormatException;
import telos.nn.format.Json;

/// A group of an [Hdf5] file.
///
/// @param name in the file, empty for the root
record Hdf5Group(Hdf5 file, Group group, String name) {
  /// Groups within groups, or parts of an attribute's name, at most: a group may be within itself.
  private static final int MOST_DEPTH = 32;

  /// Its name in a message.
  String place() {
    return name.isEmpty() ? "the root" : name;
  }

  Set<String> names() throws FormatException {
    return new TreeSet<>(file.checked(place(), () -> group.getChildren().keySet()));
  }

  boolean has(String name) throws FormatException {
    return names().contains(name);
  }

  private String at(String child) {
    return name.isEmpty() ? child : name + "/" + child;
  }

  private Node node(String name) throws FormatException {
    Node node = file.checked(at(name), () -> group.getChildren().get(name));
    if (node == null) {
      throw file.fault(at(name), "is missing; it has " + names());
    }
    if (node.isLink()) {
      throw file.fault(at(name), "is a link, and links are not followed");
    }
    return node;
  }

  boolean isGroup(String name) throws FormatException {
    return node(name) instanceof Group;
  }

  Hdf5Group group(String name) throws FormatException {
    if (node(name) instanceof Group child) {
      if (at(name).split("/", -1).length > MOST_DEPTH) {
        throw file.fault(at(name), "is deeper than %d groups".formatted(MOST_DEPTH));
      }
      return new Hdf5Group(file, child, at(name));
    }
    throw file.fault(at(name), "is no group, which it must be");
  }

  Hdf5Dataset dataset(String name) throws FormatException {
    if (node(name) instanceof Dataset dataset) {
      return new Hdf5Dataset(file, dataset, at(name));
    }
    throw file.fault(at(name), "is no dataset, which it must be");
  }

  /// Its attributes; a name such as `options/gravity` is a field of an object.
  Json.Obj attributes() throws FormatException {
    Map<String, Object> all = new LinkedHashMap<>();
    for (var entry : new TreeMap<>(attributesByName()).entrySet()) {
      String name = entry.getKey();
      if (name.split("/", -1).length > MOST_DEPTH) {
        throw file.fault(
            place(), "has an attribute whose name has more than %d parts".formatted(MOST_DEPTH));
      }
      put(all, name, value(name, entry.getValue()));
    }
    return (Json.Obj) Json.of(all);
  }

  private Map<String, Attribute> attributesByName() throws FormatException {
    return file.checked(place(), group::getAttributes);
  }

  @SuppressWarnings("unchecked")
  private void put(Map<String, Object> into, String name, Object value) throws FormatException {
    int slash = name.indexOf('/');
    if (slash < 0) {
      into.put(name, value);
    } else {
      Object below = into.computeIfAbsent(name.substring(0, slash), _ -> new LinkedHashMap<>());
      if (!(below instanceof Map)) {
        throw file.fault(place(), "has the attribute %s twice".formatted(name.substring(0, slash)));
      }
      put((Map<String, Object>) below, name.substring(slash + 1), value);
    }
  }

  private Object value(String name, Attribute attribute) throws FormatException {
    Object data =
        file.checked(
            at(name),
            () -> {
              Object read = attribute.getData();
              return read == null ? List.of() : read;
            });
    return json(data, attribute);
  }

  private static Object json(Object data, Attribute attribute) {
    if (data.getClass().isArray()) {
      var items = new ArrayList<>();
      for (int i = 0; i < Array.getLength(data); i++) {
        items.add(json(Array.get(data, i), attribute));
      }
      return items;
    }
    return switch (data) {
      case Byte number -> number.intValue();
      case Short number -> number.intValue();
      case Float number when !Float.isFinite(number) -> number.toString();
      case Double number when !Double.isFinite(number) -> number.toString();
      case Float _, Double _, Integer _, Long _, Boolean _, List<?> _ -> data;
      case BigInteger number -> new Json.Num(number.toString());
      default ->
          Hdf5Dataset.isFlag(attribute.getDataType()) ? data.equals("TRUE") : data.toString();
    };
  }
}
