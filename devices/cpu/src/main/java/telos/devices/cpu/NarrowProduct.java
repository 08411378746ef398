package telos.devices.cpu;

import static telos.devices.cpu.NarrowStrips.STRIP;
import static telos.devices.cpu.Scratch.ALIGNED;

import java.util.List;
import org.jspecify.annotations.Nullable;
import telos.tensor.Tensor;
import telos.tensor.fused.NarrowLinear;

/// Products with weights of one or two bytes: [NarrowLinear] in the order of operations of
/// [MatMul], so that the bits are those of the definition.
///
/// What a single row costs is reading the weights, once; from [NarrowStrips] it widens them in
/// registers. Several rows share a panel of weights that was widened to L1, 256 inner indices at a
/// time. No F32 copy of the weights ever exists.
final class NarrowProduct {
  /// Nanoseconds a weight of a single row: some third of what it takes to read one in F32.
  private static final double NANOS = 0.08;

  private final NarrowMatrix w;
  private final Product product;
  private final float[] x;
  private final float @Nullable [] scale;
  private final float @Nullable [] bias;
  private final float[] y;

  private NarrowProduct(NarrowMatrix w, Product product, NarrowLinear op, float[] y) {
    this.w = w;
    this.product = product;
    x = CpuDevice.floats(op.x());
    scale = op.scale() == null ? null : CpuDevice.floats(op.scale());
    bias = op.b() == null ? null : CpuDevice.floats(op.b());
    this.y = y;
  }

  static List<Tensor> run(CpuDevice device, NarrowLinear op) {
    float[] y = device.floats(op.shape().size());
    int k = op.x().dim(-1);
    Product product = Product.of(op.x().size() / k, op.out(), k, false, false);
    NarrowMatrix w = weights(device, op, product);
    NarrowProduct narrow = new NarrowProduct(w, product, op, y);
    if (product.m() == 1 && w instanceof NarrowStrips strips) {
      narrow.row(strips, device.team());
    } else {
      narrow.rows(device.team());
    }
    return List.of(device.tensor(y, op.shape()));
  }

  private static NarrowMatrix weights(CpuDevice device, NarrowLinear op, Product product) {
    NarrowStrips copy = device.narrow(op.w(), product, op.transposed());
    if (copy != null) {
      return copy;
    }
    Object array = CpuDevice.array(op.w());
    return op.transposed()
        ? new NarrowMatrix.Across(array, product.k())
        : new NarrowMatrix.Along(array, product.n());
  }

  // --- one row: a strip of columns at a time ---

  private void row(NarrowStrips strips, Team team) {
    double nanos = NANOS * STRIP * product.k();
    team.each(
        NarrowStrips.strips(product.n()),
        nanos,
        (from, to) -> {
          float[] sums = Scratch.take(STRIP);
          for (int i = from; i < to; i++) {
            strip(strips, i * STRIP, sums);
          }
          Scratch.give(sums);
        });
  }

  private void strip(NarrowStrips strips, int column, float[] sums) {
    int width = Math.min(STRIP, product.n() - column);
    for (int k = 0; k < product.k(); k += MatMul.BLOCK) {
      strips.strip(k, Math.min(MatMul.BLOCK, product.k() - k), column, x, sums);
      if (k == 0) {
        System.arraycopy(sums, 0, y, column, width);
      } else {
        Tiles.add(sums, 0, y, column, width);
      }
    }
    finish(0, 1, column, width);
  }

  // --- several rows: a panel of columns at a time ---

  private void rows(Team team) {
    Cut cut = Cut.of(product, product.n(), false);
    team.each(
        cut.tasks(),
        cut.nanos(),
        (from, to) -> {
          for (int i = from; i < to; i++) {
            task(cut.row(i), cut.panel(i), cut);
          }
        });
  }

  private void task(int row, int panel, Cut cut) {
    int wide = PackedMatrix.WIDE;
    int rows = Math.min(cut.rows(), product.m() - row);
    int last = Math.min(PackedMatrix.panels(product.n()), panel + cut.panels());
    float[] room = Scratch.take(MatMul.BLOCK * wide);
    float[] tile = Scratch.take(Tiles.WAITING * wide);
    for (int j = panel; j < last; j++) {
      int width = Math.min(wide, product.n() - j * wide);
      for (int from = 0; from < product.k(); from += MatMul.BLOCK) {
        int depth = Math.min(MatMul.BLOCK, product.k() - from);
        w.widen(from, depth, j * wide, width, room);
        multiply(row, rows, from, depth, j * wide, width, room, tile);
      }
      finish(row, rows, j * wide, width);
    }
    Scratch.give(tile);
    Scratch.give(room);
  }

  private void multiply(
      int row, int rows, int from, int depth, int column, int width, float[] room, float[] tile) {
    int k = product.k();
    int n = product.n();
    int padded = PackedMatrix.padded(width);
    for (int i = 0; i < rows; i += Tiles.WAITING) {
      int some = Math.min(Tiles.WAITING, rows - i);
      int at = (row + i) * k + from;
      int to = (row + i) * n + column;
      Tiles.product(
          some, depth, x, at, k, 1, room, ALIGNED, padded, padded, tile, ALIGNED, padded, false);
      if (from == 0) {
        Tiles.copy(tile, ALIGNED, padded, y, to, n, some, width);
      } else {
        Tiles.add(tile, ALIGNED, padded, y, to, n, some, width);
      }
    }
  }

  /// Scale and bias of finished sums.
  private void finish(int row, int rows, int column, int width) {
    int n = product.n();
    for (int i = 0; i < rows && scale != null; i++) {
      int at = (row + i) * n + column;
      Binary.mul(y, at, scale, column, y, at, width);
    }
    if (bias != null) {
      Tiles.addRow(bias, column, y, row * n + column, n, rows, width);
    }
  }
}
