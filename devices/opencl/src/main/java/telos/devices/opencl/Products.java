package telos.devices.opencl;

import java.util.List;
import telos.devices.opencl.Product.Mask;
import telos.devices.opencl.Product.Matrix;
import telos.devices.opencl.Product.Place;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.Linear;
import telos.tensor.fused.NarrowLinear;

/// Matrix products and convolutions. F32 runs in [Scheme]s; the other types, and stacks of which
/// some axes stretch and others do not, an element an item.
final class Products {
  /// Rows for which every weight is read once, from memory to a few sums.
  private static final int FEW = FewRows.ROWS;

  /// Rows up to which narrow weights are read so, FEW rows at a time, and not widened before.
  private static final int NARROW = 4 * FEW;

  /// The least extent of a part of a product that is cut along k.
  private static final int PART = 256;

  private Products() {}

  static void matMul(OpenClDevice device, Op.MatMul op, Shape result, OpenClStorage out) {
    Shape batch = result.slice(0, result.rank() - 2);
    if (result.size() == 0) {
      return;
    }
    if (op.dtype() == DType.F32 && whole(op.a(), batch) && whole(op.b(), batch)) {
      run(device, product(op, result, out));
    } else {
      elementByElement(device, op, result, out);
    }
  }

  /// Whether a stack has all matrices of the batch, or one for all.
  private static boolean whole(Tensor operand, Shape batch) {
    Shape own = operand.shape().slice(0, operand.rank() - 2);
    return own.size() == 1 || own.equals(batch);
  }

  private static Product product(Op.MatMul op, Shape result, OpenClStorage out) {
    int k = op.a().dim(op.transposeA() ? -2 : -1);
    int n = result.dim(-1);
    boolean joined = op.b().shape().size(0, op.b().rank() - 2) == 1 && !op.transposeA();
    int items = joined ? 1 : result.size(0, result.rank() - 2);
    int m = result.size() / n / items;
    return Product.of(
        m,
        n,
        k,
        items,
        matrix(op.a(), op.transposeA(), m * k),
        matrix(op.b(), op.transposeB(), k * n),
        out);
  }

  private static Matrix matrix(Tensor x, boolean transposed, int size) {
    int step = x.size() == size ? 0 : size;
    return new Matrix(OpenClStorage.of(x), Place.stack(x.dim(-1), step), transposed);
  }

  static List<Tensor> linear(OpenClDevice device, Linear op) {
    OpenClStorage out = device.storage(DType.F32, op.shape().size(), op.name());
    Shape w = op.w().shape();
    int in = w.dim(-2);
    int width = w.dim(-1);
    int items = w.size(0, w.rank() - 2);
    int rows = op.shape().size() / width / items;
    Matrix x = new Matrix(OpenClStorage.of(op.x()), Place.stack(in, rows * in), false);
    Matrix weights = new Matrix(OpenClStorage.of(op.w()), Place.stack(width, in * width), false);
    Tensor b = op.b();
    run(
        device,
        Product.of(rows, width, in, items, x, weights, out)
            .withBias(b == null ? null : OpenClStorage.of(b), width));
    return List.of(device.tensor(out, op.shape(), DType.F32));
  }

  /// Whether so few rows meet the weights that these are widened as they are read.
  static boolean few(NarrowLinear op) {
    return op.x().size() <= NARROW * op.x().dim(-1) && op.w().size() > 0;
  }

  /// With more rows the definition widens them once, for a product that has the same bits.
  static List<Tensor> narrowLinear(OpenClDevice device, NarrowLinear op) {
    OpenClStorage out = device.storage(DType.F32, op.shape().size(), op.name());
    int k = op.x().dim(-1);
    new FewRows(op.x().size() / k, op.out(), k, op.w().dtype(), op.transposed())
        .run(
            device,
            OpenClStorage.of(op.x()),
            OpenClStorage.of(op.w()),
            op.scale() == null ? null : OpenClStorage.of(op.scale()),
            op.b() == null ? null : OpenClStorage.of(op.b()),
            out);
    return List.of(device.tensor(out, op.shape(), DType.F32));
  }

  static void run(OpenClDevice device, Product p) {
    boolean plain = p.items() == 1 && p.mask() == Mask.NONE && !p.a().transposed();
    if (plain && p.m() <= FEW && p.a().place().start() == 0) {
      few(device, p);
      return;
    }
    Scheme scheme = device.tuning().choose(p);
    int parts = scheme instanceof Scheme.Tiles tiles ? parts(device, p, tiles) : 1;
    if (parts > 1) {
      inParts(device, p, parts);
    } else {
      scheme.run(device, p);
    }
  }

