package telos.devices.opencl;

import java.util.ArrayList;
import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.CrossEntropyGrad;
import telos.tensor.fused.LayerNorm;
import telos.tensor.fused.LayerNormGrad;
import telos.tensor.fused.LogSumExp;
import telos.tensor.fused.PutAt;
import telos.tensor.fused.RmsNorm;
import telos.tensor.fused.RmsNormGrad;
import telos.tensor.fused.Rotary;

/// What has one row of the last axis as its unit, in F32: softmax and likelihoods, norms, rotary
/// positions, and slices put into rows.
final class Rows {
  /// Rows that one item of a column sum adds in sequence.
  private static final int COLUMN_BLOCK = 256;

  private Rows() {}

  /// A kernel with a work-group for each row of `x`.
  private static void run(OpenClDevice device, String kernel, Tensor x, Object... arguments) {
    int rows = x.size() / x.dim(-1);
    kernel(device, kernel).run(Range.groups(rows, device.group()), arguments);
  }

  private static Kernel kernel(OpenClDevice device, String name) {
    return device.programs().kernel("rows", DType.F32, name, "GROUP=" + device.group());
  }

  private static Tensor floats(OpenClDevice device, Shape shape, String maker) {
    return device.tensor(device.storage(DType.F32, shape.size(), maker), shape, DType.F32);
  }

  /// A kernel from one tensor to one of its shape.
  static List<Tensor> map(OpenClDevice device, String kernel, Tensor x) {
    Tensor y = floats(device, x.shape(), kernel);
    run(device, kernel, x, x, y, x.dim(-1));
    return List.of(y);
  }

  /// A kernel from two tensors of one shape to one.
  static List<Tensor> map(OpenClDevice device, String kernel, Tensor x, Tensor g) {
    Tensor y = floats(device, x.shape(), kernel);
    run(device, kernel, x, x, g, y, x.dim(-1));
    return List.of(y);
  }

  static List<Tensor> logSumExp(OpenClDevice device, LogSumExp op) {
    Tensor y = floats(device, op.shape(), op.name());
    run(device, "logSumExp", op.x(), op.x(), y, op.x().dim(-1));
    return List.of(y);
  }

  static List<Tensor> crossEntropy(OpenClDevice device, CrossEntropy op) {
    Tensor y = floats(device, op.shape(), op.name());
    Tensor logSumExps = floats(device, op.shape(), op.name());
    int classes = op.logits().dim(-1);
    int error = device.faults().expectIndex(op.name(), classes);
    run(
        device,
        "crossEntropy",
        op.logits(),
        op.logits(),
        op.labels(),
        y,
        logSumExps,
        classes,
        device.faults().flag(),
        error);
    return List.of(y, logSumExps);
  }

  static List<Tensor> crossEntropyGrad(OpenClDevice device, CrossEntropyGrad op) {
    Tensor dx = floats(device, op.shape(), op.name());
    run(
        device,
        "crossEntropyGrad",
        op.logits(),
        op.logits(),
        op.labels(),
        op.logSumExp(),
        op.g(),
        dx,
        op.logits().dim(-1));
    return List.of(dx);
  }

  // --- norms ---

  static List<Tensor> layerNorm(OpenClDevice device, LayerNorm op) {
    Tensor x = op.x();
    Tensor y = floats(device, x.shape(), op.name());
    Tensor mean = floats(device, x.shape().without(-1), op.name());
    Tensor rstd = floats(device, x.shape().without(-1), op.name());
    run(
        device,
        "layerNorm",
        x,
        x,
        op.gain(),
        op.bias(),
        y,
        mean,
        rstd,
        x.dim(-1),
        (float) op.eps());
    return List.of(y, mean, rstd);
  }

  static List<Tensor> rmsNorm(OpenClDevice device, RmsNorm op) {
    Tensor x = op.x();
    Tensor y = floats(device, x.shape(), op.name());
    Tensor rstd = floats(device, x.shape().without(-1), op.name());
    run(device, "rmsNorm", x, x, op.gain(), y, rstd, x.dim(-1), (float) op.eps());
    return List.of(y, rstd);
  }

  static List<Tensor> layerNormGrad(OpenClDevice device, LayerNormGrad op) {
    return normGrad(device, op.name(), op.x(), op.gain(), op.mean(), op.rstd(), op.g(), true);
  }

  static List<Tensor> rmsNormGrad(OpenClDevice device, RmsNormGrad op) {
    return normGrad(device, op.name(), op.x(), op.gain(), op.rstd(), op.rstd(), op.g(), false);
  }

  private static List<Tensor> normGrad(
      OpenClDevice device,
      String name,
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      Tensor g,
      boolean centred) {
    int width = x.dim(-1);
    int rows = x.size() / width;
    int blocks = (rows + COLUMN_BLOCK - 1) / COLUMN_BLOCK;
    int flag = centred ? 1 : 0;
    Tensor dx = floats(device, x.shape(), name);
    run(device, "normGrad", x, x, gain, mean, rstd, g, dx, width, flag);
    OpenClStorage gains = device.storage(DType.F32, blocks * width, name);
    OpenClStorage biases = centred ? device.storage(DType.F32, blocks * width, name) : gains;
    kernel(device, "normColumns")
        .run(
            Range.of((long) blocks * width, device.group()),
            x,
            mean,
            rstd,
            g,
            gains,
            biases,
            blocks * width,
            rows,
            width,
            COLUMN_BLOCK,
            flag);
    List<Tensor> results = new ArrayList<>(List.of(dx, down(device, name, gains, blocks, gain)));
    if (centred) {
      results.add(down(device, name, biases, blocks, gain));
    }
    return results;
  }

  /// The sums of all blocks.
  private static Tensor down(
      OpenClDevice device, String name, OpenClStorage parts, int blocks, Tensor like) {
    if (blocks == 1) {
      return device.tensor(parts, like.shape(), DType.F32);
    }
    Tensor sums = floats(device, like.shape(), name);
    Reduce.sum(device, parts, OpenClStorage.of(sums), 1, blocks, like.size());
    parts.consume();
    return sums;
  }

  // --- positions ---

  static List<Tensor> rotary(OpenClDevice device, Rotary op) {
    Tensor x = op.x();
    Tensor y = floats(device, x.shape(), op.name());
    int positions = op.cos().rank() == 2 ? x.dim(1) : x.dim(0) * x.dim(1);
    kernel(device, "rotary")
        .run(
            Range.of(x.size() / 2, device.group()),
            x,
            op.cos(),
            op.sin(),
            y,
            x.size() / 2,
            positions,
            x.dim(2),
            op.rotated(),
            x.dim(3) / 2);
    return List.of(y);
  }

  /// Into a copy, unless the operation owns what it is put into and that has a buffer.
  static List<Tensor> putAt(OpenClDevice device, PutAt op) {
    Shape shape = op.shape();
    boolean inPlace = op.owned() && OpenClStorage.of(op.x()).uniform() == null;
    Tensor y =
        inPlace
            ? device.tensor(OpenClStorage.of(op.x()), shape, DType.F32)
            : floats(device, shape, op.name());
    if (!inPlace) {
      Pass.run(device, new Op.Expand(op.x(), shape), shape, OpenClStorage.of(y));
    }
    int inner = shape.size(op.axis() + 1, shape.rank());
    kernel(device, "put")
        .run(
            Range.of(op.value().size(), device.group()),
            op.value(),
            op.index(),
            y,
            op.value().size(),
            shape.size(1, op.axis()),
            shape.dim(op.axis()),
            inner);
    return List.of(y);
  }
}
