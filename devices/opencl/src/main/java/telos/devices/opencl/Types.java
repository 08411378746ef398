package telos.devices.opencl;

import telos.tensor.DType;

/// Element types in OpenCL C.
final class Types {
  private Types() {}

  /// How elements lie in memory; BOOL is 0 or 1.
  static String name(DType dtype) {
    return switch (dtype) {
      case F32 -> "float";
      case F64 -> "double";
      case I32 -> "int";
      case BOOL -> "uchar";
      case I8 -> "char";
      case BF16 -> "ushort";
      case F16 -> "half";
      case I64 -> "long";
    };
  }

  /// How elements are computed with.
  static String value(DType dtype) {
    return switch (dtype) {
      case BF16, F16 -> "float";
      default -> name(dtype);
    };
  }

  /// An unsigned integer of as many bytes, to copy elements by.
  static DType carrier(DType dtype) {
    return switch (dtype.bytes()) {
      case 1 -> DType.BOOL;
      case 2 -> DType.BF16;
      case 4 -> DType.I32;
      default -> DType.I64;
    };
  }

  /// Element `index` of array `p`.
  static String load(DType dtype, String p, String index) {
    return switch (dtype) {
      case BF16 -> "from_bfloat16(" + p + "[" + index + "])";
      case F16 -> "vload_half(" + index + ", " + p + ")";
      default -> p + "[" + index + "]";
    };
  }

  /// The statement that makes `value` element `i` of array `p`.
  static String store(DType dtype, String p, String value) {
    return switch (dtype) {
      case BF16 -> p + "[i] = to_bfloat16(" + value + ");";
      case F16 -> "vstore_half_rte(" + value + ", i, " + p + ");";
      default -> p + "[i] = " + value + ";";
    };
  }
}
