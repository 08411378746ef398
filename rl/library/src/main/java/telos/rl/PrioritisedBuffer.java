package telos.rl;

import java.util.Arrays;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// The last so many transitions, drawn in proportion to how much there is to learn from them
/// (Schaul et al. 2016, section 3.3, the proportional variant): `P(i) = p_i^alpha / sum_k
/// p_k^alpha` with the priority `p_i = |delta_i| + eps` by its last error. What is new has the
/// largest priority so far, so that it is drawn soon.
public final class PrioritisedBuffer {
  /// Keeps transitions without error from never being drawn again.
  private static final double SMALLEST = 1e-6;

  private final int capacity;
  private final double exponent;
  private final ReplayBuffer rows;
  private SumTree tree;
  private double largest = 1;

  /// Transitions so far; the next one's place is this modulo the capacity, as in [ReplayBuffer].
  private long added;

  /// @param exponent alpha, in `[0, 1]`; 0 draws uniformly
  public PrioritisedBuffer(int capacity, double exponent) {
    if (!(exponent >= 0 && exponent <= 1)) {
      throw new IllegalArgumentException(
          "prioritised buffer: exponent " + exponent + " is not in [0, 1]");
    }
    this.capacity = capacity;
    this.exponent = exponent;
    this.rows = new ReplayBuffer(capacity);
    this.tree = new SumTree(capacity);
  }

  /// What was drawn.
  ///
  /// @param positions where each lies, for [#update]
  /// @param weights of importance sampling, F32 `[B]`, the largest is 1
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  public record Sample(Transitions transitions, int[] positions, Tensor weights) {}

  /// How many transitions there are.
  public int size() {
    return rows.size();
  }

  /// Stores a batch; the oldest make room.
  public void add(Transitions batch) {
    rows.add(batch);
    for (int row = 0; row < batch.size(); row++) {
      tree.set((int) (added++ % capacity), StrictMath.pow(largest, exponent));
    }
  }

  /// Draws `count` transitions, one from each of as many equal shares of the total priority
  /// (appendix B.2.1), with the weights `(N P(i))^-beta / max_j (N P(j))^-beta` that undo the bias
  /// in the step of the gradient (section 3.4).
  ///
  /// @param importance beta, in `[0, 1]`; 1 undoes it wholly
  public Sample sample(int count, double importance, Rng key) {
    double total = tree.total();
    if (!(total > 0)) {
      throw new IllegalStateException("prioritised buffer: it is empty");
    }
    int[] positions = new int[count];
    double[] weights = new double[count];
    for (int i = 0; i < count; i++) {
      positions[i] = tree.find((i + key.fold(i).uniform()) * total / count);
      double probability = tree.weight(positions[i]) / total;
      weights[i] = StrictMath.pow(size() * probability, -importance);
    }
    return new Sample(rows.rows(positions), positions, scaled(weights));
  }

  private static Tensor scaled(double[] weights) {
    double max = Arrays.stream(weights).max().orElse(1);
    float[] scaled = new float[weights.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = (float) (weights[i] / max);
    }
    return Tensor.of(scaled);
  }

  /// Sets priorities by new errors.
  ///
  /// @param positions from [#sample]
  /// @param errors delta, one each, of either sign
  public void update(int[] positions, Tensor errors) {
    double[] deltas = errors.toDoubles();
    for (int i = 0; i < positions.length; i++) {
      double priority = Math.abs(deltas[i]) + SMALLEST;
      largest = Math.max(largest, priority);
      tree.set(positions[i], StrictMath.pow(priority, exponent));
    }
  }

  /// Everything in it.
  public Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("rows", rows.snapshot());
    writer.put("added", added);
    writer.put("weights", tree.weights(size()));
    writer.put("largest", new double[] {largest});
    return writer.snapshot();
  }

  /// Goes on from a snapshot of a buffer of this capacity.
  public void restore(Snapshot from) {
    rows.restore(from.below("rows"));
    added = from.counters("added")[0];
    largest = from.numbers("largest")[0];
    tree = new SumTree(capacity);
    double[] weights = from.numbers("weights");
    for (int place = 0; place < weights.length; place++) {
      tree.set(place, weights[place]);
    }
  }
}
