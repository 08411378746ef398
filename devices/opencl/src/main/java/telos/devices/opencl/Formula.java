package telos.devices.opencl;

import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Tensor;

/// Elementwise operations as expressions of OpenCL C. Where C has no operator or function of the
/// same meaning, `elementwise.cl` has one for each type, with the type's name at the end.
final class Formula {
  private Formula() {}

  /// Whether the operation has an expression.
  static boolean has(Op op) {
    return switch (op) {
      case Op.ToDevice _, Op.StopGradient _ -> false;
      case Op.Unary _, Op.Binary _, Op.Where _, Op.Expand _ -> true;
      case Op _ -> false;
    };
  }

  /// Whether some operands are an error; then [#of] takes the flag of errors and the error's number
  /// as two operands more.
  static boolean mayFail(Op op) {
    return op instanceof Op.Div div && div.dtype() == DType.I32;
  }

  /// Whether the expression of F32 operands also means the operation where they are vectors.
  static boolean ofVectors(Op op) {
    return switch (op) {
      case Op.Comparison _, Op.Where _, Op.Cast _ -> false;
      case Op other -> has(other);
    };
  }

  /// @param x the names of the operands
  /// @param vector the type of the operands where they are vectors, else empty
  static String of(Op op, List<String> x, String vector) {
    Tensor first = op.inputs().getFirst();
    String type = vector.isEmpty() ? Types.value(first.dtype()) : vector;
    boolean whole = first.dtype() == DType.I32;
    String pattern =
        switch (op) {
          case Op.Neg _ -> whole ? "(int) (0u - (uint) %s)" : "-%s";
          case Op.Recip _ -> "1 / %s";
          case Op.Exp _ -> "exp(%s)";
          case Op.Log _ -> "log(%s)";
          case Op.Log1p _ -> "log1p(%s)";
          case Op.Sqrt _ -> "sqrt(%s)";
          case Op.Rsqrt _ -> "1 / sqrt(%s)";
          case Op.Sin _ -> "sin(%s)";
          case Op.Cos _ -> "cos(%s)";
          case Op.Tanh _ -> "tanh(%s)";
          case Op.Sigmoid _ -> "1 / (1 + exp(-%s))";
          case Op.Erf _ -> "erf(%s)";
          case Op.Abs _ -> whole ? "(int) abs(%s)" : "fabs(%s)";
          case Op.Sign _ -> "sign_" + type + "(%s)";
          case Op.Floor _ -> "floor(%s)";
          case Op.Cast cast -> cast(first.dtype(), cast.to());
          case Op.Add _ -> whole ? "(int) ((uint) %s + (uint) %s)" : "%s + %s";
          case Op.Sub _ -> whole ? "(int) ((uint) %s - (uint) %s)" : "%s - %s";
          case Op.Mul _ -> whole ? "(int) ((uint) %s * (uint) %s)" : "%s * %s";
          case Op.Div _ -> whole ? "quotient(%s, %s, %s, %s)" : "%s / %s";
          case Op.Pow _ -> "pow(%s, %s)";
          case Op.Maximum _ -> "maximum_" + type + "(%s, %s)";
          case Op.Minimum _ -> "minimum_" + type + "(%s, %s)";
          case Op.Equal _ -> "%s == %s";
          case Op.Less _ -> "%s < %s";
          case Op.LessEqual _ -> "%s <= %s";
          case Op.Where _ -> "%s ? %s : %s";
          case Op.Expand _ -> "%s";
          case Op _ -> throw new IllegalArgumentException(op.name() + " is not elementwise");
        };
    return filled(pattern, x);
  }

  /// Puts the names in place of each `%s` (formatting them takes longer than the launch).
  private static String filled(String pattern, List<String> x) {
    StringBuilder text = new StringBuilder();
    int from = 0;
    for (String name : x) {
      int at = pattern.indexOf("%s", from);
      text.append(pattern, from, at).append(name);
      from = at + 2;
    }
    return text.append(pattern, from, pattern.length()).toString();
  }

  /// Floats become integers by truncation, NaN zero, and what lies outside the nearest.
  private static String cast(DType from, DType to) {
    boolean floats = from.isFloat() || from == DType.BF16 || from == DType.F16;
    String type = Types.value(from);
    return switch (to) {
      case BOOL -> "%s != 0";
      case I32, I8, I64 ->
          floats
              ? "to_" + Types.name(to) + "_" + type + "(%s)"
              : "convert_" + Types.name(to) + "_sat(%s)";
      case F32, F64, BF16, F16 -> "(" + Types.value(to) + ") %s";
    };
  }
}
