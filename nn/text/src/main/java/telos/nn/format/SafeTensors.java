package telos.nn.format;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Named tensors in a file: the safetensors format of Hugging Face, the one that holds data only.
///
/// Reading makes every check of [SafeTensorsHeader] before it allocates; what it then allocates is
/// at most four times the file (bytes widened to I32). NaN and infinities are data like any other.
/// Writing gives the bytes of the reference implementation: tensors by descending type, then by
/// name in UTF-8 order; the header padded with spaces to a multiple of 8.
public final class SafeTensors {
  static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private SafeTensors() {}

  /// What the file holds, without reading the data.
  ///
  /// @throws FormatException when the file is malformed
  public static SafeTensorsHeader inspect(Path file) throws IOException {
    try (var in = open(file)) {
      return SafeTensorsHeader.read(file.toString(), in, Files.size(file));
    }
  }

  /// The statistics of every tensor of the file whose numbers telos knows, by name. The data passes
  /// through a block of fixed size.
  ///
  /// @throws FormatException when the file is malformed
  public static SequencedMap<String, TensorStatistics> statistics(Path file) throws IOException {
    var statistics = new LinkedHashMap<String, TensorStatistics>();
    try (var in = open(file)) {
      for (var entry : SafeTensorsHeader.read(file.toString(), in, Files.size(file)).entries()) {
        if (TensorStatistics.knows(entry.type())) {
          statistics.put(entry.name(), TensorStatistics.of(file.toString(), in, entry));
        } else {
          in.skipNBytes(entry.bytes());
        }
      }
    }
    return statistics;
  }

  /// Every tensor of the file, by name, on the current device. BF16 and F16 become F32; U8, I8, I16
  /// and I64 become I32.
  ///
  /// @throws FormatException when the file is malformed, holds a type that telos does not load, or
  ///   a 64-bit integer that does not fit 32 bits
  public static Map<String, Tensor> read(Path file) throws IOException {
    return read(file, Long.MAX_VALUE);
  }

  /// As [#read(Path)], refusing files larger than `limit` bytes.
  public static Map<String, Tensor> read(Path file, long limit) throws IOException {
    try (var in = open(file)) {
      long size = Files.size(file);
      if (size > limit) {
        throw new FormatException(
            "%s: has %d bytes, more than the limit of %d".formatted(file, size, limit));
      }
      return read(file.toString(), in, size);
    }
  }

  /// Writes the tensors so that the file is whole or absent: F32 stays F32, metadata is `{"format":
  /// "pt"}`, which Hugging Face's loaders ask for.
  public static void write(Path file, Map<String, Tensor> tensors) throws IOException {
    write(file, tensors, StoredType.F32, PYTORCH);
  }

  /// Writes the tensors so that the file is whole or absent.
  ///
  /// @param floats how F32 tensors are stored: F32, or BF16 or F16 rounded to nearest, ties to even
  /// @param metadata the entries of `__metadata__`, none if empty
  /// @throws IllegalArgumentException for another type, or a name the format cannot hold
  public static void write(
      Path file, Map<String, Tensor> tensors, StoredType floats, Map<String, String> metadata)
      throws IOException {
    if (floats != StoredType.F32 && floats != StoredType.BF16 && floats != StoredType.F16) {
      throw new IllegalArgumentException(
          "F32 tensors can be stored as F32, BF16 or F16, not as %s".formatted(floats));
    }
    AtomicFiles.write(file, out -> write(out, tensors, floats, metadata));
  }

  static void write(
      OutputStream out,
      Map<String, Tensor> tensors,
      StoredType floats,
      Map<String, String> metadata)
      throws IOException {
    var rows = rows(tensors, floats);
    byte[] header = header(rows, metadata);
    out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
    out.write(header);
    for (var row : rows) {
      Elements.write(out, row.tensor().toArray(), row.type());
    }
  }

  private record Row(String name, byte[] key, StoredType type, Tensor tensor) {}

  private static List<Row> rows(Map<String, Tensor> tensors, StoredType floats) {
    var rows = new ArrayList<Row>();
    tensors.forEach((name, tensor) -> {
      checkName(name);
      var type = tensor.dtype() == DType.F32 ? floats : StoredType.of(tensor.dtype());
      rows.add(new Row(name, name.getBytes(StandardCharsets.UTF_8), type, tensor));
    });
    rows.sort((a, b) ->
        a.type() == b.type()
            ? Arrays.compareUnsigned(a.key(), b.key())
            : b.type().compareTo(a.type()));
    return rows;
  }

