package telos.tensor;

/// Element types. [#F32], [#F64], [#I32] and [#BOOL] take part in operations; the others exist in
/// storage and files only, and are cast before use.
public enum DType {
  F32(4),
  F64(8),
  I32(4),
  BOOL(1),
  BF16(2),
  F16(2),
  I8(1),
  I64(8);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /// Bytes per element.
  public int bytes() {
    return bytes;
  }

  /// True for the floating types that operations accept.
  public boolean isFloat() {
    return this == F32 || this == F64;
  }

  /// True for types that only storage and files know; no operation but [Op.Cast] accepts them.
  public boolean isStorageOnly() {
    return compareTo(BOOL) > 0;
  }
}
