package telos.gradcheck;

import java.util.List;
import java.util.Set;
import telos.autograd.Grad;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.NumberCheck;
import telos.tensor.Tensor;

/// Compares a device with the reference, row by row of the [OpSpec] table: results, and derivatives
/// of order 1 along a fixed combination of the results, so that residuals and special derivatives
/// are compared too.
///
/// The exact values are those of the reference device in F64 from the same inputs. A result below
/// the smallest normal F32 number may be zero; NaN agrees with NaN.
public final class Conformance {
  private static final double SMALLEST_NORMAL = Float.MIN_NORMAL;
  private static final Device REFERENCE = Device.of("reference");

  private Conformance() {}

  /// Runs one row on a device.
  ///
  /// @param floats F32 or F64
  /// @throws AssertionError naming the row, the element and both numbers, if they do not agree
  public static void require(Device device, OpSpec spec, DType floats, long seed) {
    NumberCheck.suspended(() -> {
      double[] exact = REFERENCE.with(() -> results(spec, DType.F64, seed));
      double[] actual = device.with(() -> results(spec, floats, seed));
      agree(spec.name() + " " + floats + " on " + device.name(), spec, floats, exact, actual, 1);
      boolean special = spec.inputs().stream().anyMatch(i -> i.kind() == Input.Kind.SPECIAL);
      if (!special && !spec.smooth().isEmpty()) {
        double[] slope = REFERENCE.with(() -> derivatives(spec, DType.F64, seed));
        double[] found = device.with(() -> derivatives(spec, floats, seed));
        String what = "derivative of " + spec.name() + " " + floats + " on " + device.name();
        agree(what, spec, floats, slope, found, 10);
      }
      return exact;
    });
  }

  private static double[] results(OpSpec spec, DType floats, long seed) {
    return spec.joined(spec.tensors(floats, seed)).toDoubles();
  }

  private static double[] derivatives(OpSpec spec, DType floats, long seed) {
    Set<Integer> smooth = spec.smooth();
    List<Tensor> gradient =
        Grad.grad(
            in -> {
              Tensor y = spec.joined(in);
              return y.mul(Input.signed(y.size()).tensor(y.dtype(), 17)).sum();
            },
            spec.tensors(floats, seed),
            path -> smooth.contains(Integer.parseInt(path)));
    return Tensor.concat(
            0, gradient.stream().filter(g -> !g.isAbsent()).map(g -> g.reshape(g.size())).toList())
        .toDoubles();
  }

  private static void agree(
      String what, OpSpec spec, DType floats, double[] exact, double[] actual, double slack) {
    double unit = floats == DType.F64 ? 1e-7 : 1;
    double largest = 0;
    for (double value : exact) {
      largest = Double.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest;
    }
    // What is exact in values is a sum in its derivative.
    double floor = slack > 1 ? 4e-7 : 0;
    double relative = slack * unit * Math.max(floor, spec.accuracy().relative());
    double fixed = slack * unit * Math.max(floor, spec.accuracy().ofLargest()) * largest;
    if (exact.length != actual.length) {
      throw new AssertionError(what + ": " + actual.length + " values, not " + exact.length);
    }
    for (int i = 0; i < exact.length; i++) {
      double allowed = relative * Math.abs(exact[i]) + fixed + SMALLEST_NORMAL;
      if (!agree(exact[i], actual[i], allowed, floats)) {
        throw new AssertionError(
            what
                + ": element "
                + i
                + " is "
                + actual[i]
                + ", not "
                + exact[i]
                + " (tolerance "
                + (float) allowed
                + ")");
      }
    }
  }

  private static boolean agree(double exact, double actual, double allowed, DType floats) {
    double rounded = floats == DType.F32 ? (float) exact : exact;
    return Double.isNaN(rounded)
        ? Double.isNaN(actual)
        : rounded == actual || Math.abs(rounded - actual) <= allowed;
  }
}
