package telos.devices.cpu;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Working memory of kernels (packed panels, tiles of scores), reused from call to call: a fresh
/// array is zeroed and faulted in, which costs more than many kernels. Each thread keeps its own,
/// so that devices side by side, and the threads of one, have nothing to wait for.
///
/// Arrays hold at least what was asked for and whatever their last user left.
final class Scratch {
  /// The element at which a cache line begins in an array that begins with one: its header takes 16
  /// bytes of 64. G1 places arrays of half a region and more so; others begin anywhere, and where
  /// changes when they are moved. A register that is not a whole line is read from two: with 512
  /// bits products lose 8 to 12 % then.
  static final int ALIGNED = 12;

  /// Binary logarithm of the floats of half a region, where the launcher's regions are of 1 MB. An
  /// array for a panel is made no smaller, so that it begins with a cache line.
  private static final int HALF_REGION = 17;

  /// Binary logarithm of the floats from which on an array may be for a panel.
  private static final int PANEL = 12;

  private static final int KEPT_SMALL = 8;
  private static final int KEPT_LARGE = 2;
  private static final int LARGE = 1 << 20;
  private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);

  private final ArrayDeque<float[]>[] free = queues();

  private Scratch() {}

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static ArrayDeque<float[]>[] queues() {
    ArrayDeque<float[]>[] queues = new ArrayDeque[31];
    for (int i = 0; i < queues.length; i++) {
      queues[i] = new ArrayDeque<>();
    }
    return queues;
  }

  /// An array of at least `size` floats from [#ALIGNED] on, with arbitrary contents.
  static float[] take(int size) {
    int log = log(size);
    if (log > 30) {
      return new float[size + ALIGNED];
    }
    float @Nullable [] kept = OWN.get().free[log].pollLast();
    return kept != null ? kept : new float[(1 << log) + ALIGNED];
  }

  private static int log(int size) {
    int log = Math.max(8, 32 - Integer.numberOfLeadingZeros(Math.max(1, size) - 1));
    return log < PANEL ? log : Math.max(HALF_REGION, log);
  }

  /// Hands an array of [#take] back.
  static void give(float[] array) {
    int size = array.length - ALIGNED;
    if (Integer.bitCount(size) == 1) {
      OWN.get().keep(array, Integer.numberOfTrailingZeros(size));
    }
  }

  private void keep(float[] array, int log) {
    if (free[log].size() < (array.length < LARGE ? KEPT_SMALL : KEPT_LARGE)) {
      free[log].addLast(array);
    }
  }
}
