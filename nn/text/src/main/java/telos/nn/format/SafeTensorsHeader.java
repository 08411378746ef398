package telos.nn.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a safetensors file says it holds, every claim checked against the file's length before any
/// of it is used.
///
/// Layout: 8 bytes n (little-endian) · n bytes of JSON · data. The JSON object maps each name to
/// `{"dtype", "shape", "data_offsets": [begin, end]}`, offsets counted from the start of the data,
/// and optionally `__metadata__` to an object of strings. Whitespace around the object is accepted.
///
/// @param metadata the entries of `__metadata__`
/// @param entries the tensors by increasing offset; they fill the data without hole or overlap
/// @param dataStart position of the first data byte in the file
public record SafeTensorsHeader(Map<String, String> metadata, List<Entry> entries, long dataStart) {
  /// One tensor of the file.
  ///
  /// @param name its name
  /// @param type its element type
  /// @param shape its extents, outermost first
  /// @param begin first byte, counted from the start of the data
  /// @param end one past the last byte
  public record Entry(String name, StoredType type, List<Long> shape, long begin, long end) {
    /// Bytes of data.
    public long bytes() {
      return end - begin;
    }
  }

  static final String METADATA = "__metadata__";
  static final int MAX_HEADER = 100_000_000;
  private static final int MAX_TENSORS = 1_000_000;
  static final int MAX_NAME = 4096;
  static final int MAX_RANK = 16;
  private static final JsonFactory JSON = Json.Reading.strict(8);
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Copies, keeping the order.
  public SafeTensorsHeader {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    entries = List.copyOf(entries);
  }

