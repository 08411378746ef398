package telos.nn.format;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Named tensors in a file: the safetensors format of Hugging Face, the one that holds data only.
///
/// Reading maps the file and makes every check of [SafeTensorsHeader] before it allocates; what it
/// then allocates is at most four times the file (bytes widened to I32). NaN and infinities are
/// data like any other. Writing gives the bytes of the reference implementation: tensors by
/// descending type, then by name in UTF-8 order; the header padded with spaces to a multiple of 8.
public final class SafeTensors {
  static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private SafeTensors() {}

  /// What the file holds, without reading the data.
  ///
  /// @throws FormatException when the file is malformed
  public static SafeTensorsHeader inspect(Path file) throws IOException {
    try (var mapped = MappedTensors.open(file)) {
      return mapped.header();
    }
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
    try (var mapped = MappedTensors.open(file, limit)) {
      return mapped.tensors();
    }
  }

  /// Every tensor of the file, by name, on the current device, as it is stored: BF16, F16, I8 and
  /// I64 are kept, for [telos.tensor.Op.Cast] or an operation that takes them. U8 and I16, which
  /// tensors cannot be, become I32.
  ///
  /// @throws FormatException as [#read(Path)]
  public static Map<String, Tensor> readStored(Path file) throws IOException {
    try (var mapped = MappedTensors.open(file)) {
      return mapped.tensors(true);
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
    var rows = new ArrayList<Row>();
    tensors.forEach((name, tensor) -> rows.add(Row.of(name, floats, tensor)));
    write(out, rows, metadata);
  }

  /// Writes tensors that are made when their turn comes, one after the other.
  static void write(OutputStream out, List<Row> unsorted, Map<String, String> metadata)
      throws IOException {
    var rows = Row.sorted(unsorted);
    byte[] header = header(rows, metadata);
    out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
    out.write(header);
    for (var row : rows) {
      Elements.write(out, row.tensor().get().toArray(), row.type());
    }
  }

  /// One tensor of a file that is to be written.
  record Row(String name, StoredType type, Shape shape, Supplier<Tensor> tensor) {
    Row {
      checkName(name);
    }

    /// @param floats how F32 is stored
    static Row of(String name, StoredType floats, Tensor tensor) {
      return of(name, floats, tensor.dtype(), tensor.shape(), () -> tensor);
    }

    static Row of(
        String name, StoredType floats, DType dtype, Shape shape, Supplier<Tensor> tensor) {
      return new Row(name, dtype == DType.F32 ? floats : StoredType.of(dtype), shape, tensor);
    }

    /// Bytes of its data.
    long bytes() {
      return (long) shape.size() * type.bits() / 8;
    }

    private static List<Row> sorted(List<Row> rows) {
      return rows.stream()
          .sorted(
              Comparator.comparing(Row::type)
                  .reversed()
                  .thenComparing(Row::key, Arrays::compareUnsigned))
          .toList();
    }

    private byte[] key() {
      return name.getBytes(StandardCharsets.UTF_8);
    }
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
      long end = offset + row.bytes();
      quote(json, row.name()).append(":{\"dtype\":\"").append(row.type()).append("\",\"shape\":[");
      json.append(
          String.join(",", Arrays.stream(row.shape().dims()).mapToObj(Integer::toString).toList()));
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
}
