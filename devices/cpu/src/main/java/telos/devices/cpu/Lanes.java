package telos.devices.cpu;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// The vector species of this JVM, chosen once: C2 compiles lane operations to single instructions
/// only where the species is a constant.
///
/// The width is the hardware's, or less where `telos.vector.bits` (system property) or
/// `TELOS_VECTOR_BITS` (environment) asks for 128, 256 or 512 bits. It never changes a result: see
/// [#LOGICAL].
///
/// Vectors of other widths are used nowhere: where profiles of the Vector API have seen two widths,
/// C2 no longer knows the class of a result and boxes it.
final class Lanes {
  /// Logical lanes of a sum: element `r` of a row goes to lane `r mod 32` on every hardware, so 512
  /// bits run two registers, 128 bits run eight, and all give the same bits.
  static final int LOGICAL = 32;

  private static final VectorShape SHAPE =
      shape(requested(), Math.max(128, VectorShape.preferredShape().vectorBitSize()));

  /// Width of one register in bits.
  static final int BITS = SHAPE.vectorBitSize();

  static final VectorSpecies<Float> FLOAT = SHAPE.withLanes(float.class);
  static final VectorSpecies<Integer> INT = SHAPE.withLanes(int.class);
  static final VectorSpecies<Double> DOUBLE = SHAPE.withLanes(double.class);
  static final VectorSpecies<Byte> BYTE = SHAPE.withLanes(byte.class);

  /// Floats in one register; a power of two that divides [#LOGICAL].
  static final int WIDTH = FLOAT.length();

  private static final Class<?> FLOAT_CLASS = FLOAT.vectorType();
  private static final Class<?> INT_CLASS = INT.vectorType();

  private Lanes() {}

  /// A float vector of zeros.
  static FloatVector zero() {
    return FloatVector.zero(FLOAT);
  }

  /// `x`, of which C2 then knows the class.
  ///
  /// A method with a vector among its arguments is mostly inlined, but compiled alone too, and
  /// alone it does not know what it gets: every operation is then a virtual call, and so much code
  /// that C2 inlines it nowhere it has not yet ("already compiled into a big method"). Its callers
  /// box every vector from then on.
  static FloatVector exact(FloatVector x) {
    return (FloatVector) FLOAT_CLASS.cast(x);
  }

  static IntVector exact(IntVector x) {
    return (IntVector) INT_CLASS.cast(x);
  }

  /// Loads one register from `data[at ...]`.
  static FloatVector load(float[] data, int at) {
    return FloatVector.fromArray(FLOAT, data, at);
  }

  /// Stores one register to `data[at ...]`, or adds it to what is there.
  static void store(FloatVector values, float[] data, int at, boolean add) {
    if (add) {
      load(data, at).add(values).intoArray(data, at);
    } else {
      values.intoArray(data, at);
    }
  }

  /// A register whose lanes all hold `value`.
  static FloatVector fill(float value) {
    return FloatVector.broadcast(FLOAT, value);
  }

  /// A register of doubles whose lanes all hold `value`.
  static DoubleVector fill(double value) {
    return DoubleVector.broadcast(DOUBLE, value);
  }

  /// A register of ints whose lanes all hold `value`.
  static IntVector fill(int value) {
    return IntVector.broadcast(INT, value);
  }

  /// A register of bytes whose lanes all hold `value`.
  static ByteVector fill(byte value) {
    return ByteVector.broadcast(BYTE, value);
  }

  /// The species' shape for a request (`null`: as wide as the hardware).
  ///
  /// @throws IllegalArgumentException if the request is not 128, 256 or 512, or is wider than the
  ///   hardware: emulated vectors are a hundred times slower than real ones
  static VectorShape shape(@Nullable String request, int hardwareBits) {
    if (request == null || request.isBlank()) {
      return VectorShape.forBitSize(hardwareBits);
    }
    int bits =
        switch (request.strip()) {
          case "128" -> 128;
          case "256" -> 256;
          case "512" -> 512;
          default ->
              throw new IllegalArgumentException(
                  "TELOS_VECTOR_BITS is '" + request + "'; use 128, 256 or 512");
        };
    if (bits > hardwareBits) {
      throw new IllegalArgumentException(
          "TELOS_VECTOR_BITS is "
              + bits
              + ", but this processor's vectors have "
              + hardwareBits
              + " bits; use "
              + hardwareBits
              + " or less");
    }
    return VectorShape.forBitSize(bits);
  }

  private static @Nullable String requested() {
    String property = System.getProperty("telos.vector.bits");
    return property != null ? property : System.getenv("TELOS_VECTOR_BITS");
  }
}
