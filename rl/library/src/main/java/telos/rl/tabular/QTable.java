package telos.rl.tabular;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.nn.Layer;
import telos.rl.EpsilonGreedy;
import telos.rl.Hyperparameters;
import telos.rl.Snapshot;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Action values in a table, each moved towards its targets: `Q(s, a) <- Q(s, a) + alpha (target -
/// Q(s, a))` with the polynomial step size `alpha = rate / n(s, a)^decay` of the n-th visit
/// (Even-Dar and Mansour 2003). With a decay in `(1/2, 1]` the sum of the steps is infinite and
/// that of their squares is not, as convergence wants it.
final class QTable {
  private final double[][] values;
  private final long[][] visits;
  private final double rate;
  private final double decay;

  /// @param initial the values before anything was learnt; what is above any true value makes
  ///   greedy choices explore
  QTable(int states, int actions, double initial, double rate, double decay) {
    this.values = new double[states][actions];
    this.visits = new long[states][actions];
    this.rate = rate;
    this.decay = decay;
    for (double[] row : values) {
      Arrays.fill(row, initial);
    }
  }

  double value(int state, int action) {
    return values[state][action];
  }

  /// `max_a Q(s, a)` over the actions that make sense.
  ///
  /// @param allowed which do, BOOL `[1, A]`; empty where all do
  double best(int state, Optional<Tensor> allowed) {
    return Planning.max(sensible(state, allowed));
  }

  /// Q of a state with minus infinity for what makes no sense.
  private double[] sensible(int state, Optional<Tensor> allowed) {
    double[] row = values[state].clone();
    boolean[] mask = allowed.map(Tensor::toBooleans).orElse(new boolean[0]);
    for (int a = 0; a < mask.length; a++) {
      row[a] = mask[a] ? row[a] : Double.NEGATIVE_INFINITY;
    }
    return row;
  }

  void update(int state, int action, double target) {
    double visit = ++visits[state][action];
    double step = rate * StrictMath.pow(visit, -decay);
    values[state][action] += step * (target - values[state][action]);
  }

  /// The best action, or with probability epsilon any, of those that make sense.
  int choose(int state, Optional<Tensor> allowed, double epsilon, Rng key) {
    double[] row = sensible(state, allowed);
    if (epsilon > 0 && key.fold("explore").bernoulli(epsilon)) {
      int[] any =
          IntStream.range(0, row.length).filter(a -> row[a] > Double.NEGATIVE_INFINITY).toArray();
      return any[key.fold("any").integer(any.length)];
    }
    return Planning.argMax(row);
  }

  double[][] values() {
    return Arrays.stream(values).map(double[]::clone).toArray(double[][]::new);
  }

  EpsilonGreedy<Rows> policy(double epsilon) {
    return new EpsilonGreedy<>(new Rows(flat()), values[0].length, epsilon);
  }

  private Tensor flat() {
    double[] all = Arrays.stream(values).flatMapToDouble(Arrays::stream).toArray();
    return Tensor.of(all, values.length, values[0].length);
  }

  /// The rows of a table.
  ///
  /// @param values F64 `[S, A]`
  record Rows(Tensor values) implements Layer {
    @Override
    public Tensor call(Tensor states) {
      return values.gather(0, states);
    }
  }

  void save(Snapshot.Writer writer) {
    writer.put("values", flat());
    writer.put("visits", Arrays.stream(visits).flatMapToLong(Arrays::stream).toArray());
  }

  void restore(Snapshot from) {
    double[] saved = from.numbers("values");
    long[] counts = from.counters("visits");
    int actions = values[0].length;
    if (saved.length != values.length * actions) {
      throw new IllegalArgumentException(
          "snapshot: it has "
              + saved.length
              + " action values for "
              + values.length
              + " states with "
              + actions
              + " actions; it is of another environment");
    }
    for (int s = 0; s < values.length; s++) {
      System.arraycopy(saved, s * actions, values[s], 0, actions);
      System.arraycopy(counts, s * actions, visits[s], 0, actions);
    }
  }

  /// How many states there are, where they can be counted.
  static int states(Hyperparameters require, Space<?> observations) {
    boolean fits = observations instanceof Space.Discrete;
    require.require(fits, "the space of observations", observations, "a discrete one");
    return ((Space.Discrete) observations).n();
  }
}
