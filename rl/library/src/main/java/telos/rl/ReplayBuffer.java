package telos.rl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import telos.tensor.Rng;
import telos.tensor.Shape;

/// The last so many transitions, to be drawn from uniformly (Lin 1992). Memory grows with what is
/// stored, up to the capacity.
public final class ReplayBuffer {
  private final int capacity;

  /// Null until the first transition shows what they look like.
  private @Nullable Columns columns;

  private int size;
  private int oldest;

  public ReplayBuffer(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("replay buffer: capacity " + capacity + " holds nothing");
    }
    this.capacity = capacity;
  }

  /// How many transitions there are.
  public int size() {
    return size;
  }

  /// Stores a batch; the oldest make room.
  public void add(Transitions batch) {
    Columns into = columns;
    if (into == null) {
      into = Columns.like(batch);
      columns = into;
    }
    int[] places = new int[batch.size()];
    for (int row = 0; row < places.length; row++) {
      places[row] = size < capacity ? size++ : oldest++;
      oldest = oldest == capacity ? 0 : oldest;
    }
    into.reserve(size);
    into.put(batch, places);
  }

  /// Draws `count` transitions, each uniformly and on its own.
  public Transitions sample(int count, Rng key) {
    return rows(key.integers(0, required(), Shape.of(count)).toInts());
  }

  /// Those at some positions, `0` to `size - 1`, in no order of time once the buffer is full.
  public Transitions rows(int[] positions) {
    required();
    Columns from = columns;
    if (from == null || Arrays.stream(positions).anyMatch(at -> at < 0 || at >= size)) {
      throw new IllegalArgumentException("replay buffer: positions beyond its " + size + " rows");
    }
    return from.rows(positions);
  }

  /// What it holds as episodes and stretches of them, those of one environment after those of
  /// another, see [Trajectory#of(Transitions)].
  ///
  /// @param environments whose steps were added together, one row each
  public List<Trajectory> trajectories(int environments) {
    List<Trajectory> trajectories = new ArrayList<>();
    for (int n = 0; n < Math.min(environments, size); n++) {
      // Backwards from the newest row, for the oldest may have lost some of its companions.
      int newest = size - 1 - n;
      int[] places =
          IntStream.rangeClosed(0, newest / environments)
              .map(step -> (oldest + newest % environments + step * environments) % size)
              .toArray();
      trajectories.addAll(Trajectory.of(rows(places)));
    }
    return trajectories;
  }

  private int required() {
    if (size == 0) {
      throw new IllegalStateException("replay buffer: it is empty");
    }
    return size;
  }

  /// Everything in it.
  public Snapshot snapshot() {
    var writer = new Snapshot.Writer();
    writer.put("extent", size, oldest);
    Columns from = columns;
    if (from != null && size > 0) {
      int[] all = new int[size];
      Arrays.setAll(all, i -> i);
      writer.putTree("rows", from.rows(all));
    }
    return writer.snapshot();
  }

  /// Goes on from a snapshot of a buffer of this capacity.
  public void restore(Snapshot from) {
    long[] extent = from.counters("extent");
    size = 0;
    oldest = 0;
    columns = null;
    if (extent[0] > 0) {
      Snapshot rows = from.below("rows");
      add(
          new Transitions(
              rows.tensor("observations"),
              rows.tensor("actions"),
              rows.tensor("rewards"),
              rows.tensor("next"),
              rows.tensor("discounts"),
              Optional.ofNullable(rows.tensors().get("allowed")),
              Optional.ofNullable(rows.tensors().get("nextAllowed"))));
    }
    oldest = (int) extent[1];
  }
}
