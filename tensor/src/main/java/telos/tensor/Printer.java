package telos.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/// Prints a tensor as dtype, shape and rows in brackets, columns aligned:
///
///     F32[2, 3]
///     [[ 1.0, -2.5,  0.0],
///      [ 4.0,  5.0,  nan]]
///
/// Tensors of more than 100 elements show the first and last three positions of each long axis.
final class Printer {
  private static final int FULL = 100;
  private static final int EDGE = 3;
  private static final int DECIMALS = 4;

  private final Shape shape;
  private final IntFunction<String> cell;
  private final int width;

  private Printer(Shape shape, IntFunction<String> cell, int width) {
    this.shape = shape;
    this.cell = cell;
    this.width = width;
  }

  static String print(Tensor tensor) {
    String kind = tensor.dtype() + tensor.shape().toString();
    Storage storage = tensor.storage();
    if (!storage.alive()) {
      Scope owner = storage.owner;
      return kind
          + switch (storage) {
            case Absent absent -> " absent (" + absent.reason() + ")";
            case Storage _ when owner != null -> " dead (made in '" + owner.name() + "')";
            default -> " dead";
          };
    }
    Object array = tensor.device().download(storage, tensor.dtype(), tensor.size());
    String values = values(tensor.shape(), tensor.dtype(), array);
    return kind + (tensor.rank() > 1 ? "\n" : " ") + values;
  }

  private static String values(Shape shape, DType dtype, Object array) {
    List<Integer> shown = shown(shape);
    IntFunction<String> cell =
        switch (array) {
          case float[] floats -> formatted(i -> floats[i], shown);
          case double[] doubles -> formatted(i -> doubles[i], shown);
          case short[] halves -> formatted(i -> half(halves[i], dtype), shown);
          case int[] ints -> i -> Integer.toString(ints[i]);
          case long[] longs -> i -> Long.toString(longs[i]);
          case byte[] bytes when dtype == DType.BOOL -> i -> Boolean.toString(bytes[i] != 0);
          case byte[] bytes -> i -> Byte.toString(bytes[i]);
          default -> throw new IllegalArgumentException("Printer: " + array.getClass());
        };
    int width = shown.stream().mapToInt(i -> cell.apply(i).length()).max().orElse(0);
    StringBuilder out = new StringBuilder();
    new Printer(shape, cell, width).write(out, 0, 0);
    return out.toString();
  }

  private static float half(short bits, DType dtype) {
    return dtype == DType.BF16 ? Float.intBitsToFloat(bits << 16) : Float.float16ToFloat(bits);
  }

  /// One format for all that is shown: as few decimals as it needs, at most four; powers of ten
  /// where the magnitudes lie far apart.
  private static IntFunction<String> formatted(IntToDoubleFunction value, List<Integer> shown) {
    double largest = 0;
    double smallest = Double.POSITIVE_INFINITY;
    int decimals = 1;
    for (int i : shown) {
      double size = Math.abs(value.applyAsDouble(i));
      if (size > 0 && size < Double.POSITIVE_INFINITY) {
        largest = Math.max(largest, size);
        smallest = Math.min(smallest, size);
        decimals = Math.max(decimals, decimals(size));
      }
    }
    boolean powers = largest >= 1e6 || smallest < 1e-4;
    String format = powers ? "%." + DECIMALS + "e" : "%." + decimals + "f";
    return i -> number(value.applyAsDouble(i), format);
  }

  private static int decimals(double size) {
    String digits = String.format(Locale.ROOT, "%." + DECIMALS + "f", size);
    int zeros = 0;
    while (digits.charAt(digits.length() - 1 - zeros) == '0') {
      zeros++;
    }
    return DECIMALS - zeros;
  }

  private static String number(double value, String format) {
    return Double.isNaN(value)
        ? "nan"
        : Double.isInfinite(value)
            ? value > 0 ? "inf" : "-inf"
            : String.format(Locale.ROOT, format, value);
  }

  /// The flat positions that are printed.
  private static List<Integer> shown(Shape shape) {
    List<Integer> flat = List.of(0);
    for (int axis = 0; axis < shape.rank(); axis++) {
      int extent = shape.dim(axis);
      int[] positions = positions(shape, extent).filter(p -> p >= 0).toArray();
      flat =
          flat.stream()
              .flatMap(outer -> Arrays.stream(positions).mapToObj(p -> outer * extent + p))
              .toList();
    }
    return flat;
  }

  /// The positions of an axis that are printed; -1 stands for those left out.
  private static IntStream positions(Shape shape, int extent) {
    return shape.size() > FULL && extent > 2 * EDGE
        ? IntStream.of(0, 1, 2, -1, extent - 3, extent - 2, extent - 1)
        : IntStream.range(0, extent);
  }

  private void write(StringBuilder out, int axis, int flat) {
    if (axis == shape.rank()) {
      String text = cell.apply(flat);
      out.append(" ".repeat(Math.max(0, width - text.length()))).append(text);
      return;
    }
    int inner = shape.rank() - 1 - axis;
    String gap = inner == 0 ? ", " : "," + "\n".repeat(inner) + " ".repeat(axis + 1);
    int extent = shape.dim(axis);
    int[] positions = positions(shape, extent).toArray();
    out.append('[');
    for (int k = 0; k < positions.length; k++) {
      out.append(k == 0 ? "" : gap);
      if (positions[k] < 0) {
        out.append("...");
      } else {
        write(out, axis + 1, flat * extent + positions[k]);
      }
    }
    out.append(']');
  }
}
