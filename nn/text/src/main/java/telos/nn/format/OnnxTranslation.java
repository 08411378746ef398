package telos.nn.format;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import telos.nn.Recurrence;
import telos.nn.format.OnnxGraph.Attribute;
import telos.nn.format.OnnxTrace.Step;
import telos.nn.format.OnnxTrace.Value;
import telos.tensor.DType;
import telos.tensor.Op;

/// Turns the runs of one function into one graph: the runs must take the same steps, and every
/// integer among their arguments that differs from run to run must be an [Extent].
final class OnnxTranslation {
  private static final int AXES_AS_INPUT = 18;
  private static final Attribute DROP = Attribute.of("keepdims", 0);

  private final Grid grid;
  private final List<OnnxTrace> runs;
  private final OnnxGraph graph;
  private final OnnxExtents extents;
  private final int opset;
  private final Map<Integer, String> names = new HashMap<>();

  /// @param known the names of the first values: parameters and inputs
  OnnxTranslation(
      Grid grid,
      List<OnnxTrace> runs,
      OnnxGraph graph,
      OnnxExtents extents,
      List<String> known,
      int opset) {
    this.grid = grid;
    this.runs = runs;
    this.graph = graph;
    this.extents = extents;
    this.opset = opset;
    IntStream.range(0, known.size()).forEach(i -> names.put(i, known.get(i)));
  }

  /// Translates every step.
  void run() {
    int steps = runs.getFirst().steps().size();
    for (int r = 1; r < runs.size(); r++) {
      int others = runs.get(r).steps().size();
      if (others != steps) {
        throw depends("takes %d steps and %d".formatted(steps, others), r);
      }
    }
    for (int s = 0; s < steps; s++) {
      int at = s;
      var same = runs.stream().map(run -> run.steps().get(at)).toList();
      checkAlike(same);
      var first = same.getFirst();
      var results = results(same.stream().map(Step::op).toList(), first);
      IntStream.range(0, results.size())
          .forEach(i -> names.put(first.outputs().get(i), results.get(i)));
    }
  }

  private void checkAlike(List<Step> same) {
    var first = same.getFirst();
    for (int r = 1; r < same.size(); r++) {
      var other = same.get(r);
      if (first.op().getClass() != other.op().getClass()
          || !first.inputs().equals(other.inputs())
          || !plain(first.op()).equals(plain(other.op()))) {
        throw depends("does %s and %s".formatted(text(first), text(other)), r);
      }
    }
  }

  private static String text(Step step) {
    return step.op().name() + " of " + step.op().inputs().stream().map(t -> t.shape()).toList();
  }

  private IllegalArgumentException depends(String what, int run) {
    return new IllegalArgumentException(
        "onnx: the function %s where [%s] and [%s]; what it does must not depend on its inputs or their extents, so fix such an axis"
            .formatted(what, grid.text(0), grid.text(run)));
  }

  /// The arguments of an operation that must be the same in every run.
  private static List<?> plain(Op op) {
    return switch (op) {
      case Op.Reduction reduction -> List.of(reduction.axis());
      case Op.CumSum sum -> List.of(sum.axis());
      case Op.MatMul product -> List.of(product.transposeA(), product.transposeB());
      case Op.Conv2d conv -> List.of(conv.stride(), conv.padding());
      case Op.Permute permute -> axes(permute.order());
      case Op.Slice slice -> axes(slice.step());
      case Op.Flip flip -> reversed(flip);
      case Op.Concat concat -> List.of(concat.axis());
      case Op.Gather gather -> List.of(gather.axis());
      case Op.ScatterAdd scatter -> List.of(scatter.axis());
      case Op.Cast cast -> List.of(cast.to());
      case Recurrence pass -> List.of(pass.backward());
      default -> List.of();
    };
  }

  /// The name of a value, which a constant has from its first use on.
  String name(int value) {
    var known = names.get(value);
    if (known == null) {
      var values = values(value);
      known = new OnnxConstants(grid, graph, extents).of(values, dims(value));
      names.put(value, known);
    }
    return known;
  }

