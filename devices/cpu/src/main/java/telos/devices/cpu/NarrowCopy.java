package telos.devices.cpu;

import java.lang.ref.Cleaner;
import org.jspecify.annotations.Nullable;

/// The copy, in [NarrowStrips], that a constant narrow matrix may carry: what a single row of
/// inputs reads is then one run of memory, and a table that is used across, as a tied head is, lies
/// the right way. Made when a second product with few rows asks for it, as [PackedCopy] is, and
/// under the same account.
final class NarrowCopy {
  /// With more rows rearranging panel by panel is lost in the product's own time.
  private static final int ROWS = 32;

  private final Pool pool;
  private Cleaner.@Nullable Cleanable counted;
  private boolean asked;
  private boolean across;
  private @Nullable NarrowStrips copy;

  NarrowCopy(Pool pool) {
    this.pool = pool;
  }

  /// Whether a product would gain from the copy.
  static boolean pays(Product product) {
    return product.m() <= ROWS;
  }

  /// The copy, or null the first time.
  ///
  /// @param across whether the array lies as `[n, k]`
  synchronized @Nullable NarrowStrips of(Team team, Product product, Object array, boolean across) {
    if (copy == null && asked && this.across == across) {
      copy = counted(team, product, array);
    } else if (copy == null) {
      asked = true;
      this.across = across;
    }
    return this.across == across ? copy : null;
  }

  private @Nullable NarrowStrips counted(Team team, Product product, Object array) {
    Pool account = pool;
    long size = NarrowStrips.size(array, product.k(), product.n());
    long bytes = size * Integer.BYTES;
    if (size > Integer.MAX_VALUE - 8 || !account.pack(bytes)) {
      return null;
    }
    counted = Pool.CLEANER.register(this, () -> account.unpack(bytes));
    return NarrowStrips.of(team, array, product.k(), product.n(), across);
  }

  /// Forgets the copy.
  synchronized void drop() {
    copy = null;
    if (counted != null) {
      counted.clean();
    }
  }
}
