package telos.devices.cpu;

import static telos.devices.cpu.NarrowMatrix.STRIP;

import java.lang.ref.Cleaner;
import org.jspecify.annotations.Nullable;

/// The copy, strip by strip, that a constant narrow matrix may carry: what a single row of inputs
/// reads is then one run of memory, and a table that is used across, as a tied head is, lies the
/// right way. Made when a second product with few rows asks for it, as [PackedCopy] is, and under
/// the same account.
///
/// Weight `[k, n]` lies at `n / STRIP * STRIP * K + k * STRIP + n % STRIP`; the last strip is
/// filled up with zeros.
final class NarrowCopy {
  /// With more rows rearranging panel by panel is lost in the product's own time.
  private static final int ROWS = 32;

  private final Pool pool;
  private Cleaner.@Nullable Cleanable counted;
  private boolean asked;
  private boolean across;
  private @Nullable Object copy;

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
  synchronized @Nullable Object of(Team team, Product product, Object array, boolean across) {
    if (copy == null && asked && this.across == across) {
      copy = counted(team, product, array);
    } else if (copy == null) {
      asked = true;
      this.across = across;
    }
    return this.across == across ? copy : null;
  }

  private @Nullable Object counted(Team team, Product product, Object array) {
    Pool account = pool;
    int strips = (product.n() + STRIP - 1) / STRIP;
    long size = (long) strips * STRIP * product.k();
    long bytes = size * (array instanceof short[] ? Short.BYTES : Byte.BYTES);
    if (size > Integer.MAX_VALUE - 8 || !account.pack(bytes)) {
      return null;
    }
    counted = Pool.CLEANER.register(this, () -> account.unpack(bytes));
    Object made = array instanceof short[] ? new short[(int) size] : new byte[(int) size];
    int row = across ? product.k() : product.n();
    team.each(
        strips,
        (double) STRIP * product.k(),
        (from, to) -> {
          for (int i = from; i < to; i++) {
            int columns = Math.min(STRIP, product.n() - i * STRIP);
            int at = i * STRIP * (across ? row : 1);
            int into = i * STRIP * product.k();
            fill(array, at, across ? 1 : row, across ? row : 1, product.k(), columns, made, into);
          }
        });
    return made;
  }

  /// One strip, from an array in which `k` steps by `row` and `n` by `column`.
  private static void fill(
      Object array, int at, int row, int column, int k, int n, Object copy, int to) {
    for (int i = 0; i < k; i++) {
      if (array instanceof byte[] x && copy instanceof byte[] y) {
        for (int j = 0; j < n; j++) {
          y[to + i * STRIP + j] = x[at + i * row + j * column];
        }
      } else if (array instanceof short[] x && copy instanceof short[] y) {
        for (int j = 0; j < n; j++) {
          y[to + i * STRIP + j] = x[at + i * row + j * column];
        }
      }
    }
  }

  /// Forgets the copy.
  synchronized void drop() {
    copy = null;
    if (counted != null) {
      counted.clean();
    }
  }
}