  static void few(OpenClDevice device, Product p) {
    new FewRows(p.m(), p.n(), p.k(), DType.F32, p.b().transposed())
        .run(device, p.a().storage(), p.b().storage(), null, p.bias(), p.c().storage());
  }

  /// Into how many parts along k a product is cut that has too few tiles for the device, such as
  /// the gradient of weights over a long batch.
  private static int parts(OpenClDevice device, Product p, Scheme.Tiles tiles) {
    boolean plain =
        p.a().transposed() && p.bias() == null && p.mask() == Mask.NONE && p.inner() == 1;
    long groups = tiles.groups(p.m(), p.n(), p.items());
    int parts = 1;
    while (plain
        && p.k() % (8 * parts) == 0
        && p.k() / (2 * parts) >= PART
        && groups * 2 * parts <= 4L * device.hardware().units()) {
      parts *= 2;
    }
    return parts;
  }

  /// The parts are products of their own, whose results are added in order.
  static void inParts(OpenClDevice device, Product p, int parts) {
    int size = p.m() * p.n();
    int each = p.k() / parts;
    int total = p.items() * size;
    OpenClStorage partial = device.storage(DType.F32, Math.multiplyExact(parts, total), "parts");
    Matrix c = new Matrix(partial, new Place(0, p.n(), parts * size, size, 1), false);
    Product cut =
        new Product(
            p.m(),
            p.n(),
            each,
            p.items() * parts,
            parts,
            along(p.a(), each, p.a().transposed()),
            along(p.b(), each, !p.b().transposed()),
            c,
            null,
            0,
            Mask.NONE,
            Attention.ALL);
    device.tuning().choose(cut).run(device, cut);
    device
        .programs()
        .kernel("parts", DType.F32, "sum_parts")
        .run(Range.of(total, device.group()), partial, p.c().storage(), parts, size, total);
    partial.consume();
  }

  /// Steps along k from one part to the next.
  private static Matrix along(Matrix whole, int each, boolean downRows) {
    Place place = whole.place();
    int step = downRows ? each * place.pitch() : each;
    return new Matrix(
        whole.storage(),
        new Place(place.start(), place.pitch(), place.outerStep(), step, 1),
        whole.transposed());
  }

  private static void elementByElement(
      OpenClDevice device, Op.MatMul op, Shape result, OpenClStorage out) {
    int m = result.dim(-2);
    int n = result.dim(-1);
    int k = op.a().dim(op.transposeA() ? -2 : -1);
    Shape batch = result.slice(0, result.rank() - 2);
    int[] startsA = starts(op.a(), batch);
    int[] startsB = starts(op.b(), batch);
    Tensor a = device.with(() -> Tensor.of(startsA));
    Tensor b = device.with(() -> Tensor.of(startsB));
    device
        .programs()
        .kernel("matmul", op.dtype(), "product")
        .run(
            Range.of(result.size(), device.group()),
            op.a(),
            op.b(),
            out,
            a,
            b,
            result.size(),
            m,
            n,
            k,
            op.transposeA() ? 1 : k,
            op.transposeA() ? m : 1,
            op.transposeB() ? 1 : n,
            op.transposeB() ? k : 1);
    List.of(a, b).forEach(starts -> starts.storage().consume());
  }

  /// The matrix of each element of the batch.
  private static int[] starts(Tensor operand, Shape batch) {
    int[] own = operand.shape().slice(0, operand.rank() - 2).dims();
    int[] starts = new int[batch.size()];
    for (int i = 0; i < starts.length; i++) {
      int rest = i;
      int step = 1;
      for (int axis = own.length - 1; axis >= 0; axis--) {
        starts[i] += own[axis] == 1 ? 0 : rest % batch.dim(axis) * step;
        step *= own[axis];
        rest /= batch.dim(axis);
      }
    }
    return starts;
  }

  static void conv2d(OpenClDevice device, Op.Conv2d op, Shape result, OpenClStorage out) {
    Shape x = op.x().shape();
    Shape w = op.w().shape();
    if (result.size() > 0) {
      device
          .programs()
          .kernel("matmul", op.dtype(), "convolution")
          .run(
              Range.of(result.size(), device.group()),
              op.x(),
              op.w(),
              out,
              result.size(),
              x.dim(1),
              x.dim(2),
              x.dim(3),
              w.dim(0),
              w.dim(2),
              w.dim(3),
              result.dim(2),
              result.dim(3),
              op.stride(),
              op.padding());
    }
  }
}
