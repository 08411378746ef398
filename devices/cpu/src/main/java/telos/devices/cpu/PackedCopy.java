package telos.devices.cpu;

import java.lang.ref.Cleaner;
import org.jspecify.annotations.Nullable;

/// The packed copy that a constant right operand (a layer's weights) may carry: made when a second
/// product with few rows asks for the same form, kept as long as the storage lives. It spares
/// packing, or reading weights across, in every step of a generation; the bits are the same. It
/// counts as memory of the device until the storage is given back or collected, and is not made
/// where that memory has a better use.
final class PackedCopy {
  /// With more rows than this packing is lost in the product's own time.
  private static final int ROWS = 128;

  /// Smaller operands stay in cache unpacked.
  private static final int SIZE = 1 << 12;

  private final Pool pool;
  private Cleaner.@Nullable Cleanable counted;
  private int k;
  private int n;
  private boolean transposed;
  private boolean asked;
  private @Nullable PackedMatrix matrix;

  PackedCopy(Pool pool) {
    this.pool = pool;
  }

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
      matrix = counted(team, b);
    }
    return matrix;
  }

  private @Nullable PackedMatrix counted(Team team, float[] b) {
    Pool account = pool;
    long bytes = (long) Float.BYTES * k * PackedMatrix.padded(n);
    if (!account.pack(bytes)) {
      return null;
    }
    counted = Pool.CLEANER.register(this, () -> account.unpack(bytes));
    return PackedMatrix.of(team, b, 0, k, n, transposed);
  }

  /// Forgets the copy.
  synchronized void drop() {
    matrix = null;
    if (counted != null) {
      counted.clean();
    }
  }
}
