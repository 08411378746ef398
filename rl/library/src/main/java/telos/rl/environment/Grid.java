package telos.rl.environment;

/// Cells in rows and columns, numbered row by row; a step off the edge stays.
record Grid(int rows, int columns) {
  int size() {
    return rows * columns;
  }

  int cell(int row, int column) {
    return row * columns + column;
  }

  /// The cell `down` rows below and `right` columns beside another, or at the edge.
  int moved(int cell, int down, int right) {
    return cell(
        Math.clamp(cell / columns + down, 0, rows - 1),
        Math.clamp(cell % columns + right, 0, columns - 1));
  }
}
