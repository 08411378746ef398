package telos.rl.online;

import java.util.Arrays;
import telos.rl.Rollout;
import telos.rl.Snapshot;
import telos.rl.environment.RunningMoments;

/// Rewards divided by the deviation of the discounted returns so far (Engstrom et al. 2020, section
/// 3): `G <- gamma G + r` runs along in every environment, anew with each episode; the variance is
/// that of all G. Not more than 10 remain.
///
/// @param returns G of each environment
/// @param moments of all G
@SuppressWarnings("ArrayRecordComponent") // compared by identity
record ScaledRewards(double[] returns, RunningMoments moments) {
  private static final double MOST = 10;
  private static final double EPSILON = 1e-8;

  static ScaledRewards none(int environments) {
    return new ScaledRewards(new double[environments], RunningMoments.none(1));
  }

  /// With the rewards of a rollout.
  ScaledRewards after(Rollout rollout, double gamma) {
    double[] running = returns.clone();
    RunningMoments all = moments;
    boolean[] ended = rollout.ended();
    for (int i = 0; i < rollout.size(); i++) {
      int n = i % running.length;
      running[n] = gamma * running[n] + rollout.rewards()[i];
      all = all.with((float) running[n]);
      running[n] = ended[i] ? 0 : running[n];
    }
    return new ScaledRewards(running, all);
  }

  double[] of(double[] rewards) {
    double deviation = Math.sqrt(moments.variance(0) + EPSILON);
    return Arrays.stream(rewards).map(r -> Math.clamp(r / deviation, -MOST, MOST)).toArray();
  }

  Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("returns", returns);
    writer.put("moments", moments.numbers());
    return writer.snapshot();
  }

  static ScaledRewards of(Snapshot from) {
    return new ScaledRewards(from.numbers("returns"), RunningMoments.of(from.numbers("moments")));
  }
}
