package telos.tensor;

import java.util.Arrays;

/// Elements of any dtype as doubles and back, and the one function that [StrictMath] lacks.
final class ReferenceNumbers {
  private ReferenceNumbers() {}

  /// The elements of a tensor of any device, a fresh array.
  static double[] read(Tensor tensor) {
    Object array =
        tensor.storage() instanceof HeapStorage heap
            ? heap.array()
            : tensor.device().download(tensor.storage(), tensor.dtype(), tensor.size());
    double[] out = new double[tensor.size()];
    switch (tensor.dtype()) {
      case F32 -> Arrays.setAll(out, i -> ((float[]) array)[i]);
      case F64 -> System.arraycopy(array, 0, out, 0, out.length);
      case I32 -> Arrays.setAll(out, i -> ((int[]) array)[i]);
      case BOOL, I8 -> Arrays.setAll(out, i -> ((byte[]) array)[i]);
      case BF16 -> Arrays.setAll(out, i -> Float.intBitsToFloat(((short[]) array)[i] << 16));
      case F16 -> Arrays.setAll(out, i -> Float.float16ToFloat(((short[]) array)[i]));
      case I64 -> Arrays.setAll(out, i -> ((long[]) array)[i]);
    }
    return out;
  }

  /// Rounds to nearest even (floats), truncates towards zero (integers).
  static void write(double[] values, DType dtype, Object array) {
    for (int i = 0; i < values.length; i++) {
      double v = values[i];
      switch (dtype) {
        case F32 -> ((float[]) array)[i] = (float) v;
        case F64 -> ((double[]) array)[i] = v;
        case I32 -> ((int[]) array)[i] = (int) v;
        case BOOL -> ((byte[]) array)[i] = (byte) (v == 0 ? 0 : 1);
        case I8 -> ((byte[]) array)[i] = (byte) Math.clamp((long) v, -128, 127);
        case BF16 -> ((short[]) array)[i] = bfloat16((float) v);
        case F16 -> ((short[]) array)[i] = Float.floatToFloat16((float) v);
        case I64 -> ((long[]) array)[i] = (long) v;
      }
    }
  }

  /// The upper half of a float, rounded to nearest even; NaN stays NaN.
  private static short bfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    int rounded = bits + 0x7fff + (bits >>> 16 & 1);
    return (short) ((Float.isNaN(value) ? bits : rounded) >>> 16);
  }

  /// `2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (1 3 5 ... (2n+1))`: all terms of one sign, so
  /// nothing cancels; beyond 6 the value is 1 to the last bit.
  static double erf(double x) {
    if (!(Math.abs(x) < 6)) {
      return Double.isNaN(x) ? x : Math.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * StrictMath.exp(-x * x) * sum;
  }
}
