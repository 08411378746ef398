package telos.nn.format;

import org.jspecify.annotations.Nullable;
import telos.tensor.DType;

/// Element types of safetensors files, in the ascending order that the reference writer sorts by.
/// Those without a [#dtype] are listed by an inspector and refused by the loader.
public enum StoredType {
  /// One byte, zero is false.
  BOOL(8, DType.BOOL),
  /// Microscaling 4-bit float.
  F4(4, null),
  /// Microscaling 6-bit float, 2 exponent bits.
  F6_E2M3(6, null),
  /// Microscaling 6-bit float, 3 exponent bits.
  F6_E3M2(6, null),
  /// Unsigned byte; read as I32.
  U8(8, DType.I32),
  /// Signed byte; read as I32.
  I8(8, DType.I32),
  /// 8-bit float, 5 exponent bits.
  F8_E5M2(8, null),
  /// 8-bit float, 4 exponent bits.
  F8_E4M3(8, null),
  /// 8-bit power of two.
  F8_E8M0(8, null),
  /// 8-bit float without negative zero.
  F8_E4M3FNUZ(8, null),
  /// 8-bit float without negative zero.
  F8_E5M2FNUZ(8, null),
  /// 16-bit integer; read as I32.
  I16(16, DType.I32),
  /// Unsigned 16-bit integer.
  U16(16, null),
  /// IEEE half; read as F32, exactly.
  F16(16, DType.F32),
  /// Upper half of an F32; read as F32, exactly.
  BF16(16, DType.F32),
  /// 32-bit integer.
  I32(32, DType.I32),
  /// Unsigned 32-bit integer.
  U32(32, null),
  /// IEEE single.
  F32(32, DType.F32),
  /// Pair of IEEE singles.
  C64(64, null),
  /// IEEE double.
  F64(64, DType.F64),
  /// 64-bit integer; read as I32, every value checked to fit.
  I64(64, DType.I32),
  /// Unsigned 64-bit integer.
  U64(64, null);

  private final int bits;
  private final @Nullable DType dtype;

  StoredType(int bits, @Nullable DType dtype) {
    this.bits = bits;
    this.dtype = dtype;
  }

  /// Bits per element.
  public int bits() {
    return bits;
  }

  /// The dtype it is loaded as, null where telos does not load it.
  public @Nullable DType dtype() {
    return dtype;
  }

  /// The dtype of the same elements, where there is one; else the one it is loaded as.
  @Nullable DType kept() {
    return switch (this) {
      case BF16 -> DType.BF16;
      case F16 -> DType.F16;
      case I8 -> DType.I8;
      case I64 -> DType.I64;
      default -> dtype;
    };
  }

  /// How a tensor of this dtype is stored unless something else is asked for.
  static StoredType of(DType dtype) {
    return valueOf(dtype.name());
  }
}
