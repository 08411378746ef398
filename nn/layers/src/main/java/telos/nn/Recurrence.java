package telos.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// One cell along whole sequences in one direction, from a state of zeros: `h_t = f(x_t, h_{t-1})`,
/// backwards `h_t = f(x_t, h_{t+1})` from each row's own end. [Recurrent] is made of these.
///
/// It runs and is differentiated as the loop that it is; it is an operation so that an exporter can
/// name it in a format that has one.
///
/// Results: the outputs `[B, T, H]`, zero after a row's end, and the state `[B, S]` in which each
/// row is left.
///
/// @param x `[B, T, in]`
/// @param lengths I32 `[B]`, each in `[1, T]`
public record Recurrence(RecurrentCell cell, Tensor x, Tensor lengths, boolean backward)
    implements Op.Fused {
  /// The sequences and lengths, then the weights and bias, if any, of the input and the hidden map.
  @Override
  public List<Tensor> inputs() {
    List<Tensor> inputs = new ArrayList<>(List.of(x, lengths));
    for (Linear map : List.of(cell.input(), cell.hidden())) {
      inputs.add(map.weight());
      map.bias().ifPresent(inputs::add);
    }
    return inputs;
  }

  @Override
  public Recurrence with(List<Tensor> in) {
    Iterator<Tensor> next = in.iterator();
    Tensor sequences = next.next();
    Tensor ends = next.next();
    Linear input = with(cell.input(), next);
    Linear hidden = with(cell.hidden(), next);
    RecurrentCell same =
        switch (cell) {
          case LstmCell _ -> new LstmCell(input, hidden);
          case GruCell _ -> new GruCell(input, hidden);
        };
    return new Recurrence(same, sequences, ends, backward);
  }

  private static Linear with(Linear map, Iterator<Tensor> next) {
    Tensor weight = next.next();
    return new Linear(weight, map.bias().isPresent() ? Optional.of(next.next()) : Optional.empty());
  }

  @Override
  public int resultCount() {
    return 2;
  }

  @Override
  public Shape shape() {
    return x.shape().with(2, cell.width());
  }

  @Override
  public DType dtype() {
    return x.dtype();
  }

  /// Outside its row a state stays as it is: backwards it is still the first one when the row
  /// begins.
  @Override
  public List<Tensor> definition() {
    int length = x.dim(1);
    Tensor inside = Rows.mask(lengths, length);
    Tensor inputs = cell.input().call(x);
    Tensor state = cell.start(x.dim(0));
    Tensor[] outputs = new Tensor[length];
    for (int i = 0; i < length; i++) {
      int t = backward ? length - 1 - i : i;
      Tensor next = cell.advance(inputs.at(1, t), state);
      state = inside.slice(1, t, t + 1).where(next, state);
      outputs[t] = cell.output(state);
    }
    return List.of(Rows.masked(Tensor.stack(1, Arrays.asList(outputs)), lengths), state);
  }
}
