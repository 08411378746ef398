package telos.devices.cpu;

import org.jspecify.annotations.Nullable;
import telos.tensor.DType;

/// Loops from one dtype to another over a range of elements; null where there is none (the same
/// dtype, and those that are only stored, BF16 and I8 to and from F32 excepted).
final class Casts {
  private Casts() {}

  static Team.@Nullable Chunk of(float[] x, Object y, DType to) {
    return switch (to) {
      case I32 -> (from, end) -> truncate(x, (int[]) y, from, end);
      case F64 -> (from, end) -> widen(x, (double[]) y, from, end);
      case BOOL -> (from, end) -> Comparisons.notZero(x, from, (byte[]) y, from, end - from);
      case BF16 -> (from, end) -> brain(x, (short[]) y, from, end);
      case I8 -> (from, end) -> clamp(x, (byte[]) y, from, end);
      default -> null;
    };
  }

  static Team.@Nullable Chunk of(double[] x, Object y, DType to) {
    return switch (to) {
      case F32 -> (from, end) -> narrow(x, (float[]) y, from, end);
      case I32 -> (from, end) -> truncate(x, (int[]) y, from, end);
      default -> null;
    };
  }

  static Team.@Nullable Chunk of(int[] x, Object y, DType to) {
    return switch (to) {
      case F32 -> (from, end) -> widen(x, (float[]) y, from, end);
      case F64 -> (from, end) -> widen(x, (double[]) y, from, end);
      case BOOL -> (from, end) -> notZero(x, (byte[]) y, from, end);
      default -> null;
    };
  }

  static Team.@Nullable Chunk of(byte[] x, Object y, DType to) {
    return switch (to) {
      case F32 -> (from, end) -> widen(x, from, (float[]) y, from, end - from);
      case F64 -> (from, end) -> widen(x, (double[]) y, from, end);
      case I32 -> (from, end) -> widen(x, (int[]) y, from, end);
      default -> null;
    };
  }

  /// Of BF16.
  static Team.@Nullable Chunk of(short[] x, Object y, DType to) {
    return to == DType.F32 ? (from, end) -> widen(x, from, (float[]) y, from, end - from) : null;
  }

  // C2 makes vector loops of these by itself.

  /// The upper half of each float, rounded to nearest even; NaN stays NaN.
  private static void brain(float[] x, short[] y, int from, int end) {
    for (int i = from; i < end; i++) {
      int bits = Float.floatToIntBits(x[i]);
      int rounded = bits + 0x7fff + (bits >>> 16 & 1);
      y[i] = (short) ((Float.isNaN(x[i]) ? bits : rounded) >>> 16);
    }
  }

  private static void clamp(float[] x, byte[] y, int from, int end) {
    for (int i = from; i < end; i++) {
      y[i] = (byte) Math.clamp((long) x[i], -128, 127);
    }
  }

  /// `n` BF16 numbers from `from` on.
  static void widen(short[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i++) {
      y[to + i] = Float.intBitsToFloat(x[from + i] << 16);
    }
  }

  /// `n` bytes from `from` on.
  static void widen(byte[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i++) {
      y[to + i] = x[from + i];
    }
  }

  private static void truncate(float[] x, int[] y, int from, int end) {
    for (int i = from; i < end; i++) {
      y[i] = (int) x[i];
    }
  }

  private static void truncate(double[] x, int[] y, int from, int end) {
    for (int i = from; i < end; i++) {
      y[i] = (int) x[i];
    }
  }

  private static void widen(float[] x, double[] y, int from, int end) {
    for (int i = from; i < end; i++) {
      y[i] = x[i];
    }
  }

  private static void narrow(double[] x, float[] y, int from, int end) {
    for (int i = from; i < end; i++) {
      y[i] = (float) x[i];
    }
  }

  private static void widen(int[] x, float[] y, int from, int end) {
    for (int i = from; i < end; i++) {
      y[i] = x[i];
    }
  }

  private static void widen(int[] x, double[] y, int from, int end) {
    for (int i = from; i < end; i++) {
      y[i] = x[i];
    }
  }

  private static void widen(byte[] x, double[] y, int from, int end) {
    for (int i = from; i < end; i++) {
      y[i] = x[i];
    }
  }

  private static void widen(byte[] x, int[] y, int from, int end) {
    for (int i = from; i < end; i++) {
      y[i] = x[i];
    }
  }

  private static void notZero(int[] x, byte[] y, int from, int end) {
    for (int i = from; i < end; i++) {
      y[i] = (byte) ((x[i] | -x[i]) >>> 31);
    }
  }
}