  private List<Value> values(int value) {
    return runs.stream().map(run -> run.values().get(value)).toList();
  }

  /// The element type of a value.
  OnnxType type(int value) {
    return OnnxType.of(runs.getFirst().values().get(value).dtype());
  }

  /// The extents of a value.
  List<Extent> dims(int value) {
    return unified("shape", values(value).stream().map(v -> v.shape().dims()).toList());
  }

  private List<Extent> unified(String what, List<int[]> perRun) {
    int[] first = perRun.getFirst();
    for (int r = 1; r < perRun.size(); r++) {
      if (perRun.get(r).length != first.length) {
        throw depends("makes ranks %d and %d".formatted(first.length, perRun.get(r).length), r);
      }
    }
    return IntStream.range(0, first.length)
        .mapToObj(i ->
            grid.through(run -> perRun.get(run)[i])
                .orElseThrow(() ->
                    new IllegalArgumentException(
                        "onnx: axis %d of a %s is no polynomial of the extents: %s; fix the axis it comes from"
                            .formatted(i, what, history(perRun, i)))))
        .toList();
  }

  private String history(List<int[]> perRun, int i) {
    return String.join(
        ", ",
        IntStream.range(0, perRun.size())
            .mapToObj(r -> "%d where [%s]".formatted(perRun.get(r)[i], grid.text(r)))
            .toList());
  }

  // --- operations ---

  private List<String> results(List<Op> ops, Step step) {
    var in = step.inputs().stream().map(this::name).toList();
    return step.op() instanceof Op.Fused fused
        ? OnnxFused.results(graph, fused, in, opset)
        : List.of(node(ops, step, in));
  }

  private String node(List<Op> ops, Step step, List<String> in) {
    return switch (step.op()) {
      case Op.Unary unary -> unary(unary, in.getFirst());
      case Op.Binary binary -> binary(binary, in);
      case Op.Where where when where.dtype() == DType.BOOL -> choice(in);
      case Op.Where _ -> graph.node("Where", in);
      case Op.Sum sum ->
          graph.node("ReduceSum", List.of(in.getFirst(), graph.integers(sum.axis())), DROP);
      case Op.Max max -> max(max, in.getFirst());
      case Op.ArgMax max -> graph.node("ArgMax", in, Attribute.of("axis", max.axis()), DROP);
      case Op.CumSum sum -> graph.node("CumSum", List.of(in.getFirst(), graph.integer(sum.axis())));
      case Op.MatMul product -> product(product, in);
      case Op.Conv2d conv -> convolution(conv, in);
      case Op.Reshape _ -> reshape(in.getFirst(), step);
      case Op.Permute permute ->
          graph.node("Transpose", in, Attribute.of("perm", axes(permute.order())));
      case Op.Expand _ -> expand(in.getFirst(), step);
      case Op.Pad _ -> pad(ops, in.getFirst());
      case Op.Slice slice -> slice(ops, slice, in.getFirst(), step);
      case Op.Flip flip -> flip(flip, in.getFirst());
      case Op.Concat concat -> graph.node("Concat", in, Attribute.of("axis", concat.axis()));
      case Op.Gather gather -> graph.node("Gather", in, Attribute.of("axis", gather.axis()));
      case Op.ScatterAdd scatter -> scatterAdd(scatter, in, step);
      case Op.Fused fused -> throw new IllegalArgumentException(fused.name() + " has parts");
    };
  }