  /// Reads and checks the header of a whole file.
  ///
  /// @param source what to call the file in an error
  static SafeTensorsHeader read(String source, MemorySegment file) throws IOException {
    long size = file.byteSize();
    if (size < 8) {
      throw new FormatException(
          "%s: has %d bytes, a safetensors file has at least 8 for the length of its header"
              .formatted(source, size));
    }
    long length = file.get(LENGTH, 0);
    if (length < 0 || length > MAX_HEADER) {
      throw new FormatException(
          "%s: says its header has %s bytes, more than the %d a safetensors header may have"
              .formatted(source, Long.toUnsignedString(length), MAX_HEADER));
    }
    if (8 + length > size) {
      throw new FormatException(
          "%s: says its header has %d bytes, but only %d follow the first 8"
              .formatted(source, length, size - 8));
    }
    byte[] json = file.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE);
    checkUtf8(source, json);
    var header = new Parsing(source).parse(json);
    checkOffsets(source, header.entries(), size - header.dataStart());
    return header;
  }

  private static void checkUtf8(String source, byte[] json) throws FormatException {
    var decoder = StandardCharsets.UTF_8.newDecoder();
    var in = ByteBuffer.wrap(json);
    var out = CharBuffer.allocate(1 << 13);
    while (true) {
      var result = decoder.decode(in, out.clear(), true);
      if (result.isError()) {
        throw new FormatException(
            "%s: the header is not well-formed UTF-8 at byte %d"
                .formatted(source, 8 + in.position()));
      }
      if (result.isUnderflow()) {
        return;
      }
    }
  }

  private static void checkOffsets(String source, List<Entry> entries, long dataLength)
      throws FormatException {
    long previous = 0;
    for (var entry : entries) {
      if (entry.begin() != previous || entry.end() < entry.begin()) {
        throw fault(
            source,
            entry.name(),
            "has data_offsets [%d, %d], but must begin at %d, where the tensor before it ends, and not end before"
                .formatted(entry.begin(), entry.end(), previous));
      }
      checkSize(source, entry);
      previous = entry.end();
    }
    if (previous != dataLength) {
      throw new FormatException(
          "%s: its tensors end at byte %d of the data, but the file has %d bytes of data"
              .formatted(source, previous, dataLength));
    }
  }

  private static void checkSize(String source, Entry entry) throws FormatException {
    long bits = 1;
    try {
      for (long extent : entry.shape()) {
        bits = Math.multiplyExact(bits, extent);
      }
      bits = Math.multiplyExact(bits, (long) entry.type().bits());
    } catch (ArithmeticException e) {
      throw new FormatException(
          "%s: tensor \"%s\" has shape %s of %s, whose size in bits overflows 64 bits"
              .formatted(source, entry.name(), entry.shape(), entry.type()),
          e);
    }
    if (bits % 8 != 0) {
      throw fault(
          source,
          entry.name(),
          "has shape %s of %s, %d bits, not a whole number of bytes"
              .formatted(entry.shape(), entry.type(), bits));
    }
    if (entry.bytes() != bits / 8) {
      throw fault(
          source,
          entry.name(),
          "has shape %s of %s, %d bytes, but data_offsets [%d, %d] of %d bytes"
              .formatted(
                  entry.shape(),
                  entry.type(),
                  bits / 8,
                  entry.begin(),
                  entry.end(),
                  entry.bytes()));
    }
  }

  private static FormatException fault(String source, String name, String what) {
    return new FormatException("%s: tensor \"%s\" %s".formatted(source, name, what));
  }

  /// The JSON of one header, read as a stream of tokens so that memory follows what is accepted.
  private record Parsing(String source) {
    SafeTensorsHeader parse(byte[] json) throws IOException {
      var text =
          new InputStreamReader(
              new ByteArrayInputStream(json), StandardCharsets.UTF_8.newDecoder());
      try (var parser = JSON.createParser(text)) {
        expect(parser, parser.nextToken(), JsonToken.START_OBJECT, "the header", "an object");
        Map<String, String> metadata = Map.of();
        var entries = new ArrayList<Entry>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          var name = parser.currentName();
          parser.nextToken();
          if (name.equals(METADATA)) {
            metadata = metadata(parser);
          } else {
            entries.add(entry(parser, checked(name, entries.size())));
          }
        }
        if (parser.nextToken() != null) {
          throw new FormatException("%s: the header has more after its object".formatted(source));
        }
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        return new SafeTensorsHeader(metadata, entries, 8L + json.length);
      } catch (JsonProcessingException e) {
        throw Json.malformed("%s: the header".formatted(source), e);
      }
    }

    private String checked(String name, int before) throws FormatException {
      if (before >= MAX_TENSORS) {
        throw new FormatException("%s: has more than %d tensors".formatted(source, MAX_TENSORS));
      }
      if (name.length() > MAX_NAME) {
        throw new FormatException(
            "%s: has a tensor name of %d characters, more than %d"
                .formatted(source, name.length(), MAX_NAME));
      }
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
        throw fault(
            source, name.replaceAll("\\p{Cs}", "?"), "has half a surrogate pair in its name");
      }
      return name;
    }

    private Map<String, String> metadata(JsonParser parser) throws IOException {
      expect(parser, parser.currentToken(), JsonToken.START_OBJECT, METADATA, "an object");
      var metadata = new LinkedHashMap<String, String>();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        var key = parser.currentName();
        var what = METADATA + " \"" + key + "\"";
        expect(parser, parser.nextToken(), JsonToken.VALUE_STRING, what, "a string");
        metadata.put(key, parser.getText());
      }
      return metadata;
    }

    private Entry entry(JsonParser parser, String name) throws IOException {
      var what = "tensor \"" + name + "\"";
      expect(parser, parser.currentToken(), JsonToken.START_OBJECT, what, "an object");
      StoredType type = null;
      List<Long> shape = null;
      List<Long> offsets = null;
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        var field = parser.currentName();
        parser.nextToken();
        switch (field) {
          case "dtype" -> type = type(parser, name);
          case "shape" -> shape = integers(parser, what + " shape", MAX_RANK);
          case "data_offsets" -> offsets = integers(parser, what + " data_offsets", 2);
          default -> parser.skipChildren();
        }
      }
      if (offsets != null && offsets.size() != 2) {
        throw fault(source, name, "has data_offsets %s instead of [begin, end]".formatted(offsets));
      }
      var given = present(offsets, name, "data_offsets");
      return new Entry(
          name,
          present(type, name, "dtype"),
          present(shape, name, "shape"),
          given.getFirst(),
          given.getLast());
    }

    private <T> T present(@Nullable T value, String name, String field) throws FormatException {
      if (value == null) {
        throw fault(source, name, "has no %s".formatted(field));
      }
      return value;
    }

    private StoredType type(JsonParser parser, String name) throws IOException {
      expect(
          parser,
          parser.currentToken(),
          JsonToken.VALUE_STRING,
          "tensor \"" + name + "\" dtype",
          "a string");
      var text = parser.getText();
      for (var type : StoredType.values()) {
        if (type.name().equals(text)) {
          return type;
        }
      }
      throw fault(source, name, "has dtype \"%s\", which does not exist".formatted(text));
    }

    private List<Long> integers(JsonParser parser, String what, int most) throws IOException {
      expect(parser, parser.currentToken(), JsonToken.START_ARRAY, what, "an array");
      var values = new ArrayList<Long>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (values.size() == most) {
          throw new FormatException(
              "%s: %s has more than %d numbers".formatted(source, what, most));
        }
        expect(parser, parser.currentToken(), JsonToken.VALUE_NUMBER_INT, what, "whole numbers");
        values.add(natural(parser.getText(), what));
      }
      return List.copyOf(values);
    }

    private long natural(String digits, String what) throws FormatException {
      if (digits.startsWith("-")
          || digits.length() > 19
          || digits.compareTo(MOST) > 0 && digits.length() == 19) {
        throw new FormatException(
            "%s: %s has %s, not a number from 0 to %s".formatted(source, what, digits, MOST));
      }
      return Long.parseLong(digits);
    }

    private static final String MOST = Long.toString(Long.MAX_VALUE);

    private void expect(
        JsonParser parser, @Nullable JsonToken found, JsonToken wanted, String what, String kind)
        throws IOException {
      if (found != wanted) {
        throw new FormatException(
            "%s: %s must be %s, at column %d of the header"
                .formatted(source, what, kind, parser.currentTokenLocation().getColumnNr()));
      }
    }
  }
}
