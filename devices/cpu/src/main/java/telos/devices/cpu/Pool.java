package telos.devices.cpu;

import java.lang.ref.Cleaner;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.HeapStorage;

/// The memory of a device: the free list, which holds the arrays given back by dead tensors by kind
/// and size class, and the account of what is in use.
///
/// Classes are `{4, 5, 6, 7} 2^k`, so an array is at most a quarter longer than asked for. A fresh
/// array of 4 MB costs eight times a reused one, because the JVM zeroes it and the collector has to
/// follow. What lies here, but for one small array of each class, and what packed copies of weights
/// take is bounded by a quarter of the heap: more packed copies leave less room for waiting arrays.
final class Pool {
  /// Tells when the collector has taken what belongs to no scope, such as the weights of the last
  /// step.
  static final Cleaner CLEANER = Cleaner.create();

  /// Arrays of fewer bytes in use are not counted: it would cost more than their operations.
  static final int COUNTED = 1 << 18;

  private static final int SMALLEST = 16;

  /// Four classes for each of 31 octaves.
  private static final int CLASSES = 4 * 31;

  private static final int KINDS = 6;

  /// The waiting arrays of one kind and class.
  private static final class Bin {
    private @Nullable Object[] arrays = new Object[4];
    private int count;

    @Nullable Object poll() {
      if (count == 0) {
        return null;
      }
      Object array = arrays[--count];
      arrays[count] = null;
      return array;
    }

    void push(Object array) {
      if (count == arrays.length) {
        arrays = Arrays.copyOf(arrays, 2 * count);
      }
      arrays[count++] = array;
    }
  }

  /// One array of each class below [#COUNTED] bytes: to exchange it takes half of what entering and
  /// leaving the monitor does, which small operations would notice.
  private final AtomicReferenceArray<@Nullable Object> ready =
      new AtomicReferenceArray<>(KINDS * CLASSES);

  private final @Nullable Bin[] bins = new Bin[KINDS * CLASSES];
  private final long limit;
  private long waiting;
  private long packed;
  private long live;
  private long peak;

  Pool() {
    this(Runtime.getRuntime().maxMemory() / 4);
  }

  /// @param limit the most bytes of waiting arrays and packed copies together
  Pool(long limit) {
    this.limit = limit;
  }

  /// The length of the array that holds `size` elements.
  static int sizeClass(int size) {
    if (size <= SMALLEST) {
      return SMALLEST;
    }
    int quarter = quarter(size);
    long length = ((long) size + quarter - 1) / quarter * quarter;
    return (int) Math.min(length, Integer.MAX_VALUE - 8);
  }

  /// A quarter of the octave in which `size - 1` lies.
  private static int quarter(int size) {
    return 1 << (29 - Integer.numberOfLeadingZeros(size - 1));
  }

  /// Which class holds `size` elements, counted from 0.
  private static int index(int size) {
    return size <= SMALLEST
        ? 0
        : 4 * (29 - Integer.numberOfLeadingZeros(size - 1)) + (size - 1) / quarter(size) - 7;
  }

  /// An array with room for `size` elements, holding anything.
  Object take(DType dtype, int size) {
    int at = kind(dtype) * CLASSES + index(size);
    Object reused = ready.get(at) != null ? ready.getAndSet(at, null) : null;
    if (reused == null) {
      reused = reused(at);
    }
    return reused != null ? reused : HeapStorage.newArray(dtype, Math.max(sizeClass(size), size));
  }

  private synchronized @Nullable Object reused(int at) {
    Bin bin = bins[at];
    Object array = bin == null ? null : bin.poll();
    if (array != null) {
      waiting -= bytes(array);
    }
    return array;
  }

  /// Takes an array back.
  void give(Object array) {
    long more = bytes(array);
    int at = kind(array) * CLASSES + index(length(array));
    if (more < COUNTED && ready.get(at) == null && ready.compareAndSet(at, null, array)) {
      return;
    }
    synchronized (this) {
      if (waiting + packed + more <= limit) {
        waiting += more;
        Bin bin = bins[at];
        if (bin == null) {
          bin = new Bin();
          bins[at] = bin;
        }
        bin.push(array);
      }
    }
  }

  /// Whether there is room for packed copies of so many bytes; then they count.
  synchronized boolean pack(long more) {
    if (packed + more > limit) {
      return false;
    }
    packed += more;
    return true;
  }

  /// Packed copies of so many bytes are gone.
  synchronized void unpack(long less) {
    packed -= less;
  }

  /// Counts an array as in use until its owner is collected or the result is cleaned.
  Cleaner.@Nullable Cleanable count(Object owner, Object array) {
    long bytes = bytes(array);
    if (bytes < COUNTED) {
      return null;
    }
    use(bytes);
    return CLEANER.register(owner, () -> use(-bytes));
  }

  private synchronized void use(long more) {
    live += more;
    peak = Math.max(peak, live);
  }

  synchronized CpuDevice.MemoryUse use() {
    long first = 0;
    for (int i = 0; i < ready.length(); i++) {
      Object array = ready.get(i);
      first += array == null ? 0 : bytes(array);
    }
    return new CpuDevice.MemoryUse(live, peak, first + waiting, packed);
  }

  synchronized void clear() {
    for (int i = 0; i < ready.length(); i++) {
      ready.set(i, null);
    }
    Arrays.fill(bins, null);
    waiting = 0;
  }

  private static int kind(DType dtype) {
    return switch (dtype) {
      case F32 -> 0;
      case F64 -> 1;
      case I32 -> 2;
      case BOOL, I8 -> 3;
      case BF16, F16 -> 4;
      case I64 -> 5;
    };
  }

  private static int kind(Object array) {
    return array instanceof float[] ? 0 : otherKind(array);
  }

  private static int otherKind(Object array) {
    return switch (array) {
      case double[] _ -> 1;
      case int[] _ -> 2;
      case byte[] _ -> 3;
      case short[] _ -> 4;
      default -> 5;
    };
  }

  private static int length(Object array) {
    return array instanceof float[] floats
        ? floats.length
        : java.lang.reflect.Array.getLength(array);
  }

  /// Bytes of an array's elements.
  static long bytes(Object array) {
    return array instanceof float[] floats ? 4L * floats.length : otherBytes(array);
  }

  private static long otherBytes(Object array) {
    return switch (array) {
      case byte[] bytes -> bytes.length;
      case short[] shorts -> 2L * shorts.length;
      case int[] ints -> 4L * ints.length;
      case double[] doubles -> 8L * doubles.length;
      default -> 8L * length(array);
    };
  }
}
