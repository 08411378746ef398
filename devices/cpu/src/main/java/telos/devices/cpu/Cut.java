package telos.devices.cpu;

/// How the result of a product is cut into tasks: blocks of `rows` rows by `panels` panels of
/// columns, by size alone. Tasks are numbered down the columns, so that neighbours in time meet the
/// same panels of B.
///
/// @param nanos estimated cost of one task
record Cut(int rows, int rowBlocks, int panels, int groups, double nanos) {
  /// Rows of a task where there are enough tasks.
  private static final int ROWS = 96;

  /// Columns of a task at most: with 384 inner indices as much of B as fits into L2 beside the
  /// rest.
  private static final int COLUMNS = 512;

  /// Rows of a task are a multiple of those of a tile.
  private static final int TILE = Lanes.BITS == 512 ? 6 : RowStrips.LENGTH;

  /// With so many tasks sixteen threads have one each.
  private static final int TASKS = 16;

  /// Where tasks are few they get fewer rows, then fewer panels. What six rows wait for is B, so
  /// every thread reads some of it.
  ///
  /// @param columns columns of the result that are cut
  /// @param gathered whether each task gathers its rows of A: then it keeps more of them
  static Cut of(Product product, int columns, boolean gathered) {
    int wide = COLUMNS / PackedMatrix.WIDE;
    Cut cut = of(product, columns, ROWS, wide);
    if (cut.few(product)) {
      cut = of(product, columns, ROWS / 2, wide);
    }
    if (cut.few(product)) {
      cut = of(product, columns, ROWS / 2, wide / 2);
    }
    if (cut.few(product)) {
      cut =
          gathered
              ? of(product, columns, ROWS / 2, Math.max(4, wide / 4))
              : of(product, columns, ROWS / 4, wide / 2);
    }
    if (cut.few(product) && product.m() <= TILE) {
      cut = of(product, columns, TILE, wide / 8);
    }
    return cut;
  }

  private boolean few(Product product) {
    return product.batch() * tasks() < TASKS;
  }

  /// Blocks of at most so many rows and panels, of nearly equal size.
  private static Cut of(Product product, int columns, int mostRows, int mostPanels) {
    int panels = PackedMatrix.panels(columns);
    int groups = ceil(panels, mostPanels);
    int perGroup = ceil(panels, groups);
    int rows = TILE * ceil(ceil(product.m(), ceil(product.m(), mostRows)), TILE);
    int width = Math.min(columns, perGroup * PackedMatrix.WIDE);
    double reading = Team.NANOS_PER_FLOAT * width * product.k();
    double nanos = Math.max(product.nanos(rows, width), reading);
    return new Cut(rows, ceil(product.m(), rows), perGroup, ceil(panels, perGroup), nanos);
  }

  private static int ceil(int x, int y) {
    return (x + y - 1) / y;
  }

  int tasks() {
    return rowBlocks * groups;
  }

  /// The first row of a task.
  int row(int task) {
    return task % rowBlocks * rows;
  }

  /// The first panel of a task.
  int panel(int task) {
    return task / rowBlocks * panels;
  }
}