  private static void checkName(String name) {
    if (name.equals(SafeTensorsHeader.METADATA)
        || name.length() > SafeTensorsHeader.MAX_NAME
        || !StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
      throw new IllegalArgumentException(
          "a safetensors file cannot hold a tensor named \"%s\": %s is reserved, names have at most %d characters and no half surrogate pairs"
              .formatted(
                  name.length() > 80 ? name.substring(0, 80) + "..." : name,
                  SafeTensorsHeader.METADATA,
                  SafeTensorsHeader.MAX_NAME));
    }
  }

  private static byte[] header(List<Row> rows, Map<String, String> metadata) throws IOException {
    var json = new StringBuilder("{");
    if (!metadata.isEmpty()) {
      quote(json, SafeTensorsHeader.METADATA).append(":{");
      metadata.forEach((key, value) -> quote(quote(json, key).append(':'), value).append(','));
      json.setCharAt(json.length() - 1, '}');
      json.append(',');
    }
    long offset = 0;
    for (var row : rows) {
      long end = offset + (long) row.tensor().size() * row.type().bits() / 8;
      quote(json, row.name()).append(":{\"dtype\":\"").append(row.type()).append("\",\"shape\":[");
      json.append(
          String.join(
              ",",
              Arrays.stream(row.tensor().shape().dims()).mapToObj(Integer::toString).toList()));
      json.append("],\"data_offsets\":[").append(offset).append(',').append(end).append("]},");
      offset = end;
    }
    if (json.length() > 1) {
      json.setLength(json.length() - 1);
    }
    byte[] bytes = json.append('}').toString().getBytes(StandardCharsets.UTF_8);
    int padded = Math.addExact(bytes.length, 7) & -8;
    if (padded > SafeTensorsHeader.MAX_HEADER) {
      throw new IOException(
          "a safetensors header of %d bytes is more than the %d the format allows"
              .formatted(padded, SafeTensorsHeader.MAX_HEADER));
    }
    var result = Arrays.copyOf(bytes, padded);
    Arrays.fill(result, bytes.length, padded, (byte) ' ');
    return result;
  }

  /// A JSON string with the fewest escapes, as the reference writes it.
  private static StringBuilder quote(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> out.append(c < 0x20 ? "\\u%04x".formatted((int) c) : Character.toString(c));
      }
    }
    return out.append('"');
  }

  /// Reads header and data from a stream of `size` bytes.
  static Map<String, Tensor> read(String source, InputStream in, long size) throws IOException {
    var header = SafeTensorsHeader.read(source, in, size);
    for (var entry : header.entries()) {
      checkLoadable(source, entry);
    }
    var tensors = new LinkedHashMap<String, Tensor>();
    for (var entry : header.entries()) {
      tensors.put(entry.name(), tensor(source, in, entry));
    }
    return Collections.unmodifiableMap(tensors);
  }

  private static void checkLoadable(String source, SafeTensorsHeader.Entry entry)
      throws FormatException {
    if (entry.type().dtype() == null) {
      throw new FormatException(
          "%s: tensor \"%s\" has dtype %s, which telos does not load; it loads BOOL, U8, I8, I16, F16, BF16, I32, F32, F64 and I64"
              .formatted(source, entry.name(), entry.type()));
    }
    long elements = 1;
    for (long extent : entry.shape()) {
      elements *= Math.max(extent, 1);
      if (extent > Integer.MAX_VALUE || elements > Integer.MAX_VALUE) {
        throw new FormatException(
            "%s: tensor \"%s\" has shape %s, more than the 2^31 - 1 elements one tensor can hold"
                .formatted(source, entry.name(), entry.shape()));
      }
    }
  }

  private static Tensor tensor(String source, InputStream in, SafeTensorsHeader.Entry entry)
      throws IOException {
    var shape = Shape.of(entry.shape().stream().mapToInt(Long::intValue).toArray());
    var dtype = java.util.Objects.requireNonNull(entry.type().dtype());
    var where = "%s: tensor \"%s\"".formatted(source, entry.name());
    return Tensor.of(Elements.read(where, in, entry.type(), shape.size()), dtype, shape);
  }

  private static InputStream open(Path file) throws IOException {
    try {
      if (!Files.isRegularFile(file)) {
        throw new IOException(Files.exists(file) ? "not a file" : "no such file");
      }
      return new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    } catch (IOException e) {
      throw new IOException("cannot read %s: %s".formatted(file, AtomicFiles.reason(e)), e);
    }
  }
}
