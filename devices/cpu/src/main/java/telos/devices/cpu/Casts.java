package telos.devices.cpu;

import org.jspecify.annotations.Nullable;
import telos.tensor.DType;

/// Loops from one dtype to another over a range of elements; null where there is none (the same
/// dtype, and those that are only stored).
final class Casts {
  private Casts() {}

  static Team.@Nullable Chunk of(float[] x, Object y, DType to) {
    return switch (to) {
      case I32 -> (from, end) -> truncate(x, (int[]) y, from, end);
      case F64 -> (from, end) -> widen(x, (double[]) y, from, end);
      case BOOL -> (from, end) -> Comparisons.notZero(x, from, (byte[]) y, from, end - from);
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
      case F32 -> (from, end) -> widen(x, (float[]) y, from, end);
      case F64 -> (from, end) -> widen(x, (double[]) y, from, end);
      case I32 -> (from, end) -> widen(x, (int[]) y, from, end);
      default -> null;
    };
  }

  // C2 makes vector loops of these by itself.

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

  private static void widen(byte[] x, float[] y, int from, int end) {
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
