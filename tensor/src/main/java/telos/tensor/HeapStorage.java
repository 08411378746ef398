package telos.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Memory on the Java heap: `float[]`, `double[]`, `int[]`, `byte[]` (BOOL, I8), `short[]` (BF16,
/// F16) or `long[]`. The array may be longer than the tensor: only the shape's size counts.
public class HeapStorage extends Storage {
  private @Nullable Object array;

  public HeapStorage(Object array) {
    this.array = array;
  }

  /// A fresh zeroed array for `size` elements.
  public static Object newArray(DType dtype, int size) {
    return switch (dtype) {
      case F32 -> new float[size];
      case F64 -> new double[size];
      case I32 -> new int[size];
      case BOOL, I8 -> new byte[size];
      case BF16, F16 -> new short[size];
      case I64 -> new long[size];
    };
  }

  /// Sets the first `size` elements of an array; those of 16-bit floats and 64-bit integers to
  /// nothing but zero.
  public static void fill(Object array, double value, int size) {
    switch (array) {
      case float[] floats -> Arrays.fill(floats, 0, size, (float) value);
      case double[] doubles -> Arrays.fill(doubles, 0, size, value);
      case int[] ints -> Arrays.fill(ints, 0, size, (int) value);
      case byte[] bytes -> Arrays.fill(bytes, 0, size, (byte) value);
      case short[] shorts when value == 0 -> Arrays.fill(shorts, 0, size, (short) 0);
      case long[] longs when value == 0 -> Arrays.fill(longs, 0, size, 0);
      default ->
          throw new IllegalArgumentException(
              "full: does not make " + value + " in a " + array.getClass().getSimpleName());
    }
  }

  /// The live array, or an error if the scope it belonged to has ended.
  public Object array() {
    Object live = array;
    if (live == null) {
      throw new IllegalStateException("this tensor's memory was given back when its scope ended");
    }
    return live;
  }

  public float[] floats() {
    return (float[]) array();
  }

  public double[] doubles() {
    return (double[]) array();
  }

  public int[] ints() {
    return (int[]) array();
  }

  public byte[] bytes() {
    return (byte[]) array();
  }

  @Override
  public boolean alive() {
    return array != null;
  }

  @Override
  protected void release() {
    Object freed = array();
    array = null;
    recycle(freed);
  }

  /// The live array, which then is no longer this storage's: it dies without giving it back. For a
  /// device whose operation goes on with the memory of an input.
  protected Object surrender() {
    Object live = array();
    array = null;
    return live;
  }

  /// What a device does with a freed array; the garbage collector has it by default.
  protected void recycle(Object freed) {}
}
