package telos.gradcheck;

import static telos.gradcheck.Input.index;
import static telos.gradcheck.Input.integer;
import static telos.gradcheck.Input.mask;
import static telos.gradcheck.Input.positive;
import static telos.gradcheck.Input.signed;
import static telos.gradcheck.Input.special;

import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import telos.gradcheck.OpSpec.Accuracy;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Op;
import telos.tensor.ReferenceDevice;
import telos.tensor.Tensor;

/// Rows of the elementwise operations.
final class ElementwiseSpecs {
  private static final Device ELSEWHERE = new ReferenceDevice();

  private static final int[][] SHAPES = {{}, {1}, {2, 3}, {0, 3}, {1031}, {5, 13, 67}};

  /// Every pattern of the broadcasting law, small and large.
  private static final int[][][] PAIRS = {
    {{2, 3}, {2, 3}},
    {{2, 3}, {}},
    {{}, {2, 3}},
    {{3}, {2, 3}},
    {{2, 3}, {3}},
    {{2, 1}, {2, 3}},
    {{2, 3}, {1, 3}},
    {{2, 1, 3}, {1, 2, 1}},
    {{0, 3}, {1, 3}},
    {{2, 0}, {0}},
    {{1031}, {1031}},
    {{1031}, {}},
    {{33, 67}, {67}},
    {{33, 67}, {33, 1}},
    {{1, 67}, {33, 67}},
    {{7, 1, 67}, {1, 33, 1}}
  };

  private ElementwiseSpecs() {}

  static void addTo(List<OpSpec> rows) {
    unary(rows);
    binary(rows);
    comparisons(rows);
    casts(rows);
  }

  // --- one operand ---

  private static void unary(List<OpSpec> rows) {
    onSigned(rows, Op.Neg.class, Tensor::neg);
    onSigned(rows, Op.Recip.class, Tensor::recip);
    onSigned(rows, Op.Exp.class, Tensor::exp);
    onPositive(rows, Op.Log.class, Tensor::log);
    onPositive(rows, Op.Log1p.class, Tensor::log1p);
    onPositive(rows, Op.Sqrt.class, Tensor::sqrt);
    onPositive(rows, Op.Rsqrt.class, Tensor::rsqrt);
    onSigned(rows, Op.Sin.class, Tensor::sin);
    onSigned(rows, Op.Cos.class, Tensor::cos);
    onSigned(rows, Op.Tanh.class, Tensor::tanh);
    onSigned(rows, Op.Sigmoid.class, Tensor::sigmoid);
    onSigned(rows, Op.Erf.class, Tensor::erf);
    onSigned(rows, Op.Abs.class, Tensor::abs);
    onSigned(rows, Op.Sign.class, Tensor::sign);
    onSigned(rows, Op.Floor.class, Tensor::floor);
    rows.add(integers(Op.Neg.class, Tensor::neg));
    rows.add(integers(Op.Abs.class, Tensor::abs));
    rows.add(integers(Op.Sign.class, Tensor::sign));
  }

  private static void onSigned(
      List<OpSpec> rows, Class<? extends Op> op, UnaryOperator<Tensor> function) {
    for (int[] shape : SHAPES) {
      rows.add(row(op, "", function, signed(shape)));
    }
    specials(rows, op, function);
  }

  private static void onPositive(
      List<OpSpec> rows, Class<? extends Op> op, UnaryOperator<Tensor> function) {
    for (int[] shape : SHAPES) {
      rows.add(row(op, "", function, positive(shape)));
    }
    specials(rows, op, function);
  }

  private static void specials(
      List<OpSpec> rows, Class<? extends Op> op, UnaryOperator<Tensor> function) {
    rows.add(row(op, "of special values", function, special(50)).smoothIn());
  }

  private static OpSpec row(
      Class<? extends Op> op, String label, UnaryOperator<Tensor> function, Input input) {
    return OpSpec.of(op, label, Accuracy.ELEMENTWISE, in -> function.apply(in.getFirst()), input);
  }

  private static OpSpec integers(Class<? extends Op> op, UnaryOperator<Tensor> function) {
    return OpSpec.of(
        op, "of I32", Accuracy.EXACT, in -> function.apply(in.getFirst()), integer(5, 37));
  }

  // --- two operands ---

