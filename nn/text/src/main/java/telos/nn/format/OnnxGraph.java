package telos.nn.format;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.IntStream;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// A graph of ONNX operators that grows in topological order, every name given once. A node equal
/// to an earlier one is that one, and equal constants are one, so that what every layer computes
/// alike (a mask, an extent) is computed once.
final class OnnxGraph {
  /// An attribute of a node: a `Long`, a `Float`, a `String`, or a list of `Long`.
  ///
  /// @param value of one of these types
  record Attribute(String name, Object value) {
    static Attribute of(String name, long value) {
      return new Attribute(name, value);
    }

    static Attribute of(String name, float value) {
      return new Attribute(name, value);
    }

    static Attribute of(String name, String value) {
      return new Attribute(name, value);
    }

    static Attribute of(String name, List<Long> values) {
      return new Attribute(name, List.copyOf(values));
    }
  }

  /// An operator with its results.
  record Node(String type, List<String> inputs, List<String> outputs, List<Attribute> attributes) {}

  /// A tensor of the file: a parameter of the model, or the Java array of a constant.
  ///
  /// @param data a [Tensor] or an array of the type's kind
  record Initializer(String name, OnnxType type, List<Long> dims, Object data) {
    /// Bytes of data.
    long bytes() {
      return dims.stream().reduce(1L, Math::multiplyExact) * type.bytes();
    }

    /// The elements; of a parameter a copy that lives only as long as it is written.
    Object elements() {
      return data instanceof Tensor tensor ? OnnxType.elements(tensor.toArray()) : data;
    }
  }

  private record Call(String type, List<String> inputs, List<Attribute> attributes) {}

  private record Content(OnnxType type, List<Long> dims, ByteBuffer bytes) {}

  private final Map<Call, List<String>> calls = new HashMap<>();
  private final Map<Content, String> contents = new HashMap<>();
  private final Set<String> names = new HashSet<>();
  private final List<Node> nodes = new ArrayList<>();
  private final SequencedMap<String, Initializer> initializers = new LinkedHashMap<>();

  /// Takes a name that the caller chose.
  void reserve(String name) {
    if (name.isEmpty() || !names.add(name)) {
      throw new IllegalArgumentException(
          "onnx: the name '"
              + name
              + "' is empty or taken; names differ from each other and from"
              + " the paths of the parameters");
    }
  }

  private String fresh(String stem) {
    var name = stem + "_" + names.size();
    while (!names.add(name)) {
      name += "_";
    }
    return name;
  }

  /// The result of an operator.
  String node(String type, List<String> inputs, Attribute... attributes) {
    return node(1, type, inputs, attributes).getFirst();
  }

  /// The first `results` of an operator.
  List<String> node(int results, String type, List<String> inputs, Attribute... attributes) {
    return calls.computeIfAbsent(
        new Call(type, List.copyOf(inputs), List.of(attributes)),
        call -> {
          var stem = type.toLowerCase(Locale.ROOT);
          var outputs = IntStream.range(0, results).mapToObj(_ -> fresh(stem)).toList();
          nodes.add(new Node(type, call.inputs(), outputs, call.attributes()));
          return outputs;
        });
  }

  String node(String type, String input, Attribute... attributes) {
    return node(type, List.of(input), attributes);
  }

  /// Gives a value a name of the caller's.
  void name(String value, String name) {
    reserve(name);
    nodes.add(new Node("Identity", List.of(value), List.of(name), List.of()));
  }

  /// A parameter under its path, which is reserved.
  void parameter(String path, Tensor tensor) {
    var type = OnnxType.of(tensor.dtype());
    initializers.put(path, new Initializer(path, type, dims(tensor.shape()), tensor));
  }

  /// A constant from the Java array of its dtype.
  String constant(Object array, DType dtype, Shape shape) {
    return constant(OnnxType.of(dtype), dims(shape), OnnxType.elements(array));
  }

  /// An integer of rank 0.
  String integer(long value) {
    return constant(OnnxType.INT64, List.of(), new long[] {value});
  }

  /// A vector of integers.
  String integers(long... values) {
    return constant(OnnxType.INT64, List.of((long) values.length), values);
  }

  private String constant(OnnxType type, List<Long> dims, Object elements) {
    var bytes = ByteBuffer.wrap(Elements.bytes(elements));
    return contents.computeIfAbsent(
        new Content(type, dims, bytes),
        _ -> {
          var name = fresh("constant");
          initializers.put(name, new Initializer(name, type, dims, elements));
          return name;
        });
  }

  private static List<Long> dims(Shape shape) {
    return Arrays.stream(shape.dims()).mapToObj(Long::valueOf).toList();
  }

  /// The nodes on which the named values depend, in order.
  List<Node> nodes(List<String> outputs) {
    var needed = needed(outputs);
    return nodes.stream()
        .filter(node -> node.outputs().stream().anyMatch(needed::contains))
        .toList();
  }

  /// The initializers on which the named values depend.
  List<Initializer> initializers(List<String> outputs) {
    var needed = needed(outputs);
    return initializers.values().stream().filter(i -> needed.contains(i.name())).toList();
  }

  private Set<String> needed(List<String> outputs) {
    var makers = new HashMap<String, Node>();
    nodes.forEach(node -> node.outputs().forEach(output -> makers.put(output, node)));
    var needed = new HashSet<>(outputs);
    var open = new ArrayDeque<>(outputs);
    while (!open.isEmpty()) {
      var node = makers.get(open.pop());
      if (node != null) {
        node.inputs().stream().filter(needed::add).forEach(open::push);
      }
    }
    return needed;
  }
}
