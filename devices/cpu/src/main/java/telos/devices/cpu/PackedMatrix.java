package telos.devices.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A right operand `op(B)[k, n]` laid out as the micro-kernels read it: for each block of
/// [MatMul#BLOCK] inner indices, panels of [#WIDE] columns, each panel contiguous, row after row.
/// The last panel is padded with zeros to a multiple of [#NARROW] columns.
///
/// A storage may keep one of a constant operand ([#of]) and hand it to every product with the same
/// flags. Within one product, full panels before `first` may be left where they lie in B.
final class PackedMatrix {
  /// Columns of a panel.
  static final int WIDE = (Lanes.BITS == 512 ? 4 : 2) * Lanes.WIDTH;

  /// Columns of the last panel are a multiple of this.
  static final int NARROW = Lanes.WIDTH;

  /// Panels filled at a time, and rows of each.
  private static final int GROUP = 256 / WIDE;

  private static final int ROWS = 16;

  private final float[] b;
  private final int bAt;
  private final int bRow;
  private final boolean transposed;
  final int k;
  final int n;
  private final int first;
  private final float[] packed;
  private final int packedAt;

  /// @param b source; rows are `bRow` apart
  /// @param first the first panel that is packed; those before are read in place (not if
  ///   transposed)
  /// @param packed room for [#size] floats from `packedAt` on
  PackedMatrix(
      float[] b,
      int bAt,
      int bRow,
      boolean transposed,
      int k,
      int n,
      int first,
      float[] packed,
      int packedAt) {
    this.b = b;
    this.bAt = bAt;
    this.bRow = bRow;
    this.transposed = transposed;
    this.k = k;
    this.n = n;
    this.first = first;
    this.packed = packed;
    this.packedAt = packedAt;
  }

  /// A packed copy that outlives the product and does not hold on to B, or null if it would be too
  /// large for one array.
  static @Nullable PackedMatrix of(
      Team team, float[] b, int bAt, int k, int n, boolean transposed) {
    long size = (long) k * padded(n);
    if (size > Integer.MAX_VALUE - 8 - Scratch.ALIGNED) {
      return null;
    }
    int at = Scratch.ALIGNED;
    float[] copy = new float[at + (int) size];
    int row = transposed ? k : n;
    PackedMatrix matrix = new PackedMatrix(b, bAt, row, transposed, k, n, 0, copy, at);
    pack(team, new PackedMatrix[] {matrix});
    return new PackedMatrix(copy, 0, row, transposed, k, n, 0, copy, at);
  }

  /// Memory of the copy in bytes.
  long bytes() {
    return 4L * packed.length;
  }

  static int padded(int n) {
    return (n + NARROW - 1) / NARROW * NARROW;
  }

  static int panels(int n) {
    return (n + WIDE - 1) / WIDE;
  }

  /// Floats of packed panels, the first `first` panels left out.
  static int size(int k, int n, int first) {
    return Math.multiplyExact(k, padded(n) - first * WIDE);
  }

  /// Fills the panels of all matrices (of equal shape).
  static void pack(Team team, PackedMatrix[] matrices) {
    PackedMatrix one = matrices[0];
    int blocks = (one.k + MatMul.BLOCK - 1) / MatMul.BLOCK;
    int groups = (panels(one.n) - one.first + GROUP - 1) / GROUP;
    int each = blocks * groups;
    int floats = Math.min(MatMul.BLOCK, one.k) * Math.min(GROUP * WIDE, one.n);
    double nanos = Team.NANOS_PER_FLOAT * floats;
    team.each(
        matrices.length * each,
        nanos,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            int item = i % each;
            matrices[i / each].pack(item / groups, one.first + item % groups * GROUP);
          }
        });
  }

  /// Fills one block of some panels from `first` on, a few rows of them at a time: B is read in
  /// long runs.
  private void pack(int block, int first) {
    int from = block * MatMul.BLOCK;
    int depth = Math.min(MatMul.BLOCK, k - from);
    int last = Math.min(panels(n), first + GROUP);
    int step = transposed ? depth : ROWS;
    for (int i = 0; i < depth; i += step) {
      for (int panel = first; panel < last; panel++) {
        int column = panel * WIDE;
        int columns = Math.min(WIDE, n - column);
        int to = at(block, panel) + i * width(panel);
        if (transposed) {
          turn(bAt + column * bRow + from, depth, columns, to, width(panel));
        } else {
          int at = bAt + (from + i) * bRow + column;
          int rows = Math.min(ROWS, depth - i);
          Tiles.padded(b, at, bRow, packed, to, width(panel), rows, columns);
        }
      }
    }
  }

  private void turn(int at, int depth, int columns, int to, int width) {
    Transposition.copy(b, at, bRow, columns, depth, packed, to, width);
    for (int i = 0; i < depth && columns < width; i++) {
      Arrays.fill(packed, to + i * width + columns, to + (i + 1) * width, 0f);
    }
  }

  /// Whether a panel is read where it lies in B.
  private boolean inPlace(int panel) {
    return panel < first;
  }

  float[] array(int panel) {
    return inPlace(panel) ? b : packed;
  }

  /// Where a panel's rows of a block start in [#array].
  int at(int block, int panel) {
    int from = block * MatMul.BLOCK;
    if (inPlace(panel)) {
      return bAt + from * bRow + panel * WIDE;
    }
    int depth = Math.min(MatMul.BLOCK, k - from);
    return packedAt + from * (padded(n) - first * WIDE) + (panel - first) * WIDE * depth;
  }

  /// Distance of a panel's rows in [#array].
  int step(int panel) {
    return inPlace(panel) ? bRow : width(panel);
  }

  /// Columns of a panel, padding included.
  int width(int panel) {
    return Math.min(WIDE, padded(n) - panel * WIDE);
  }
}
