package telos.devices.cpu;

/// How the result of a product is cut into tasks: blocks of `rows` rows by `panels` panels of
/// columns, by size alone.
record Cut(int rows, int rowBlocks, int panels, int groups, double nanos) {
  static final int ROWS = Integer.getInteger("cr", 192);
  static final int PANELS = Integer.getInteger("cp", 8);
  static final int TASKS = Integer.getInteger("ct", 16);

  static Cut of(Product product, int columns) {
    int panels = PackedMatrix.panels(columns);
    int groups = (panels + PANELS - 1) / PANELS;
    int perGroup = (panels + groups - 1) / groups;
    int m = product.m();
    int rowBlocks = (m + ROWS - 1) / ROWS;
    int rows = ((m + rowBlocks - 1) / rowBlocks + 5) / 6 * 6;
    double nanos = product.nanos(rows, Math.min(columns, perGroup * PackedMatrix.WIDE));
    return new Cut(rows, (m + rows - 1) / rows, perGroup, groups, nanos);
  }

  int tasks() {
    return rowBlocks * groups;
  }

  int row(int task) {
    return task % rowBlocks * rows;
  }

  int panel(int task) {
    return task / rowBlocks * panels;
  }

  int chunk() {
    return (int) Math.max(1, Math.min(1 << 20, Team.WORTHWHILE_NANOS / nanos));
  }
}
