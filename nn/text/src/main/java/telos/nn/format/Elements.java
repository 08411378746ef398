package telos.nn.format;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The elements of one tensor as little-endian bytes: read from a mapped file straight into an
/// array, written through a block of fixed size.
final class Elements {
  private static final int BLOCK = 1 << 16;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Elements() {}

  /// Puts `count` elements from index `at` into `block`.
  private interface Source {
    void fill(ByteBuffer block, int at, int count);
  }

  /// Reads `size` elements into the Java array of the dtype they are loaded as.
  ///
  /// @param where file and tensor, for an error
  /// @param data their bytes
  static Object read(String where, MemorySegment data, StoredType type, int size)
      throws FormatException {
    return switch (type) {
      case F32 -> {
        var values = new float[size];
        MemorySegment.copy(data, FLOAT, 0, values, 0, size);
        yield values;
      }
      case F64 -> {
        var values = new double[size];
        MemorySegment.copy(data, DOUBLE, 0, values, 0, size);
        yield values;
      }
      case F16, BF16 -> halves(data, type, size);
      case BOOL -> {
        var values = data.toArray(ValueLayout.JAVA_BYTE);
        for (int i = 0; i < size; i++) {
          values[i] = (byte) (values[i] == 0 ? 0 : 1);
        }
        yield values;
      }
      default -> integers(where, data, type, size);
    };
  }

  /// Reads `size` elements as they are, see [StoredType#kept].
  static Object readStored(String where, MemorySegment data, StoredType type, int size)
      throws FormatException {
    return switch (type) {
      case F16, BF16 -> {
        var values = new short[size];
        MemorySegment.copy(data, SHORT, 0, values, 0, size);
        yield values;
      }
      case I8 -> data.toArray(ValueLayout.JAVA_BYTE);
      case I64 -> {
        var values = new long[size];
        MemorySegment.copy(data, LONG, 0, values, 0, size);
        yield values;
      }
      default -> read(where, data, type, size);
    };
  }

  private static float[] halves(MemorySegment data, StoredType type, int size) {
    var values = new float[size];
    var block = new short[Math.min(BLOCK, size)];
    for (int at = 0; at < size; at += Math.min(BLOCK, size - at)) {
      int count = Math.min(BLOCK, size - at);
      MemorySegment.copy(data, SHORT, 2L * at, block, 0, count);
      for (int i = 0; i < count; i++) {
        values[at + i] =
            type == StoredType.BF16
                ? Float.intBitsToFloat(block[i] << 16)
                : Float.float16ToFloat(block[i]);
      }
    }
    return values;
  }

  private static int[] integers(String where, MemorySegment data, StoredType type, int size)
      throws FormatException {
    var values = new int[size];
    for (int i = 0; i < size; i++) {
      values[i] = integer(where, data, type, i);
    }
    return values;
  }

  private static int integer(String where, MemorySegment data, StoredType type, int i)
      throws FormatException {
    return switch (type) {
      case U8 -> Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, i));
      case I8 -> data.get(ValueLayout.JAVA_BYTE, i);
      case I16 -> data.get(SHORT, 2L * i);
      case I32 -> data.get(INT, 4L * i);
      case I64 -> {
        long value = data.get(LONG, 8L * i);
        if (value != (int) value) {
          throw new FormatException(
              "%s has %d at element %d, which does not fit the 32 bits it is loaded into"
                  .formatted(where, value, i));
        }
        yield (int) value;
      }
      default -> throw new IllegalArgumentException("no integers in " + type);
    };
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