  private String unary(Op.Unary op, String x) {
    return switch (op) {
      case Op.Neg _ -> graph.node("Neg", x);
      case Op.Recip _ -> graph.node("Reciprocal", x);
      case Op.Exp _ -> graph.node("Exp", x);
      case Op.Log _ -> graph.node("Log", x);
      case Op.Log1p _ ->
          graph.node("Log", graph.node("Add", List.of(x, OnnxFused.scalar(graph, 1, op.dtype()))));
      case Op.Sqrt _ -> graph.node("Sqrt", x);
      case Op.Rsqrt _ -> graph.node("Reciprocal", graph.node("Sqrt", x));
      case Op.Sin _ -> graph.node("Sin", x);
      case Op.Cos _ -> graph.node("Cos", x);
      case Op.Tanh _ -> graph.node("Tanh", x);
      case Op.Sigmoid _ -> graph.node("Sigmoid", x);
      case Op.Erf _ -> graph.node("Erf", x);
      case Op.Abs _ -> graph.node("Abs", x);
      case Op.Sign _ -> graph.node("Sign", x);
      case Op.Floor _ -> graph.node("Floor", x);
      case Op.Cast cast -> cast(graph, x, cast.to());
      case Op.ToDevice _, Op.StopGradient _ -> x;
    };
  }

  static String cast(OnnxGraph graph, String x, DType to) {
    return graph.node("Cast", x, Attribute.of("to", OnnxType.of(to).number()));
  }

  private String binary(Op.Binary op, List<String> in) {
    boolean truth = op.a().dtype() == DType.BOOL;
    return switch (op) {
      case Op.Add _ -> graph.node("Add", in);
      case Op.Sub _ -> graph.node("Sub", in);
      case Op.Mul _ -> graph.node("Mul", in);
      case Op.Div _ -> graph.node("Div", in);
      case Op.Pow _ -> graph.node("Pow", in);
      case Op.Maximum _ -> graph.node(truth ? "Or" : "Max", in);
      case Op.Minimum _ -> graph.node(truth ? "And" : "Min", in);
      case Op.Equal _ -> graph.node("Equal", in);
      case Op.Less _ -> graph.node("Less", in);
      case Op.LessEqual _ -> graph.node("LessOrEqual", in);
    };
  }

  /// `condition ? a : b` of truths, of which runtimes have no `Where`.
  private String choice(List<String> in) {
    var yes = graph.node("And", in.subList(0, 2));
    var no = graph.node("And", List.of(graph.node("Not", in.getFirst()), in.get(2)));
    return graph.node("Or", List.of(yes, no));
  }

  private String max(Op.Max op, String x) {
    return opset < AXES_AS_INPUT
        ? graph.node("ReduceMax", x, Attribute.of("axes", List.of((long) op.axis())), DROP)
        : graph.node("ReduceMax", List.of(x, graph.integers(op.axis())), DROP);
  }

  private String product(Op.MatMul op, List<String> in) {
    var a = op.transposeA() ? transposed(in.get(0), op.a().rank()) : in.get(0);
    var b = op.transposeB() ? transposed(in.get(1), op.b().rank()) : in.get(1);
    return graph.node("MatMul", List.of(a, b));
  }

  private String transposed(String x, int rank) {
    int[] order = IntStream.range(0, rank).toArray();
    order[rank - 1] = rank - 2;
    order[rank - 2] = rank - 1;
    return graph.node("Transpose", x, Attribute.of("perm", axes(order)));
  }

  private String convolution(Op.Conv2d op, List<String> in) {
    long stride = op.stride();
    long padding = op.padding();
    return graph.node(
        "Conv",
        in,
        Attribute.of("pads", List.of(padding, padding, padding, padding)),
        Attribute.of("strides", List.of(stride, stride)));
  }

  /// An extent of 0 copies that of the input at the same place; one of -1 is inferred.
  private String reshape(String x, Step step) {
    var from = dims(step.inputs().getFirst());
    var to = new ArrayList<>(dims(step.output()));
    int inferred = -1;
    for (int i = 0; i < to.size(); i++) {
      if (i < from.size() && to.get(i).equals(from.get(i)) && !to.get(i).isConstant()) {
        to.set(i, grid.constant(0));
      } else if (inferred < 0 || to.get(i).cost() > to.get(inferred).cost()) {
        inferred = to.get(i).isConstant() ? inferred : i;
      }
    }
    if (inferred >= 0) {
      to.set(inferred, grid.constant(-1));
    }
    return graph.node("Reshape", List.of(x, extents.vector(to)));
  }

