package telos.rl.online;

import java.util.Arrays;
import telos.rl.Rollout;
import telos.rl.Snapshot;

/// Rewards divided by the deviation of the discounted returns so far (Engstrom et al. 2020, section
/// 3): `G <- gamma G + r` runs along in every environment, anew with each episode; the variance is
/// that of all G. Not more than 10 remain.
///
/// @param returns G of each environment
/// @param count how many G were seen
/// @param mean of them
/// @param squares sum of their squared distances from the mean
@SuppressWarnings("ArrayRecordComponent") // compared by identity
record ScaledRewards(double[] returns, double count, double mean, double squares) {
  private static final double MOST = 10;
  private static final double EPS = 1e-8;

  static ScaledRewards none(int environments) {
    return new ScaledRewards(new double[environments], 0, 0, 0);
  }

  /// With the rewards of a rollout (Welford 1962).
  ScaledRewards after(Rollout rollout, double gamma) {
    double[] running = returns.clone();
    double seen = count;
    double center = mean;
    double spread = squares;
    for (int i = 0; i < rollout.size(); i++) {
      int n = i % running.length;
      running[n] = gamma * running[n] + rollout.rewards()[i];
      seen++;
      double distance = running[n] - center;
      center += distance / seen;
      spread += distance * (running[n] - center);
      if (rollout.terminated()[i] || rollout.cut()[i]) {
        running[n] = 0;
      }
    }
    return new ScaledRewards(running, seen, center, spread);
  }

  double[] of(double[] rewards) {
    double deviation = Math.sqrt(squares / Math.max(1, count) + EPS);
    return Arrays.stream(rewards).map(r -> Math.clamp(r / deviation, -MOST, MOST)).toArray();
  }

  Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("returns", returns);
    writer.put("sums", new double[] {count, mean, squares});
    return writer.snapshot();
  }

  static ScaledRewards of(Snapshot from) {
    double[] sums = from.numbers("sums");
    return new ScaledRewards(from.numbers("returns"), sums[0], sums[1], sums[2]);
  }
}
