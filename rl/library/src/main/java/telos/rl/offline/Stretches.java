package telos.rl.offline;

import java.util.Arrays;
import telos.rl.Returns;
import telos.rl.Trajectory;
import telos.rl.Transitions;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// All recorded steps, one trajectory after the other, of which short stretches are drawn.
///
/// @param steps observations and actions
/// @param toGo the scaled return from each step on, `[N]`
/// @param times since the beginning of the trajectory, I32 `[N]`
/// @param ends where the last step of each one's trajectory is
@SuppressWarnings("ArrayRecordComponent") // compared by identity
record Stretches(Transitions steps, Tensor toGo, Tensor times, int[] ends) {

  /// Stretches to learn from.
  ///
  /// @param mask BOOL `[B, T]`, true where it is no filling
  record Batch(DecisionModel.Context context, Tensor mask) {}

  static Stretches of(Dataset data, DecisionTransformer.Config config) {
    Transitions steps = data.transitions(1);
    float[] toGo = new float[steps.size()];
    int[] times = new int[toGo.length];
    int[] ends = new int[toGo.length];
    int begin = 0;
    for (Trajectory trajectory : data.trajectories()) {
      int length = trajectory.length();
      double[] returns = toGo(trajectory);
      for (int t = 0; t < length; t++) {
        toGo[begin + t] = (float) (returns[t] / config.scale());
        times[begin + t] = Math.min(t, config.longest() - 1);
        ends[begin + t] = begin + length - 1;
      }
      begin += length;
    }
    return new Stretches(steps, Tensor.of(toGo, toGo.length), Tensor.of(times), ends);
  }

  private static double[] toGo(Trajectory trajectory) {
    double[] whole = new double[trajectory.length()];
    Arrays.fill(whole, 1);
    return Returns.discounted(trajectory.rewards().toDoubles(), whole, 0);
  }

  /// Stretches that begin at steps drawn uniformly; those cut short by the end of their trajectory
  /// are filled up with its last step.
  Batch draw(int count, int length, Rng key) {
    return at(key.integers(0, ends.length, Shape.of(count)).toInts(), length);
  }

  /// Stretches that begin at given steps.
  Batch at(int[] begins, int length) {
    int[] rows = new int[begins.length * length];
    boolean[] mask = new boolean[rows.length];
    for (int i = 0; i < rows.length; i++) {
      int begin = begins[i / length];
      int step = begin + i % length;
      rows[i] = Math.min(step, ends[begin]);
      mask[i] = step <= ends[begin];
    }
    Tensor index = Tensor.of(rows, Shape.of(begins.length, length));
    return new Batch(
        new DecisionModel.Context(
            toGo.gather(0, index),
            steps.observations().gather(0, index),
            steps.actions().gather(0, index),
            times.gather(0, index)),
        Tensor.of(mask, begins.length, length));
  }
}