  /// An extent of 1 keeps that of the input.
  private String expand(String x, Step step) {
    var from = dims(step.inputs().getFirst());
    var to = dims(step.output());
    var stretched =
        IntStream.range(0, to.size())
            .mapToObj(i -> to.get(i).equals(from.get(i)) ? grid.constant(1) : to.get(i))
            .toList();
    return graph.node("Expand", List.of(x, extents.vector(stretched)));
  }

  private List<Extent> argument(String what, List<Op> ops, Function<Op, int[]> of) {
    return unified(what, ops.stream().map(of).toList());
  }

  private String pad(List<Op> ops, String x) {
    var pads = new ArrayList<>(argument("padding", ops, op -> ((Op.Pad) op).before()));
    pads.addAll(argument("padding", ops, op -> ((Op.Pad) op).after()));
    return graph.node("Pad", List.of(x, extents.vector(pads)));
  }

  private String slice(List<Op> ops, Op.Slice op, String x, Step step) {
    var dims = dims(step.inputs().getFirst());
    var start = argument("slice", ops, o -> ((Op.Slice) o).start());
    var stop = argument("slice", ops, o -> ((Op.Slice) o).stop());
    int[] cut =
        IntStream.range(0, dims.size())
            .filter(
                i -> !start.get(i).is(0) || !stop.get(i).equals(dims.get(i)) || op.step()[i] != 1)
            .toArray();
    if (cut.length == 0) {
      return x;
    }
    return graph.node(
        "Slice",
        List.of(
            x,
            extents.vector(Arrays.stream(cut).mapToObj(start::get).toList()),
            extents.vector(Arrays.stream(cut).mapToObj(stop::get).toList()),
            graph.integers(Arrays.stream(cut).asLongStream().toArray()),
            graph.integers(Arrays.stream(cut).mapToLong(i -> op.step()[i]).toArray())));
  }

  /// Slices from the last element to before the first, in steps of -1.
  private String flip(Op.Flip op, String x) {
    long[] axes = reversed(op).stream().mapToLong(Long::longValue).toArray();
    return axes.length == 0
        ? x
        : graph.node(
            "Slice",
            List.of(
                x,
                filled(axes.length, -1),
                filled(axes.length, Long.MIN_VALUE),
                graph.integers(axes),
                filled(axes.length, -1)));
  }

  private String filled(int count, long value) {
    return graph.integers(IntStream.range(0, count).mapToLong(_ -> value).toArray());
  }

  /// The index axes as one, the index repeated along all others, added element by element.
  private String scatterAdd(Op.ScatterAdd op, List<String> in, Step step) {
    var result = dims(step.output());
    int axis = op.axis();
    var zero = OnnxFused.scalar(graph, 0, op.dtype());
    var target = graph.node("Expand", List.of(zero, extents.vector(result)));
    var flat = new ArrayList<>(result);
    flat.set(axis, grid.constant(-1));
    var along =
        new ArrayList<Extent>(java.util.Collections.nCopies(result.size(), grid.constant(1)));
    along.set(axis, grid.constant(-1));
    var stretched = new ArrayList<>(result);
    stretched.set(axis, grid.constant(1));
    var source = graph.node("Reshape", List.of(in.getFirst(), extents.vector(flat)));
    var index = graph.node("Reshape", List.of(in.get(1), extents.vector(along)));
    var repeated = graph.node("Expand", List.of(index, extents.vector(stretched)));
    return graph.node(
        "ScatterElements",
        List.of(target, repeated, source),
        Attribute.of("axis", axis),
        Attribute.of("reduction", "add"));
  }

  private static List<Long> axes(int[] axes) {
    return Arrays.stream(axes).mapToObj(Long::valueOf).toList();
  }

  private static List<Long> reversed(Op.Flip flip) {
    return IntStream.range(0, flip.axes().length)
        .filter(i -> flip.axes()[i])
        .mapToObj(Long::valueOf)
        .toList();
  }
}
