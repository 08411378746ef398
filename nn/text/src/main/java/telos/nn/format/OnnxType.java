package telos.nn.format;

import telos.tensor.DType;

/// Element types of ONNX tensors, by the numbers of `TensorProto.DataType`. Integers are INT64
/// throughout, the type of ONNX's shapes and indices; they differ from I32 where I32 overflows.
/// Only operators that take nothing else read INT32.
enum OnnxType {
  FLOAT(1, 4),
  INT8(3, 1),
  INT32(6, 4),
  INT64(7, 8),
  BOOL(9, 1),
  FLOAT16(10, 2),
  DOUBLE(11, 8),
  BFLOAT16(16, 2);

  private final int number;
  private final int bytes;

  OnnxType(int number, int bytes) {
    this.number = number;
    this.bytes = bytes;
  }

  int number() {
    return number;
  }

  /// Bytes per element.
  int bytes() {
    return bytes;
  }

  static OnnxType of(DType dtype) {
    return switch (dtype) {
      case F32 -> FLOAT;
      case F64 -> DOUBLE;
      case I32, I64 -> INT64;
      case BOOL -> BOOL;
      case BF16 -> BFLOAT16;
      case F16 -> FLOAT16;
      case I8 -> INT8;
    };
  }

  /// The Java array of a tensor as that of its ONNX type.
  static Object elements(Object array) {
    return array instanceof int[] ints
        ? java.util.Arrays.stream(ints).asLongStream().toArray()
        : array;
  }
}
