package telos.tensor;

import java.util.List;

/// Which dtypes an operation accepts.
final class DTypes {
  private DTypes() {}

  static void check(Op op) {
    switch (op) {
      case Op.Cast cast -> castable(cast);
      case Op.ToDevice _, Op.StopGradient _, Op.Reshape _ -> {}
      case Op.Neg _, Op.Abs _, Op.Sign _ -> among(op, false);
      case Op.Unary _, Op.Pow _, Op.Conv2d _ -> floats(op);
      case Op.Maximum _, Op.Minimum _, Op.Equal _ -> among(op, true);
      case Op.Binary _ -> among(op, false);
      case Op.Where where -> {
        require(where.condition(), DType.BOOL, "where: the condition");
        same(op, List.of(where.a(), where.b()), true);
      }
      case Op.Reduction _, Op.CumSum _ -> among(op, false);
      case Op.MatMul _ -> among(op, false);
      case Op.Movement _, Op.Concat _ -> among(op, true);
      case Op.Gather gather -> require(gather.index(), DType.I32, "gather: the index");
      case Op.ScatterAdd scatter -> {
        require(scatter.index(), DType.I32, "scatterAdd: the index");
        same(op, List.of(scatter.source()), false);
      }
      case Op.Fused _ -> {}
    }
  }

  private static void castable(Op.Cast cast) {
    boolean storageOnly = cast.x().dtype().isStorageOnly() && cast.to().isStorageOnly();
    if (storageOnly && cast.x().dtype() != cast.to()) {
      throw new IllegalArgumentException(
          "cast: from " + cast.x().dtype() + " to " + cast.to() + "; go through F32 or I32");
    }
  }

  private static void floats(Op op) {
    same(op, op.inputs(), false);
    if (!op.inputs().getFirst().dtype().isFloat()) {
      throw refused(op, op.inputs().getFirst().dtype(), "F32 or F64");
    }
  }

  private static void among(Op op, boolean bool) {
    same(op, op.inputs(), bool);
  }

  private static void same(Op op, List<Tensor> tensors, boolean bool) {
    DType first = tensors.getFirst().dtype();
    if (first.isStorageOnly() || first == DType.BOOL && !bool) {
      throw refused(op, first, bool ? "F32, F64, I32 or BOOL" : "F32, F64 or I32");
    }
    for (Tensor tensor : tensors) {
      if (tensor.dtype() != first) {
        throw new IllegalArgumentException(
            op.name() + ": dtypes " + first + " and " + tensor.dtype() + " differ; cast one");
      }
    }
  }

  private static void require(Tensor tensor, DType dtype, String what) {
    if (tensor.dtype() != dtype) {
      throw new IllegalArgumentException(what + " must be " + dtype + ", got " + tensor.dtype());
    }
  }

  private static IllegalArgumentException refused(Op op, DType got, String fits) {
    return new IllegalArgumentException(op.name() + ": does not take " + got + "; cast to " + fits);
  }
}
