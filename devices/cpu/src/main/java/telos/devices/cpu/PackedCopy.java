package telos.devices.cpu;

import org.jspecify.annotations.Nullable;

/// The packed copy that a constant right operand (a layer's weights) may carry: made when a second
/// product with few rows asks for the same form, kept as long as the storage lives. It spares
/// packing, or reading weights across, in every step of a generation; the bits are the same.
final class PackedCopy {
  /// With more rows than this packing is lost in the product's own time.
  private static final int ROWS = 128;

  /// Smaller operands stay in cache unpacked.
  private static final int SIZE = 1 << 12;

  private int k;
  private int n;
  private boolean transposed;
  private boolean asked;
  private @Nullable PackedMatrix matrix;

  /// Whether a product would gain from a packed copy of its one right operand.
  static boolean pays(Product product) {
    return product.m() <= ROWS && (long) product.k() * product.n() >= SIZE;
  }

  /// The copy, or null the first time a form is asked for.
  synchronized @Nullable PackedMatrix of(Team team, Product product, float[] b) {
    boolean same =
        asked && k == product.k() && n == product.n() && transposed == product.transposeB();
    if (!same && matrix != null) {
      return null;
    }
    if (!same) {
      asked = true;
      k = product.k();
      n = product.n();
      transposed = product.transposeB();
    } else if (matrix == null) {
      matrix = PackedMatrix.of(team, b, 0, k, n, transposed);
    }
    return matrix;
  }
}