  private static void binary(List<OpSpec> rows) {
    pairs(rows, Op.Add.class, Tensor::add, false);
    pairs(rows, Op.Sub.class, Tensor::sub, false);
    pairs(rows, Op.Mul.class, Tensor::mul, false);
    pairs(rows, Op.Div.class, Tensor::div, false);
    pairs(rows, Op.Pow.class, Tensor::pow, true);
    pairs(rows, Op.Maximum.class, Tensor::maximum, false);
    pairs(rows, Op.Minimum.class, Tensor::minimum, false);
    integerPair(rows, Op.Add.class, Tensor::add);
    integerPair(rows, Op.Sub.class, Tensor::sub);
    integerPair(rows, Op.Mul.class, Tensor::mul);
    integerPair(rows, Op.Div.class, Tensor::div);
    integerPair(rows, Op.Maximum.class, Tensor::maximum);
    integerPair(rows, Op.Minimum.class, Tensor::minimum);
    maskPair(rows, Op.Maximum.class, Tensor::maximum);
    maskPair(rows, Op.Minimum.class, Tensor::minimum);
    for (int[][] pair : PAIRS) {
      int[] condition = pair[0];
      rows.add(
          OpSpec.of(
              Op.Where.class,
              "",
              Accuracy.EXACT,
              in -> in.get(0).where(in.get(1), in.get(2)),
              mask(condition),
              signed(pair[1]),
              signed(pair[0])));
    }
  }

  private static void pairs(
      List<OpSpec> rows, Class<? extends Op> op, BinaryOperator<Tensor> function, boolean power) {
    for (int[][] pair : PAIRS) {
      Input a = power ? positive(pair[0]) : signed(pair[0]);
      rows.add(row(op, "", function, a, signed(pair[1])));
    }
    if (!power) {
      rows.add(row(op, "of special values", function, special(25, 1), special(1, 25)).smoothIn());
    }
  }

  private static OpSpec row(
      Class<? extends Op> op, String label, BinaryOperator<Tensor> function, Input a, Input b) {
    return OpSpec.of(
        op, label, Accuracy.ELEMENTWISE, in -> function.apply(in.get(0), in.get(1)), a, b);
  }

  private static void integerPair(
      List<OpSpec> rows, Class<? extends Op> op, BinaryOperator<Tensor> function) {
    rows.add(row(op, "of I32", function, integer(5, 37), integer(5, 1)));
  }

  private static void maskPair(
      List<OpSpec> rows, Class<? extends Op> op, BinaryOperator<Tensor> function) {
    rows.add(row(op, "of BOOL", function, mask(5, 37), mask(37)));
  }

  private static void comparisons(List<OpSpec> rows) {
    comparison(rows, Op.Equal.class, Tensor::eq);
    comparison(rows, Op.Less.class, Tensor::lt);
    comparison(rows, Op.LessEqual.class, Tensor::le);
    maskPair(rows, Op.Equal.class, Tensor::eq);
  }

  private static void comparison(
      List<OpSpec> rows, Class<? extends Op> op, BinaryOperator<Tensor> function) {
    pairs(rows, op, function, false);
    integerPair(rows, op, function);
    rows.add(row(op, "with ties", function, index(3, 5, 37), index(3, 5, 37)));
  }

  // --- dtype and device ---

  private static void casts(List<OpSpec> rows) {
    rows.add(row(Op.Cast.class, "float to I32", x -> x.cast(DType.I32), signed(37)));
    rows.add(row(Op.Cast.class, "float to BOOL", x -> x.cast(DType.BOOL), signed(37)));
    rows.add(row(Op.Cast.class, "I32 to F32", x -> x.cast(DType.F32), integer(37)));
    rows.add(row(Op.Cast.class, "BOOL to I32", x -> x.cast(DType.I32), mask(37)));
    rows.add(
        row(Op.Cast.class, "through F32", x -> x.cast(DType.F32).cast(x.dtype()), signed(37))
            .smoothIn());
    rows.add(
        row(Op.Cast.class, "to F64", x -> x.cast(DType.F64).sin().cast(x.dtype()), signed(37))
            .smoothIn());
    rows.add(
        row(
            Op.ToDevice.class,
            "there and back",
            x -> x.to(ELSEWHERE).square().to(x.device()),
            signed(2, 3)));
    rows.add(row(Op.StopGradient.class, "", Tensor::stopGradient, signed(2, 3)).smoothIn());
  }
}
