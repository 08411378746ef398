package telos.rl;

/// An affine map to mean 0 and standard deviation 1, frozen once fitted, so that rewards never
/// depend on the batch they are seen in.
public record Standardiser(double mean, double deviation) {

  /// Fitted to a sample; a constant sample keeps its scale.
  public static Standardiser fit(double[] sample) {
    if (sample.length < 2) {
      throw new IllegalArgumentException(
          "standardising needs at least 2 values, got " + sample.length);
    }
    double mean = 0;
    for (double x : sample) {
      mean += x / sample.length;
    }
    double variance = 0;
    for (double x : sample) {
      variance += (x - mean) * (x - mean) / (sample.length - 1);
    }
    double deviation = Math.sqrt(variance);
    return new Standardiser(mean, deviation > 1e-12 ? deviation : 1);
  }

  public double apply(double x) {
    return (x - mean) / deviation;
  }

  /// Mean 0 and deviation 1 over all elements of a ragged array: the advantages of a batch, of
  /// which only the valid ones are present.
  public static double[][] whiten(double[][] ragged) {
    double[] all =
        java.util.Arrays.stream(ragged).flatMapToDouble(java.util.Arrays::stream).toArray();
    Standardiser frozen = fit(all);
    double[][] out = new double[ragged.length][];
    for (int i = 0; i < out.length; i++) {
      out[i] = java.util.Arrays.stream(ragged[i]).map(frozen::apply).toArray();
    }
    return out;
  }
}
