package telos.rl;

import java.lang.reflect.Array;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.HeapStorage;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// The fields of many transitions, each in one flat array.
final class Columns {
  private final Column observations;
  private final Column actions;
  private final Column rewards;
  private final Column next;
  private final Column discounts;

  private final Masks allowed = new Masks();
  private final Masks nextAllowed = new Masks();
  private int held;

  private Columns(Transitions like) {
    observations = new Column(like.observations());
    actions = new Column(like.actions());
    rewards = new Column(like.rewards());
    next = new Column(like.next());
    discounts = new Column(like.discounts());
  }

  /// Empty columns for transitions of this kind.
  static Columns like(Transitions batch) {
    return new Columns(batch);
  }

  /// Makes room for `rows` rows, and some more, so that growing costs little.
  void reserve(int rows) {
    observations.reserve(rows);
    actions.reserve(rows);
    rewards.reserve(rows);
    next.reserve(rows);
    discounts.reserve(rows);
    held = rows;
  }

  /// Writes row `i` of a batch to row `to(i)`.
  void put(Transitions batch, int[] to) {
    observations.put(batch.observations(), to);
    actions.put(batch.actions(), to);
    rewards.put(batch.rewards(), to);
    next.put(batch.next(), to);
    discounts.put(batch.discounts(), to);
    allowed.put(batch.allowed(), to, held);
    nextAllowed.put(batch.nextAllowed(), to, held);
  }

  Transitions rows(int[] rows) {
    return new Transitions(
        observations.rows(rows),
        actions.rows(rows),
        rewards.rows(rows),
        next.rows(rows),
        discounts.rows(rows),
        allowed.rows(rows),
        nextAllowed.rows(rows));
  }

  /// Masks of actions: kept from the first on that forbids something; the rows before it allow
  /// everything.
  private static final class Masks {
    private @Nullable Column column;

    /// @param held rows there is room for
    void put(Optional<Tensor> batch, int[] to, int held) {
      if (column == null && batch.isPresent()) {
        column = new Column(batch.get());
        column.reserve(held);
        column.put(ActionMasks.all(held, column.width), IntStream.range(0, held).toArray());
      }
      if (column != null) {
        int actions = column.width;
        column.reserve(held);
        column.put(batch.orElseGet(() -> ActionMasks.all(to.length, actions)), to);
      }
    }

    Optional<Tensor> rows(int[] rows) {
      return Optional.ofNullable(column).map(masks -> masks.rows(rows));
    }
  }

  /// One field.
  private static final class Column {
    private final DType dtype;
    private final Shape element;
    private final int width;
    private Object values;

    Column(Tensor like) {
      dtype = like.dtype();
      element = like.shape().slice(1, like.rank());
      width = element.size();
      values = HeapStorage.newArray(dtype, 0);
    }

    void reserve(int rows) {
      int held = Array.getLength(values);
      int needed = Math.multiplyExact(rows, width);
      if (held < needed) {
        Object larger = HeapStorage.newArray(dtype, Math.max(needed, 2 * held));
        System.arraycopy(values, 0, larger, 0, held);
        values = larger;
      }
    }

    void put(Tensor batch, int[] to) {
      if (batch.dtype() != dtype || !batch.shape().slice(1, batch.rank()).equals(element)) {
        throw new IllegalArgumentException(
            "replay buffer: rows "
                + batch.dtype()
                + " "
                + batch.shape()
                + " among rows "
                + dtype
                + " "
                + element);
      }
      Object from = batch.toArray();
      for (int row = 0; row < to.length; row++) {
        System.arraycopy(from, row * width, values, to[row] * width, width);
      }
    }

    Tensor rows(int[] rows) {
      Object picked = HeapStorage.newArray(dtype, rows.length * width);
      for (int row = 0; row < rows.length; row++) {
        System.arraycopy(values, rows[row] * width, picked, row * width, width);
      }
      return Tensor.of(picked, dtype, element.insert(0, rows.length));
    }
  }
}
