package telos.rl.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.nn.format.JsonFields;
import telos.rl.environment.Space;
import telos.tensor.DType;

/// Spaces as Minari writes them (`minari/serialization.py`), which is JSON as Python writes it:
/// with the words `Infinity`, `-Infinity` and `NaN` where RFC 8259 has no number.
final class SpaceJson {
  private static final JsonFactory PYTHON =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private SpaceJson() {}

  /// Reads a value whose numbers may be the words above; those become texts.
  static Json lenient(String source, byte[] utf8) throws FormatException {
    var strict = new ByteArrayOutputStream();
    try (var parser = PYTHON.createParser(utf8);
        var generator = PYTHON.createGenerator(strict)) {
      for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.VALUE_NUMBER_FLOAT && parser.isNaN()) {
          generator.writeString(parser.getText());
        } else {
          generator.copyCurrentEvent(parser);
        }
      }
    } catch (IOException e) {
      throw new FormatException(
          "%s: not valid JSON: %s"
              .formatted(source, String.valueOf(e.getMessage()).lines().findFirst().orElse("")),
          e);
    }
    return Json.read(source, strict.toByteArray());
  }

  /// The space that a field of JSON text describes.
  ///
  /// @param source what to call the text in an error
  static Space<?> read(String source, String text) throws FormatException {
    Json json = lenient(source, text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return space(JsonFields.of(source, "the space", json));
  }

  private static Space<?> space(JsonFields json) throws FormatException {
    try {
      return switch (json.type()) {
        case "Box" -> box(json);
        case "Discrete" -> new Space.Discrete(integer(json, "n"), integer(json, "start"));
        case "MultiDiscrete" ->
            new Space.MultiDiscrete(integers(json, "nvec"), integers(json, "start"));
        case "MultiBinary" -> new Space.MultiBinary(integer(json, "n"));
        case "Text" ->
            new Space.Text(
                json.number("min_length"), json.number("max_length"), json.text("charset"));
        case "Dict" -> dict(json.object("subspaces"));
        case "Tuple" -> tuple(json);
        default ->
            throw json.wrong(
                "type", "Box, Discrete, MultiDiscrete, MultiBinary, Text, Dict or Tuple");
      };
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new FormatException("%s: %s".formatted(json.file(), e.getMessage()), e);
    }
  }

  private static Space<?> tuple(JsonFields json) throws FormatException {
    List<Space<?>> parts = new ArrayList<>();
    for (var part : json.objects("subspaces")) {
      parts.add(space(part));
    }
    return new Space.Tuple(parts);
  }

  private static Space<?> dict(JsonFields subspaces) throws FormatException {
    Map<String, Space<?>> parts = new LinkedHashMap<>();
    for (var part : subspaces.object().fields().entrySet()) {
      parts.put(
          part.getKey(), space(JsonFields.of(subspaces.file(), part.getKey(), part.getValue())));
    }
    return new Space.Dict(parts);
  }

  private static Space<?> box(JsonFields json) throws FormatException {
    List<Integer> shape = new ArrayList<>();
    for (var extent : json.list("shape")) {
      shape.add(json.number(extent, "an extent of \"shape\""));
    }
    return new Space.Box(bounds(json, "low", shape), bounds(json, "high", shape), shape);
  }

  private static float[] bounds(JsonFields json, String field, List<Integer> shape)
      throws FormatException {
    List<Float> bounds = new ArrayList<>();
    collect(json, field, json.object().at(field), shape, bounds);
    float[] flat = new float[bounds.size()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = bounds.get(i);
    }
    return flat;
  }

  private static void collect(
      JsonFields json, String field, Json part, List<Integer> shape, List<Float> into)
      throws FormatException {
    if (shape.isEmpty()) {
      into.add(bound(json, field, part));
    } else if (part instanceof Json.Arr(var items) && items.size() == shape.getFirst()) {
      for (var item : items) {
        collect(json, field, item, shape.subList(1, shape.size()), into);
      }
    } else {
      throw json.fault("\"%s\" is not nested as \"shape\" says".formatted(field));
    }
  }

  private static float bound(JsonFields json, String field, Json part) throws FormatException {
    return switch (part) {
      case Json.Num(var digits) -> Float.parseFloat(digits);
      case Json.Str(var word) when word.matches("[-+]?(Infinity|INF)") ->
          word.startsWith("-") ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
      default ->
          throw json.fault("\"%s\" holds %s, which is no bound".formatted(field, part.text()));
    };
  }

  private static int integer(JsonFields json, String field) throws FormatException {
    return integer(json, field, json.object().at(field));
  }

  private static int integer(JsonFields json, String field, Json part) throws FormatException {
    if (part instanceof Json.Num(var digits) && digits.matches("-?\\d{1,10}")) {
      long value = Long.parseLong(digits);
      if (value == (int) value) {
        return (int) value;
      }
    }
    throw json.fault(
        "\"%s\" of %s is %s; telos reads whole numbers of 32 bits there"
            .formatted(field, json.type(), part.text()));
  }

  private static int[] integers(JsonFields json, String field) throws FormatException {
    List<Json> items = json.list(field);
    int[] integers = new int[items.size()];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = integer(json, field, items.get(i));
    }
    return integers;
  }

  /// What Minari writes for a space.
  ///
  /// @param column whose element types are to be named; without one those of a box are float32
  static Json write(Space<?> space, @Nullable Column column) {
    return switch (space) {
      case Space.Box box -> box(box, column);
      case Space.Discrete(int n, int start) ->
          Json.of(fields("Discrete", "dtype", "int64", "start", start, "n", n));
      case Space.MultiDiscrete(int[] n, int[] start) ->
          Json.of(fields("MultiDiscrete", "dtype", "int64", "nvec", list(n), "start", list(start)));
      case Space.MultiBinary(int n) -> Json.of(fields("MultiBinary", "n", n));
      case Space.Text(int min, int max, String alphabet) ->
          Json.of(fields("Text", "max_length", max, "min_length", min, "charset", alphabet));
      case Space.Dict(var parts) -> {
        var subspaces = new LinkedHashMap<String, Json>();
        parts.forEach((name, part) -> subspaces.put(name, write(part, field(column, name))));
        yield Json.of(fields("Dict", "subspaces", subspaces));
      }
      case Space.Tuple(var parts) -> {
        var subspaces = new ArrayList<Json>();
        parts.forEach(part -> subspaces.add(write(part, part(column, subspaces.size()))));
        yield Json.of(fields("Tuple", "subspaces", subspaces));
      }
    };
  }

  private static @Nullable Column field(@Nullable Column column, String name) {
    return column instanceof Column.Fields(var fields) ? fields.get(name) : null;
  }

  private static @Nullable Column part(@Nullable Column column, int i) {
    return column instanceof Column.Parts(var parts) ? parts.get(i) : null;
  }

  private static Json box(Space.Box box, @Nullable Column column) {
    DType dtype = column instanceof Column.Numbers(var values) ? values.dtype() : DType.F32;
    boolean whole = dtype == DType.I32 && whole(box.low()) && whole(box.high());
    String name = whole ? "int32" : dtype == DType.F64 ? "float64" : "float32";
    return Json.of(
        fields(
            "Box",
            "dtype",
            name,
            "shape",
            box.shape(),
            "low",
            nested(box.low(), box.shape(), whole),
            "high",
            nested(box.high(), box.shape(), whole)));
  }

  /// Whether an integer type can name these bounds.
  private static boolean whole(float[] bounds) {
    for (float bound : bounds) {
      if (bound != (int) bound) {
        return false;
      }
    }
    return true;
  }

  private static Map<String, Object> fields(String type, Object... namesAndValues) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("type", type);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return fields;
  }

  private static List<Integer> list(int[] values) {
    return IntStream.of(values).boxed().toList();
  }

  /// Bounds as lists in lists, the way `numpy.ndarray.tolist` gives them.
  private static Json nested(float[] values, List<Integer> shape, boolean whole) {
    if (shape.isEmpty()) {
      return new Json.Num(whole ? Integer.toString((int) values[0]) : Double.toString(values[0]));
    }
    var items = new ArrayList<Json>();
    int size = values.length / Math.max(1, shape.getFirst());
    for (int i = 0; i < shape.getFirst(); i++) {
      float[] part = Arrays.copyOfRange(values, i * size, (i + 1) * size);
      items.add(nested(part, shape.subList(1, shape.size()), whole));
    }
    return new Json.Arr(items);
  }
}
