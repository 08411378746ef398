package telos.rl.data;

import telos.tensor.DType;

/// `Array.Type` of `records.proto`.
enum ElementType {
  F32(1, DType.F32),
  F64(2, DType.F64),
  I32(3, DType.I32),
  BOOL(4, DType.BOOL),
  I64(5, DType.I64);

  private final int number;
  private final DType dtype;

  ElementType(int number, DType dtype) {
    this.number = number;
    this.dtype = dtype;
  }

  /// As the file counts them.
  int number() {
    return number;
  }

  DType dtype() {
    return dtype;
  }

  static ElementType of(DType dtype) {
    for (ElementType type : values()) {
      if (type.dtype == dtype) {
        return type;
      }
    }
    throw new IllegalArgumentException("records: no form for numbers of type " + dtype);
  }

  static ElementType of(int number) {
    for (ElementType type : values()) {
      if (type.number == number) {
        return type;
      }
    }
    throw new IllegalArgumentException(number + " is no type of elements that is known here");
  }
}
