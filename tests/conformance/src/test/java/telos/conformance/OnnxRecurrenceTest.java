package telos.conformance;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.Activation;
import telos.nn.Embedding;
import telos.nn.GruCell;
import telos.nn.Layer;
import telos.nn.Linear;
import telos.nn.LstmCell;
import telos.nn.Mlp;
import telos.nn.Quantize;
import telos.nn.Recurrent;
import telos.nn.RecurrentCell;
import telos.nn.Rows;
import telos.nn.format.OnnxExport;
import telos.nn.format.OnnxExport.Axis;
import telos.nn.format.OnnxExport.Dim;
import telos.nn.format.OnnxExport.Input;
import telos.rl.Memory;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Recurrent layers and agents with a memory compute in another runtime what they do here.
final class OnnxRecurrenceTest {
  private static final Axis BATCH = Axis.of("batch");

  @TempDir private Path folder;

  private static Stream<Object[]> recurrentLayers() {
    Stream<Recurrent> layers =
        Stream.of(
            Recurrent.lstm(4, 6, 2, true, Rng.of(1)),
            Recurrent.gru(4, 6, 2, true, Rng.of(2)),
            Quantize.bf16(Recurrent.lstm(4, 5, 1, false, Rng.of(3))),
            mixed());
    return layers.flatMap(layer -> Stream.of(17, 23).map(opset -> new Object[] {layer, opset}));
  }

  /// Cells of two kinds and widths, without biases.
  private static Recurrent mixed() {
    Rng key = Rng.of(4);
    RecurrentCell lstm = new LstmCell(matrix(4, 12, key.fold(0)), matrix(3, 12, key.fold(1)));
    RecurrentCell gru = new GruCell(matrix(4, 15, key.fold(2)), matrix(5, 15, key.fold(3)));
    return new Recurrent(List.of(new Recurrent.Directions(gru, Optional.of(lstm))));
  }

  private static Linear matrix(int in, int out, Rng key) {
    return Linear.of(key.normal(Shape.of(in, out)));
  }

  /// Rows of every length from 1 to the longest.
  @ParameterizedTest
  @MethodSource("recurrentLayers")
  void recurrentLayersAgree(Recurrent layers, int opset) throws Exception {
    try (OnnxRunning running = new OnnxRunning(OnnxExport.of(layers).withOpset(opset), folder)) {
      for (int[] extents : new int[][] {{1, 1}, {2, 5}, {7, 3}, {5, 40}}) {
        Tensor x = Rng.of(extents[1]).normal(Shape.of(extents[0], extents[1], 4)).mul(2);
        Tensor lengths = OnnxRunning.integers(extents[1], extents[0]).add(Tensor.scalar(1));
        var inputs = Map.of("x", x, "lengths", lengths);
        Recurrent.Read read = layers.call(x, lengths);
        running.agrees(inputs, "states", read.states());
        for (int i = 0; i < read.last().size(); i++) {
          running.agrees(inputs, "last." + i, read.last().get(i));
        }
      }
    }
  }

  /// What a user makes of recurrent layers: classes of texts of token ids, read to each row's end
  /// or, as here, all of one length.
  private record Classifier(Embedding tokens, Recurrent reader, Linear head) {
    Tensor call(Tensor ids, Tensor lengths) {
      return head.call(Rows.last(reader.call(tokens.call(ids), lengths).states(), lengths));
    }

    Tensor call(Tensor ids) {
      return call(ids, Tensor.full(ids.dim(1), DType.I32, Shape.of(ids.dim(0))));
    }
  }

  @Test
  void sequenceClassifiersAgree() throws Exception {
    Classifier model =
        new Classifier(
            new Embedding(Rng.of(1).normal(Shape.of(11, 4))),
            Recurrent.gru(4, 8, 1, true, Rng.of(2)),
            Linear.init(16, 3, Rng.of(3)));
    Input ids = Input.integers("ids", 0, 11, BATCH, Axis.of("sequence"));
    OnnxExport export =
        new OnnxExport(
            model,
            List.of(ids, Input.integers("lengths", 1, 2, BATCH)),
            in ->
                Map.of(
                    "ragged", model.call(in.getFirst(), in.getLast()),
                    "whole", model.call(in.getFirst())),
            17);
    try (OnnxRunning running = new OnnxRunning(export, folder)) {
      for (int[] extents : new int[][] {{1, 1}, {2, 5}, {6, 17}}) {
        Tensor text = OnnxRunning.integers(11, extents);
        Tensor lengths = OnnxRunning.integers(extents[1], extents[0]).add(Tensor.scalar(1));
        var inputs = Map.of("ids", text, "lengths", lengths);
        running.agrees(inputs, "ragged", model.call(text, lengths));
        running.agrees(inputs, "whole", model.call(text));
      }
    }
  }

  /// An actor and a critic with one memory act step by step: the state goes in and out.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void remembererStepsAgree(boolean lstm) throws Exception {
    record Rememberer(Memory memory, Layer actor, Layer critic) {
      Map<String, Tensor> step(Tensor observations, Tensor state) {
        Tensor next = memory.advance(memory.prepare(observations), state);
        Tensor seen = memory.output(next);
        return Map.of("logits", actor.call(seen), "value", critic.call(seen), "next", next);
      }
    }
    Rng key = Rng.of(5);
    Mlp reader = Mlp.init(Activation.TANH, key.fold(0), 4, 6, 6);
    RecurrentCell cell = lstm ? LstmCell.init(6, 5, key.fold(1)) : GruCell.init(6, 5, key.fold(1));
    Rememberer model =
        new Rememberer(
            new Memory.Recurrent(reader, cell),
            Linear.init(5, 3, key.fold(2)),
            Linear.init(5, 1, key.fold(3)));
    OnnxExport export =
        new OnnxExport(
            model,
            List.of(
                Input.floats("observations", BATCH, Dim.of(4)),
                Input.floats("state", BATCH, Dim.of(cell.stateWidth()))),
            in -> model.step(in.getFirst(), in.getLast()),
            17);
    try (OnnxRunning running = new OnnxRunning(export, folder)) {
      for (int rows : new int[] {1, 6}) {
        Tensor state = model.memory().start(rows);
        for (int t = 0; t < 3; t++) {
          Tensor observations = Rng.of(t).normal(Shape.of(rows, 4));
          var inputs = Map.of("observations", observations, "state", state);
          var expected = model.step(observations, state);
          for (String output : expected.keySet()) {
            running.agrees(inputs, output, expected.get(output));
          }
          state = expected.get("next");
        }
      }
    }
  }
}
