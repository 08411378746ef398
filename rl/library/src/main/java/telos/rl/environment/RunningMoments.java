package telos.rl.environment;

import java.util.Arrays;

/// Mean and variance of the vectors seen so far, as a value: adding one gives a new value, and two
/// of disjoint samples merge exactly (Chan, Golub and LeVeque 1983).
///
/// As in Gymnasium a sample of weight 10^-4 with mean 0 and variance 1 stands at the beginning, so
/// that there is always a variance.
///
/// @param count of vectors
/// @param mean of each number
/// @param squares sums of squared distances from the mean: variance times count
@SuppressWarnings("ArrayRecordComponent") // compared by identity
public record RunningMoments(double count, double[] mean, double[] squares) {
  private static final double PRIOR = 1e-4;

  public RunningMoments {
    if (!(count > 0) || mean.length != squares.length) {
      throw new IllegalArgumentException(
          "moments: count %s, %d means and %d sums of squares"
              .formatted(count, mean.length, squares.length));
    }
  }

  /// Before anything is seen.
  ///
  /// @param size of the vectors
  public static RunningMoments none(int size) {
    double[] squares = new double[size];
    Arrays.fill(squares, PRIOR);
    return new RunningMoments(PRIOR, new double[size], squares);
  }

  /// What [#numbers] gave.
  ///
  /// @param numbers count, means, sums of squares: `[1 + 2 size]`
  public static RunningMoments of(double[] numbers) {
    int size = numbers.length / 2;
    return new RunningMoments(
        numbers[0],
        Arrays.copyOfRange(numbers, 1, 1 + size),
        Arrays.copyOfRange(numbers, 1 + size, numbers.length));
  }

  /// Of some vectors alone, one after the other in an array; there must be one at least.
  ///
  /// @param size of each
  public static RunningMoments over(float[] vectors, int size) {
    int count = vectors.length / Math.max(1, size);
    double[] mean = new double[size];
    for (int i = 0; i < vectors.length; i++) {
      mean[i % size] += vectors[i] / (double) count;
    }
    double[] squares = new double[size];
    for (int i = 0; i < vectors.length; i++) {
      double apart = vectors[i] - mean[i % size];
      squares[i % size] += apart * apart;
    }
    return new RunningMoments(count, mean, squares);
  }

  /// As plain numbers, to be saved: count, means, sums of squares, `[1 + 2 size]`.
  public double[] numbers() {
    double[] numbers = new double[1 + 2 * mean.length];
    numbers[0] = count;
    System.arraycopy(mean, 0, numbers, 1, mean.length);
    System.arraycopy(squares, 0, numbers, 1 + mean.length, mean.length);
    return numbers;
  }

  /// With one more vector (Welford 1962).
  public RunningMoments with(float... vector) {
    double[] exact = new double[vector.length];
    for (int i = 0; i < exact.length; i++) {
      exact[i] = vector[i];
    }
    return merge(new RunningMoments(1, exact, new double[exact.length]));
  }

  /// Those of both samples.
  public RunningMoments merge(RunningMoments other) {
    if (other.mean.length != mean.length) {
      throw new IllegalArgumentException(
          "moments: %d numbers instead of %d".formatted(other.mean.length, mean.length));
    }
    double all = count + other.count;
    double[] merged = new double[mean.length];
    double[] sums = new double[mean.length];
    for (int i = 0; i < merged.length; i++) {
      double apart = other.mean[i] - mean[i];
      merged[i] = mean[i] + apart * other.count / all;
      sums[i] = squares[i] + other.squares[i] + apart * apart * count * other.count / all;
    }
    return new RunningMoments(all, merged, sums);
  }

  /// Of one number, over the whole sample.
  public double variance(int i) {
    return squares[i] / count;
  }

  /// `(x - mean) / sqrt(variance + epsilon)`.
  public float[] normalize(float[] vector, double epsilon) {
    float[] normal = new float[vector.length];
    for (int i = 0; i < normal.length; i++) {
      normal[i] = (float) ((vector[i] - mean[i]) / Math.sqrt(variance(i) + epsilon));
    }
    return normal;
  }
}
