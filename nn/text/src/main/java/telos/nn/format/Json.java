package telos.nn.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A JSON value (RFC 8259) as plain immutable data, for the small files around a model: manifests,
/// tokenizers, data lines. Objects keep the order of their fields; numbers keep the digits they
/// were written with, so a 64-bit counter survives.
///
/// Reading is strict: one value, no duplicate keys, nesting at most 64, numbers of at most 64
/// digits, well-formed UTF-8.
public sealed interface Json {
  /// An object, in the order of the file.
  ///
  /// @param fields name to value
  record Obj(Map<String, Json> fields) implements Json {
    /// Copies the fields, keeping their order.
    public Obj {
      fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /// The value of a field, [Null] where it is absent.
    public Json at(String name) {
      return fields.getOrDefault(name, Null.NULL);
    }
  }

  /// An array.
  ///
  /// @param items its values in order
  record Arr(List<Json> items) implements Json {
    /// Copies the items.
    public Arr {
      items = List.copyOf(items);
    }
  }

  /// A string.
  ///
  /// @param value its characters, escapes resolved
  record Str(String value) implements Json {}

  /// A number.
  ///
  /// @param digits as written, for example `1e-5`
  record Num(String digits) implements Json {}

  /// A truth value.
  ///
  /// @param value true or false
  record Bool(boolean value) implements Json {}

  /// The value `null`, and what an absent field reads as.
  enum Null implements Json {
    /// The only one.
    NULL
  }

  /// The JSON form of plain Java data: null, `Json`, `CharSequence`, `Boolean`, `Integer`, `Long`,
  /// finite `Float` and `Double` (written so that they read back to the same bits), `Map` with
  /// string keys, `Iterable`.
  ///
  /// @throws IllegalArgumentException for anything else, naming its type
  static Json of(@org.jspecify.annotations.Nullable Object value) {
    return switch (value) {
      case null -> Null.NULL;
      case Json json -> json;
      case CharSequence text -> new Str(text.toString());
      case Boolean truth -> new Bool(truth);
      case Integer number -> new Num(number.toString());
      case Long number -> new Num(number.toString());
      case Float number when Float.isFinite(number) -> new Num(number.toString());
      case Double number when Double.isFinite(number) -> new Num(number.toString());
      case Map<?, ?> map -> {
        var fields = new LinkedHashMap<String, Json>();
        map.forEach((name, item) -> fields.put((String) name, of(item)));
        yield new Obj(fields);
      }
      case Iterable<?> items -> {
        var list = new ArrayList<Json>();
        items.forEach(item -> list.add(of(item)));
        yield new Arr(list);
      }
      default ->
          throw new IllegalArgumentException(
              "JSON has no form for the %s %s; give text, booleans, integers, finite numbers, maps or lists"
                  .formatted(value.getClass().getSimpleName(), value));
    };
  }

  /// Reads one value from UTF-8 bytes.
  ///
  /// @param source what to call the bytes in an error: a file name, or a file name and line
  /// @throws FormatException when they are not well-formed UTF-8 or not one JSON value
  static Json read(String source, byte[] utf8) throws FormatException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new FormatException("%s: is not well-formed UTF-8".formatted(source), e);
    }
    try (var parser = Reading.FACTORY.createParser(new StringReader(text))) {
      if (parser.nextToken() == null) {
        throw new FormatException("%s: there is no JSON value".formatted(source));
      }
      var value = Reading.value(parser);
      if (parser.nextToken() != null) {
        throw new FormatException(
            "%s: there is more after the JSON value, at column %d"
                .formatted(source, parser.currentTokenLocation().getColumnNr()));
      }
      return value;
    } catch (JsonProcessingException e) {
      throw malformed(source, e);
    } catch (FormatException e) {
      throw e;
    } catch (IOException e) {
      throw new FormatException("%s: %s".formatted(source, e.getMessage()), e);
    }
  }

  /// The exception for what the tokenizer below refused.
  static FormatException malformed(String source, JsonProcessingException e) {
    var what = e.getOriginalMessage().lines().findFirst().orElse("malformed");
    var at = e.getLocation();
    var where =
        switch (at) {
          case null -> "";
          case JsonLocation l when l.getLineNr() == 1 -> " at column %d".formatted(l.getColumnNr());
          default -> " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
        };
    return new FormatException("%s: not valid JSON%s: %s".formatted(source, where, what), e);
  }

  /// Compact text of this value; [#read] gives it back.
  default String text() {
    var out = new StringWriter();
    try (var generator = Reading.FACTORY.createGenerator(out)) {
      Reading.write(this, generator);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString();
  }

  /// The recursive descent behind [#read] and [#text]; its depth is bounded by the nesting limit.
  final class Reading {
    static final JsonFactory FACTORY = strict(64);

    private Reading() {}

    /// A factory that refuses duplicate keys and anything nested deeper than `depth`.
    static JsonFactory strict(int depth) {
      return JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(depth)
                  .maxNumberLength(64)
                  .maxNameLength(100_000)
                  .maxStringLength(100_000_000)
                  .build())
          .build();
    }

    private static Json value(JsonParser parser) throws IOException {
      return switch (parser.currentToken()) {
        case null -> throw new IllegalStateException("no token");
        case START_OBJECT -> object(parser);
        case START_ARRAY -> array(parser);
        case VALUE_STRING -> new Str(parser.getText());
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Num(parser.getText());
        case VALUE_TRUE -> new Bool(true);
        case VALUE_FALSE -> new Bool(false);
        case VALUE_NULL -> Null.NULL;
        default -> throw new IllegalStateException("unexpected token " + parser.currentToken());
      };
    }

    private static Obj object(JsonParser parser) throws IOException {
      var fields = new LinkedHashMap<String, Json>();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        var name = parser.currentName();
        parser.nextToken();
        fields.put(name, value(parser));
      }
      return new Obj(fields);
    }

    private static Arr array(JsonParser parser) throws IOException {
      var items = new ArrayList<Json>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        items.add(value(parser));
      }
      return new Arr(items);
    }

    private static void write(Json json, JsonGenerator out) throws IOException {
      switch (json) {
        case Obj(var fields) -> {
          out.writeStartObject();
          for (var field : fields.entrySet()) {
            out.writeFieldName(field.getKey());
            write(field.getValue(), out);
          }
          out.writeEndObject();
        }
        case Arr(var items) -> {
          out.writeStartArray();
          for (var item : items) {
            write(item, out);
          }
          out.writeEndArray();
        }
        case Str(var value) -> out.writeString(value);
        case Num(var digits) -> out.writeNumber(digits);
        case Bool(var value) -> out.writeBoolean(value);
        case Null _ -> out.writeNull();
      }
    }
  }
}
