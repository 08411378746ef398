package telos.rl.offline;

import java.util.List;
import telos.nn.Layer;
import telos.tensor.Fixed;
import telos.tensor.Tensor;

/// Numbers brought to mean 0 and standard deviation 1, each on its own. The statistics are part of
/// the model and saved with it; they do not learn.
///
/// @param mean `[D]`
/// @param deviation `[D]`
record Standardised(@Fixed Tensor mean, @Fixed Tensor deviation) implements Layer {
  /// Keeps numbers that hardly vary from being blown up (Fujimoto and Gu 2021).
  private static final double EPS = 1e-3;

  /// Fitted to the rows of `[T, width]` each, all counted alike; of no rows the identity.
  static Standardised fit(List<Tensor> samples, int width) {
    double[] mean = new double[width];
    double[] squares = new double[width];
    long rows = 0;
    for (Tensor sample : samples) {
      double[] values = sample.toDoubles();
      for (int i = 0; i < values.length; i += width) {
        add(values, i, ++rows, mean, squares);
      }
    }
    float[] center = new float[width];
    float[] deviation = new float[width];
    for (int i = 0; i < width; i++) {
      center[i] = (float) mean[i];
      deviation[i] = rows == 0 ? 1 : (float) (Math.sqrt(squares[i] / rows) + EPS);
    }
    return new Standardised(Tensor.of(center, width), Tensor.of(deviation, width));
  }

  /// Welford's update with the row that begins at `from`.
  private static void add(double[] values, int from, long rows, double[] mean, double[] squares) {
    for (int i = 0; i < mean.length; i++) {
      double before = values[from + i] - mean[i];
      mean[i] += before / rows;
      squares[i] += before * (values[from + i] - mean[i]);
    }
  }

  @Override
  public Tensor call(Tensor x) {
    return x.sub(mean).div(deviation);
  }
}
