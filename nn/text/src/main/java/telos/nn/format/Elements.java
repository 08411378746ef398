package telos.nn.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The elements of one tensor as little-endian bytes, moved through a block of fixed size.
final class Elements {
  private static final int BLOCK = 1 << 16;

  private Elements() {}

  /// Takes `count` elements of `block` that belong at index `at`.
  private interface Sink {
    void accept(ByteBuffer block, int at, int count) throws IOException;
  }

  /// Puts `count` elements from index `at` into `block`.
  private interface Source {
    void fill(ByteBuffer block, int at, int count);
  }

  /// Reads `size` elements into the Java array of the dtype they are loaded as.
  ///
  /// @param where file and tensor, for an error
  static Object read(String where, InputStream in, StoredType type, int size) throws IOException {
    return switch (type) {
      case F32 -> {
        var values = new float[size];
        blocks(where, in, size, 4, (b, at, n) -> b.asFloatBuffer().get(values, at, n));
        yield values;
      }
      case F64 -> {
        var values = new double[size];
        blocks(where, in, size, 8, (b, at, n) -> b.asDoubleBuffer().get(values, at, n));
        yield values;
      }
      case F16, BF16 -> halves(where, in, type, size);
      case BOOL -> {
        var values = new byte[size];
        blocks(where, in, size, 1, (b, at, n) -> truths(b, values, at, n));
        yield values;
      }
      default -> integers(where, in, type, size);
    };
  }

  private static void truths(ByteBuffer block, byte[] values, int at, int count) {
    for (int i = 0; i < count; i++) {
      values[at + i] = (byte) (block.get(i) == 0 ? 0 : 1);
    }
  }

  private static float[] halves(String where, InputStream in, StoredType type, int size)
      throws IOException {
    var values = new float[size];
    boolean brain = type == StoredType.BF16;
    blocks(
        where,
        in,
        size,
        2,
        (b, at, n) -> {
          for (int i = 0; i < n; i++) {
            short half = b.getShort(2 * i);
            values[at + i] = brain ? Float.intBitsToFloat(half << 16) : Float.float16ToFloat(half);
          }
        });
    return values;
  }

  private static int[] integers(String where, InputStream in, StoredType type, int size)
      throws IOException {
    var values = new int[size];
    blocks(
        where,
        in,
        size,
        type.bits() / 8,
        (b, at, n) -> {
          for (int i = 0; i < n; i++) {
            values[at + i] = integer(where, b, type, i, at + i);
          }
        });
    return values;
  }

  private static int integer(String where, ByteBuffer block, StoredType type, int i, int element)
      throws FormatException {
    return switch (type) {
      case U8 -> Byte.toUnsignedInt(block.get(i));
      case I8 -> block.get(i);
      case I16 -> block.getShort(2 * i);
      case I32 -> block.getInt(4 * i);
      case I64 -> {
        long value = block.getLong(8 * i);
        if (value != (int) value) {
          throw new FormatException(
              "%s has %d at element %d, which does not fit the 32 bits it is loaded into"
                  .formatted(where, value, element));
        }
        yield (int) value;
      }
      default -> throw new IllegalArgumentException("no integers in " + type);
    };
  }

  /// One element as a double; NaN too where the type has no numbers that telos knows.
  static double number(ByteBuffer block, StoredType type, int i) {
    return switch (type) {
      case F64 -> block.getDouble(8 * i);
      case F32 -> block.getFloat(4 * i);
      case F16 -> Float.float16ToFloat(block.getShort(2 * i));
      case BF16 -> Float.intBitsToFloat(block.getShort(2 * i) << 16);
      case BOOL -> block.get(i) == 0 ? 0 : 1;
      case U8 -> Byte.toUnsignedInt(block.get(i));
      case I8 -> block.get(i);
      case I16 -> block.getShort(2 * i);
      case U16 -> Short.toUnsignedInt(block.getShort(2 * i));
      case I32 -> block.getInt(4 * i);
      case U32 -> Integer.toUnsignedLong(block.getInt(4 * i));
      case I64 -> block.getLong(8 * i);
      default -> Double.NaN;
    };
  }

  private static void blocks(String where, InputStream in, int size, int width, Sink sink)
      throws IOException {
    byte[] bytes = new byte[(int) Math.min(BLOCK, (long) size * width)];
    var block = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int step = BLOCK / width;
    for (int at = 0; at < size; at += Math.min(step, size - at)) {
      int count = Math.min(step, size - at);
      if (in.readNBytes(bytes, 0, count * width) < count * width) {
        throw new FormatException("%s: the file became shorter while it was read".formatted(where));
      }
      sink.accept(block, at, count);
    }
  }

  /// Writes a Java array of elements as `type`: as they are, or floats rounded to BF16 or F16.
  static void write(OutputStream out, Object array, StoredType type) throws IOException {
    switch (array) {
      case float[] v when type == StoredType.F32 ->
          blocks(out, v.length, 4, (b, at, n) -> b.asFloatBuffer().put(v, at, n));
      case float[] v -> blocks(out, v.length, 2, (b, at, n) -> halves(b, v, type, at, n));
      case double[] v -> blocks(out, v.length, 8, (b, at, n) -> b.asDoubleBuffer().put(v, at, n));
      case int[] v -> blocks(out, v.length, 4, (b, at, n) -> b.asIntBuffer().put(v, at, n));
      case long[] v -> blocks(out, v.length, 8, (b, at, n) -> b.asLongBuffer().put(v, at, n));
      case short[] v -> blocks(out, v.length, 2, (b, at, n) -> b.asShortBuffer().put(v, at, n));
      case byte[] v -> out.write(v);
      default -> throw new IllegalArgumentException("no elements in " + array.getClass());
    }
  }

  /// The little-endian bytes of a small array, floats as F32.
  static byte[] bytes(Object array) {
    var out = new ByteArrayOutputStream();
    try {
      write(out, array, StoredType.F32);
    } catch (IOException e) {
      throw new UncheckedIOException("memory refused a write", e);
    }
    return out.toByteArray();
  }

  private static void halves(ByteBuffer block, float[] values, StoredType type, int at, int count) {
    for (int i = 0; i < count; i++) {
      float value = values[at + i];
      block.putShort(
          2 * i, type == StoredType.BF16 ? brainFloat(value) : Float.floatToFloat16(value));
    }
  }

  /// The upper 16 bits of the float, rounded to nearest, ties to even; NaN stays NaN.
  static short brainFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  private static void blocks(OutputStream out, int size, int width, Source source)
      throws IOException {
    byte[] bytes = new byte[(int) Math.min(BLOCK, (long) size * width)];
    var block = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int step = BLOCK / width;
    for (int at = 0; at < size; at += Math.min(step, size - at)) {
      int count = Math.min(step, size - at);
      source.fill(block, at, count);
      out.write(bytes, 0, count * width);
    }
  }
}
