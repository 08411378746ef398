package telos.nn.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.function.Function;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Layer;
import telos.nn.Recurrent;
import telos.nn.RotaryScaling;
import telos.nn.RotaryTable;
import telos.nn.ValueModel;
import telos.tensor.DType;
import telos.tensor.Recorder;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// A function of a model, to be written as an ONNX file that other runtimes run.
///
///     OnnxExport.of(gpt).write(Path.of("model.onnx"));
///
/// **How.** The function is run a few times on small inputs, and the operations it takes are
/// recorded. Fused operations without an ONNX operator stand as their definition. Parameters become
/// initializers under their [Tree] path. An [Axis] of an input has another extent in every run: what
/// else differs from run to run (shapes, bounds of slices, positions) must be a polynomial of the
/// axes and is computed in the file from the inputs' shapes, so that it runs for every extent.
///
/// **What cannot be exported** is refused with a sentence: a function whose operations depend on
/// the values of its inputs, or on an extent other than as above (a loop over time steps of your
/// own: fix that axis, or export one step with the state as an input and an output; [Recurrent] is
/// an operator of ONNX and takes any length), and constants made elsewhere than from tensors that
/// follow an extent in another way.
///
/// Integers are INT64 in the file. Results agree with telos to rounding, not to the bit.
///
/// @param model whose leaves are the parameters; what else the function reads are constants
/// @param inputs in the order in which the function takes them
/// @param function from the inputs to outputs by name
/// @param opset version of the default operator set, 17 to 23
public record OnnxExport(
    Object model,
    List<Input> inputs,
    Function<List<Tensor>, ? extends Map<String, Tensor>> function,
    int opset) {
  /// What every runtime of the last years reads; with it goes IR version 8.
  public static final int DEFAULT_OPSET = 17;

  /// One extent of an input.
  public sealed interface Dim {
    /// An extent that stays.
    static Dim of(int extent) {
      return new Fixed(extent);
    }
  }

  /// An extent that stays.
  public record Fixed(int extent) implements Dim {}

  /// An extent that the caller of the file chooses.
  ///
  /// @param name shown in the file
  /// @param least the smallest extent the function takes, at least 1
  /// @param most the largest, at least `least + 2`: the function is tried with three
  public record Axis(String name, int least, int most) implements Dim {
    public Axis {
      if (least < 1 || most < least + 2) {
        throw new IllegalArgumentException(
            "onnx: axis %s from %d to %d is not open; it must begin at 1 or more and end 2 higher or more"
                .formatted(name, least, most));
      }
    }

    /// Any extent from 1.
    public static Axis of(String name) {
      return new Axis(name, 1, Integer.MAX_VALUE);
    }
  }

  /// One input.
  ///
  /// @param dtype F32, F64, I32 or BOOL
  /// @param below integers of the trial runs are in `[from, below)`, such as token ids
  public record Input(String name, DType dtype, List<Dim> dims, int from, int below) {
    public Input {
      dims = List.copyOf(dims);
      if (dtype.isStorageOnly() || from >= below) {
        throw new IllegalArgumentException(
            "onnx: input %s of %s from %d to below %d; F32, F64, I32 and BOOL fit, and a range that is not empty"
                .formatted(name, dtype, from, below));
      }
    }

    /// F32 numbers.
    public static Input floats(String name, Dim... dims) {
      return new Input(name, DType.F32, List.of(dims), 0, 1);
    }

    /// Integers in `[from, below)`.
    public static Input integers(String name, int from, int below, Dim... dims) {
      return new Input(name, DType.I32, List.of(dims), from, below);
    }

    private Tensor drawn(Grid grid, int run) {
      var random = new SplittableRandom(31L * run + name.hashCode());
      int[] extents =
          dims.stream()
              .mapToInt(dim ->
                  switch (dim) {
                    case Fixed(int extent) -> extent;
                    case Axis axis -> grid.extent(run, grid.axes().indexOf(axis));
                  })
              .toArray();
      var shape = Shape.of(extents);
      int[] whole = random.ints(shape.size(), from, below).toArray();
      return switch (dtype) {
        case I32 -> Tensor.of(whole, shape);
        case BOOL -> Tensor.of(whole, shape).ne(0);
        default -> Tensor.of(random.doubles(shape.size(), -1, 1).toArray(), extents).cast(dtype);
      };
    }
  }

  public OnnxExport {
    inputs = List.copyOf(inputs);
    OnnxModel.irVersion(opset);
  }

  /// `input_ids [batch, sequence]` to `logits [batch, sequence, V]`.
  public static OnnxExport of(Gpt gpt) {
    Gpt model = ofOneFrequency(gpt);
    return new OnnxExport(
        model,
        List.of(ids(model)),
        in -> Map.of("logits", model.logits(in.getFirst())),
        DEFAULT_OPSET);
  }

  /// `input_ids [batch, sequence]` and `lengths [batch]` to `values [batch, sequence]` and, at the
  /// last position of each row, `scores [batch]`.
  public static OnnxExport of(ValueModel value) {
    var model = new ValueModel(ofOneFrequency(value.trunk()), value.head());
    return new OnnxExport(
        model,
        List.of(ids(model.trunk()), Input.integers("lengths", 1, 2, Axis.of("batch"))),
        in -> {
          var outputs = new LinkedHashMap<String, Tensor>();
          outputs.put("values", model.values(in.getFirst()));
          outputs.put("scores", model.last(in.getFirst(), in.getLast()));
          return outputs;
        },
        DEFAULT_OPSET);
  }

  private static Input ids(Gpt gpt) {
    return Input.integers(
        "input_ids",
        0,
        gpt.config().vocabulary(),
        Axis.of("batch"),
        new Axis("sequence", 1, positions(gpt.config())));
  }

  /// The most positions whose frequencies do not depend on the length of the sequence.
  private static int positions(GptConfig config) {
    return config.positions() instanceof GptConfig.Rotary rotary
            && rotary.scaling().orElse(null) instanceof RotaryScaling.Dynamic dynamic
        ? Math.min(config.context(), dynamic.trained())
        : config.context();
  }

  /// The same model with a rotary table that ends where frequencies begin to depend on the length:
  /// in the file a longer sequence fails, as it would otherwise give other results.
  private static Gpt ofOneFrequency(Gpt gpt) {
    int positions = positions(gpt.config());
    return positions == gpt.config().context()
        ? gpt
        : Tree.replace(
            gpt,
            RotaryTable.class,
            (_, table) ->
                new RotaryTable(
                    table.cos().slice(0, 0, positions), table.sin().slice(0, 0, positions)));
  }

  /// `x [batch, sequence, in]` and `lengths [batch]` to `states [batch, sequence, D]` and, of every
  /// direction of every layer, the state `last.0 [batch, S]`, `last.1`, ... in which it leaves a
  /// row.
  public static OnnxExport of(Recurrent recurrent) {
    int in = recurrent.layers().getFirst().forward().input().in();
    return new OnnxExport(
        recurrent,
        List.of(
            Input.floats("x", Axis.of("batch"), Axis.of("sequence"), Dim.of(in)),
            Input.integers("lengths", 1, 2, Axis.of("batch"))),
        x -> {
          var read = recurrent.call(x.getFirst(), x.getLast());
          var outputs = new LinkedHashMap<String, Tensor>();
          outputs.put("states", read.states());
          for (int i = 0; i < read.last().size(); i++) {
            outputs.put("last." + i, read.last().get(i));
          }
          return outputs;
        },
        DEFAULT_OPSET);
  }

  /// `x [batch, in]` to `y [batch, ...]`: a perceptron, or any other layer of vectors.
  public static OnnxExport of(Layer layer, int in) {
    return new OnnxExport(
        layer,
        List.of(Input.floats("x", Axis.of("batch"), Dim.of(in))),
        x -> Map.of("y", layer.call(x.getFirst())),
        DEFAULT_OPSET);
  }

  /// The same for another version of the operator set; from 20 on GELU, from 23 on RMS norm is an
  /// operator of its own.
  public OnnxExport withOpset(int version) {
    return new OnnxExport(model, inputs, function, version);
  }

  /// Writes the file, whole or not at all. Weights of 2 GiB and more go to `FILE.data` beside it.
  ///
  /// @return what the file holds
  /// @throws IllegalArgumentException where the function cannot be exported, saying why
  public OnnxFile write(Path file) throws IOException {
    return write(file, OnnxModel.LIMIT);
  }

  OnnxFile write(Path file, long limit) throws IOException {
    translated().write(file, limit);
    return OnnxFile.inspect(file);
  }

  OnnxModel translated() {
    var grid = new Grid(axes());
    var parameters = Tree.leaves(model);
    var runs = new ArrayList<Run>();
    for (int r = 0; r < grid.runs(); r++) {
      int run = r;
      runs.add(Scope.call("onnx", () -> run(grid, run, parameters)));
    }
    var graph = new OnnxGraph();
    var known = new ArrayList<String>();
    parameters.forEach((path, tensor) -> {
      var name = path.isEmpty() ? "parameter" : path;
      graph.reserve(name);
      graph.parameter(name, tensor);
      known.add(name);
    });
    inputs.forEach(input -> {
      graph.reserve(input.name());
      known.add(input.name());
    });
    var extents = new OnnxExtents(graph, grid.axes().stream().map(this::place).toList());
    var traces = runs.stream().map(Run::trace).toList();
    var translation = new OnnxTranslation(grid, traces, graph, extents, known, opset);
    translation.run();
    return model(grid, graph, translation, outputs(runs));
  }

  private List<Axis> axes() {
    var axes = new LinkedHashSet<Axis>();
    inputs.forEach(input ->
        input
            .dims()
            .forEach(dim -> {
              if (dim instanceof Axis axis) {
                axes.add(axis);
              }
            }));
    if (axes.stream().map(Axis::name).distinct().count() < axes.size() || axes.size() > 4) {
      throw new IllegalArgumentException(
          "onnx: at most 4 axes fit, each of one name and one range, got " + axes);
    }
    return List.copyOf(axes);
  }

  private OnnxExtents.Place place(Axis axis) {
    return inputs.stream()
        .filter(input -> input.dims().contains(axis))
        .map(input -> new OnnxExtents.Place(input.name(), input.dims().indexOf(axis)))
        .findFirst()
        .orElseThrow();
  }

  private record Run(OnnxTrace trace, SequencedMap<String, Integer> outputs) {}

  private Run run(Grid grid, int run, Map<String, Tensor> parameters) {
    var known = new ArrayList<>(parameters.values());
    var drawn = inputs.stream().map(input -> input.drawn(grid, run)).toList();
    known.addAll(drawn);
    var trace = new OnnxTrace(opset, known);
    var outputs = new LinkedHashMap<String, Integer>();
    ScopedValue.where(Recorder.CURRENT, trace)
        .run(() ->
            function.apply(drawn).forEach((name, value) -> outputs.put(name, trace.number(value))));
    return new Run(trace, outputs);
  }

  private static SequencedMap<String, Integer> outputs(List<Run> runs) {
    var first = runs.getFirst().outputs();
    if (first.isEmpty() || runs.stream().anyMatch(run -> !run.outputs().equals(first))) {
      throw new IllegalArgumentException(
          "onnx: the function must return the same outputs every time and at least one, got "
              + runs.stream().map(run -> run.outputs().keySet()).toList());
    }
    return first;
  }

  private OnnxModel model(
      Grid grid, OnnxGraph graph, OnnxTranslation translation, Map<String, Integer> outputs) {
    var names = grid.axes().stream().map(Axis::name).toList();
    var results = new ArrayList<OnnxModel.Signature>();
    outputs.forEach((name, value) -> {
      graph.name(translation.name(value), name);
      var dims = translation.dims(value).stream().map(dim -> dim.text(names)).toList();
      results.add(new OnnxModel.Signature(name, translation.type(value), dims));
    });
    var wanted = List.copyOf(outputs.keySet());
    return new OnnxModel(
        model.getClass().getSimpleName(),
        opset,
        inputs.stream().map(OnnxExport::signature).toList(),
        results,
        graph.nodes(wanted),
        graph.initializers(wanted));
  }

  private static OnnxModel.Signature signature(Input input) {
    return new OnnxModel.Signature(
        input.name(),
        OnnxType.of(input.dtype()),
        input.dims().stream()
            .map(dim ->
                switch (dim) {
                  case Fixed(int extent) -> Integer.toString(extent);
                  case Axis axis -> axis.name();
                })
            .toList());
  }
}
