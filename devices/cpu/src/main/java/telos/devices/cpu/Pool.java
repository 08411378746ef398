package telos.devices.cpu;

import java.lang.reflect.Array;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import telos.tensor.DType;
import telos.tensor.HeapStorage;

/// The free list of a device: arrays given back by dead tensors, by kind and size class.
///
/// Classes are `{4, 5, 6, 7} 2^k`, so an array is at most a quarter longer than asked for. A fresh
/// array of 4 MB costs eight times a reused one, because the JVM zeroes it and the collector has to
/// follow. What lies here is bounded by a quarter of the heap.
final class Pool {
  private static final int SMALLEST = 16;

  private record Kind(Class<?> type, int length) {}

  private final Map<Kind, ArrayDeque<Object>> free = new HashMap<>();
  private final long limit = Runtime.getRuntime().maxMemory() / 4;
  private long bytes;

  /// The length of the array that holds `size` elements.
  static int sizeClass(int size) {
    if (size <= SMALLEST) {
      return SMALLEST;
    }
    int quarter = 1 << (29 - Integer.numberOfLeadingZeros(size - 1));
    long length = ((long) size + quarter - 1) / quarter * quarter;
    return (int) Math.min(length, Integer.MAX_VALUE - 8);
  }

  /// An array with room for `size` elements, holding anything.
  Object take(DType dtype, int size) {
    int length = sizeClass(size);
    synchronized (this) {
      ArrayDeque<Object> list = free.get(new Kind(type(dtype), length));
      Object reused = list == null ? null : list.poll();
      if (reused != null) {
        bytes -= bytes(reused);
        return reused;
      }
    }
    return HeapStorage.newArray(dtype, Math.max(length, size));
  }

  /// Takes an array back.
  synchronized void give(Object array) {
    long more = bytes(array);
    if (bytes + more > limit) {
      return;
    }
    bytes += more;
    Kind kind = new Kind(array.getClass(), Array.getLength(array));
    free.computeIfAbsent(kind, _ -> new ArrayDeque<>()).push(array);
  }

  /// Bytes waiting here for reuse.
  synchronized long bytes() {
    return bytes;
  }

  synchronized void clear() {
    free.clear();
    bytes = 0;
  }

  private static Class<?> type(DType dtype) {
    return switch (dtype) {
      case F32 -> float[].class;
      case F64 -> double[].class;
      case I32 -> int[].class;
      case BOOL, I8 -> byte[].class;
      case BF16, F16 -> short[].class;
      case I64 -> long[].class;
    };
  }

  private static long bytes(Object array) {
    long length = Array.getLength(array);
    return switch (array) {
      case byte[] _ -> length;
      case short[] _ -> 2 * length;
      case double[] _, long[] _ -> 8 * length;
      default -> 4 * length;
    };
  }
}
