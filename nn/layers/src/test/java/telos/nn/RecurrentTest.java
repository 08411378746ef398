package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static telos.nn.PyTorch.wave;

import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import telos.autograd.Grad;
import telos.autograd.GradCheck;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class RecurrentTest {
  @Test
  void readsPackedRowsAsPyTorch() {
    Recurrent.Read lstm = waves(4, LstmCell::new).call(wave(9, 3, 4, 3), Tensor.of(2, 4, 1));
    PyTorch.requireEqual("lstm.outputs", lstm.states());
    PyTorch.requireEqual("lstm.final", halves(lstm.last(), 0), halves(lstm.last(), 4));
    Recurrent.Read gru = waves(3, GruCell::new).call(wave(9, 3, 4, 3), Tensor.of(2, 4, 1));
    PyTorch.requireEqual("gru.outputs", gru.states());
    PyTorch.requireEqual("gru.final", Tensor.stack(0, gru.last()));
  }

  private static Recurrent waves(int gates, BiFunction<Linear, Linear, RecurrentCell> cell) {
    return new Recurrent(
        List.of(
            new Recurrent.Directions(
                cell(10, 3, gates, cell), Optional.of(cell(14, 3, gates, cell))),
            new Recurrent.Directions(
                cell(18, 8, gates, cell), Optional.of(cell(22, 8, gates, cell)))));
  }

  private static RecurrentCell cell(
      int phase, int in, int gates, BiFunction<Linear, Linear, RecurrentCell> cell) {
    return cell.apply(
        PyTorch.waves(phase, phase + 1, in, 4 * gates),
        PyTorch.waves(phase + 2, phase + 3, 4, 4 * gates));
  }

  /// The outputs (from 0) or the memories (from H = 4) of states `(h, c)`.
  private static Tensor halves(List<Tensor> states, int from) {
    return Tensor.stack(0, states.stream().map(s -> s.slice(-1, from, from + 4)).toList());
  }

  private static Recurrent model(boolean lstm, int seed) {
    return lstm
        ? Recurrent.lstm(3, 5, 2, true, Rng.of(seed))
        : Recurrent.gru(3, 5, 2, true, Rng.of(seed));
  }

  @Property(tries = 20)
  void packedIsOneByOne(
      @ForAll boolean lstm,
      @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 1, max = 9) Integer> lengths,
      @ForAll @IntRange(max = 3) int padding,
      @ForAll @IntRange(max = 1000) int seed) {
    int longest = lengths.stream().mapToInt(n -> n).max().orElseThrow() + padding;
    Recurrent model = model(lstm, seed);
    Tensor x = Rng.of(seed).fold(1).normal(Shape.of(lengths.size(), longest, 3));
    Recurrent.Read joined = model.call(x, Tensor.of(lengths.stream().mapToInt(n -> n).toArray()));
    for (int b = 0; b < lengths.size(); b++) {
      int length = lengths.get(b);
      Recurrent.Read alone =
          model.call(x.slice(0, b, b + 1).slice(1, 0, length), Tensor.of(length));
      Tensor row = joined.states().at(0, b);
      assertArrayEquals(alone.states().toFloats(), row.slice(0, 0, length).toFloats());
      assertEquals(0, row.slice(0, length, longest).abs().sum().item());
      for (int d = 0; d < 4; d++) {
        assertArrayEquals(alone.last().get(d).toFloats(), joined.last().get(d).at(0, b).toFloats());
      }
    }
  }

  /// The last output forwards is at the row's end, backwards at its beginning.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void statesLeaveTheRow(boolean lstm) {
    Recurrent model = model(lstm, 1);
    Tensor lengths = Tensor.of(4, 2);
    Recurrent.Read read = model.call(Rng.of(2).normal(Shape.of(2, 6, 3)), lengths);
    RecurrentCell cell = model.layers().get(1).forward();
    assertArrayEquals(
        Rows.last(read.states().slice(-1, 0, 5), lengths).toFloats(),
        cell.output(read.last().get(2)).toFloats());
    assertArrayEquals(
        read.states().at(1, 0).slice(-1, 5, 10).toFloats(),
        cell.output(read.last().get(3)).toFloats());
  }

  /// A policy that steps has the states of one that reads.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void steppingIsReading(boolean lstm) {
    RecurrentCell cell = model(lstm, 1).layers().getFirst().forward();
    Tensor x = Rng.of(2).normal(Shape.of(2, 3, 3));
    Tensor state = cell.start(2);
    for (int t = 0; t < 3; t++) {
      state = cell.step(x.at(1, t), state);
    }
    Recurrent one = new Recurrent(List.of(new Recurrent.Directions(cell, Optional.empty())));
    assertArrayEquals(state.toFloats(), one.call(x, Tensor.of(3, 3)).last().getFirst().toFloats());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void derivatives(boolean lstm) {
    record Point(Recurrent model, Tensor x, Tensor lengths) {}
    Recurrent model =
        lstm ? Recurrent.lstm(2, 3, 1, true, Rng.of(1)) : Recurrent.gru(2, 3, 1, true, Rng.of(1));
    GradCheck.STANDARD
        .withOrders(1)
        .<Point>require(
            "recurrent",
            p -> {
              Recurrent.Read read = p.model().call(p.x(), p.lengths());
              return Tensor.concat(-1, List.of(read.states().at(1, 1), read.last().getLast()));
            },
            new Point(model, Rng.of(2).normal(Shape.of(2, 4, 2)), Tensor.of(2, 4)));
  }

  /// As one operation, for a recorder that knows it, it gives the bits and the derivatives of the
  /// loop.
  @ParameterizedTest
  @CsvSource({"true, false", "true, true", "false, false", "false, true"})
  void oneOperationIsTheLoop(boolean lstm, boolean backward) {
    RecurrentCell cell = model(lstm, 1).layers().getFirst().forward();
    Tensor lengths = Tensor.of(4, 2, 6);
    Recurrence pass = new Recurrence(cell, Rng.of(2).normal(Shape.of(3, 6, 3)), lengths, backward);
    assertEquals(List.of(pass.shape(), Shape.of(3, cell.stateWidth())), shapes(pass.outputs()));
    List<Tensor> whole = pass.outputs();
    List<Tensor> parts = pass.inlined();
    assertArrayEquals(parts.getFirst().toFloats(), whole.getFirst().toFloats());
    assertArrayEquals(parts.getLast().toFloats(), whole.getLast().toFloats());
    var wholeGrad = Tree.leaves(Grad.grad(p -> squares(p.outputs()), pass));
    var partsGrad = Tree.leaves(Grad.grad(p -> squares(p.inlined()), pass));
    assertTrue(partsGrad.remove("lengths").isAbsent());
    partsGrad.forEach(
        (path, leaf) -> assertArrayEquals(leaf.toFloats(), wholeGrad.get(path).toFloats(), path));
    assertEquals(6, pass.inputs().size());
    assertEquals(pass, pass.with(pass.inputs()));
  }

  private static List<Shape> shapes(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::shape).toList();
  }

  private static Tensor squares(List<Tensor> outputs) {
    return outputs.getFirst().square().sum().add(outputs.getLast().square().sum());
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new LstmCell(PyTorch.waves(1, 1, 3, 16), PyTorch.waves(1, 1, 4, 12)));
    assertThrows(
        IllegalArgumentException.class,
        () -> model(true, 1).call(Tensor.zeros(2, 4, 3), Tensor.of(5, 1)));
    assertThrows(IllegalArgumentException.class, () -> new Recurrent(List.of()));
  }

  @Test
  void firstValuesAreWithinTheRootOfTheWidth() {
    LstmCell cell = LstmCell.init(7, 16, Rng.of(1));
    for (Tensor leaf : List.of(cell.input().weight(), cell.hidden().bias().orElseThrow())) {
      double largest = leaf.abs().max().item();
      assertEquals(0.25, largest, 0.02);
    }
  }
}
