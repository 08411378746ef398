package telos.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Recurrent layers over sequences of different lengths, one above the other, in one direction or
/// two. Every row is read as if it were alone: its state stops at its own end, the backward
/// direction begins there, and padding changes no bit of it.
///
/// @param layers from the input upwards
public record Recurrent(List<Directions> layers) {
  /// The cells of one layer; two directions put their outputs side by side.
  public record Directions(RecurrentCell forward, Optional<RecurrentCell> backward) {
    /// Width of the outputs.
    public int width() {
      return forward.width() + backward.map(RecurrentCell::width).orElse(0);
    }

    private List<Recurrence> over(Tensor x, Tensor lengths) {
      Recurrence there = new Recurrence(forward, x, lengths, false);
      return backward
          .map(cell -> List.of(there, new Recurrence(cell, x, lengths, true)))
          .orElseGet(() -> List.of(there));
    }
  }

  /// What sequences become.
  ///
  /// @param states outputs of the last layer at every position, `[B, T, D]`, zero after a row's end
  /// @param last the state `[B, S]` of each direction of each layer where it leaves the row
  public record Read(Tensor states, List<Tensor> last) {}

  public Recurrent {
    layers = List.copyOf(layers);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("recurrent: needs at least one layer");
    }
  }

  /// [LstmCell]s of one width.
  public static Recurrent lstm(int in, int width, int layers, boolean bidirectional, Rng key) {
    return init(in, layers, bidirectional, key, (from, k) -> LstmCell.init(from, width, k));
  }

  /// [GruCell]s of one width.
  public static Recurrent gru(int in, int width, int layers, boolean bidirectional, Rng key) {
    return init(in, layers, bidirectional, key, (from, k) -> GruCell.init(from, width, k));
  }

  private static Recurrent init(
      int in,
      int layers,
      boolean bidirectional,
      Rng key,
      BiFunction<Integer, Rng, RecurrentCell> cell) {
    List<Directions> made = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      int from = i == 0 ? in : made.getLast().width();
      Rng own = key.fold(i);
      made.add(
          new Directions(
              cell.apply(from, own.fold(0)),
              bidirectional ? Optional.of(cell.apply(from, own.fold(1))) : Optional.empty()));
    }
    return new Recurrent(made);
  }

  /// @param x `[B, T, in]`
  /// @param lengths I32 `[B]`, each in `[1, T]`
  public Read call(Tensor x, Tensor lengths) {
    Rows.check("recurrent", x, lengths);
    Tensor states = Rows.masked(x, lengths);
    List<Tensor> last = new ArrayList<>();
    for (Directions layer : layers) {
      List<Tensor> outputs = new ArrayList<>();
      for (Recurrence pass : layer.over(states, lengths)) {
        List<Tensor> results = pass.inlined();
        outputs.add(results.getFirst());
        last.add(results.getLast());
      }
      states = Tensor.concat(-1, outputs);
    }
    return new Read(states, List.copyOf(last));
  }
}
