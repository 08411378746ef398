package telos.rl.tabular;

/// Linear equations by Gaussian elimination with partial pivoting.
final class LinearSystem {
  /// Below this a pivot is rounding: the probabilities that make up a row are of order one.
  private static final double SINGULAR = 1e-12;

  private LinearSystem() {}

  /// The solution of `matrix x = right`; both are overwritten.
  ///
  /// @throws ArithmeticException where there is not exactly one
  static double[] solve(double[][] matrix, double[] right) {
    int n = right.length;
    for (int column = 0; column < n; column++) {
      pivot(matrix, right, column);
      for (int row = column + 1; row < n; row++) {
        eliminate(matrix, right, column, row);
      }
    }
    for (int row = n - 1; row >= 0; row--) {
      double sum = right[row];
      for (int column = row + 1; column < n; column++) {
        sum -= matrix[row][column] * right[column];
      }
      right[row] = sum / matrix[row][row];
    }
    return right;
  }

  private static void pivot(double[][] matrix, double[] right, int column) {
    int best = column;
    for (int row = column + 1; row < right.length; row++) {
      if (Math.abs(matrix[row][column]) > Math.abs(matrix[best][column])) {
        best = row;
      }
    }
    if (Math.abs(matrix[best][column]) < SINGULAR) {
      throw new ArithmeticException(
          "policy evaluation: the equations have no single solution; without discount the policy"
              + " must come to an end from every state");
    }
    double[] row = matrix[column];
    matrix[column] = matrix[best];
    matrix[best] = row;
    double value = right[column];
    right[column] = right[best];
    right[best] = value;
  }

  private static void eliminate(double[][] matrix, double[] right, int column, int row) {
    double factor = matrix[row][column] / matrix[column][column];
    if (factor != 0) {
      for (int i = column; i < right.length; i++) {
        matrix[row][i] -= factor * matrix[column][i];
      }
      right[row] -= factor * right[column];
    }
  }
}
