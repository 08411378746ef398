package telos.nn.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import telos.nn.Embedding;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Int8Linear;
import telos.nn.Linear;
import telos.nn.Projection;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// The weights of a [Gpt] that [telos.nn.Quantize#int8] made, in a layout of our own.
///
/// The directory is as [Pretrained] says, but `config.json` has `"quantization_config":
/// {"quant_method": "telos-int8"}`, by which other libraries know that they cannot read it, and
/// `model.safetensors` is one file whose names are the paths of the model: for each matrix
/// `blocks.3.mlp.up.weight`, I8 `[in, out]`, and `blocks.3.mlp.up.scale`, F32 `[out]`; for the
/// embedding `tokens.weight`, I8 `[V, D]`, and `tokens.scale`, F32 `[V]`; norms, biases and
/// position embeddings F32. Rotary tables are computed.
final class Int8Weights {
  private static final String FIELD = "quantization_config";
  private static final String METHOD = "telos-int8";

  private Int8Weights() {}

  /// Whether a model has such weights.
  static boolean isIn(Gpt model) {
    return model.tokens().weight().dtype() == DType.I8;
  }

  /// Marks a `config.json`.
  static void mark(Map<String, Object> config) {
    config.put(FIELD, Map.of("quant_method", METHOD));
  }

  /// Whether a `config.json` has the mark.
  ///
  /// @throws FormatException when it has that of another method
  static boolean isMarked(JsonFields config) throws FormatException {
    if (!config.has(FIELD)) {
      return false;
    }
    var method = config.object(FIELD).text("quant_method");
    if (!method.equals(METHOD)) {
      throw config.fault(
          "\"%s\" is %s; telos reads weights without it, and its own %s"
              .formatted(FIELD, method, METHOD));
    }
    return true;
  }

  /// The tensors of the file.
  static List<SafeTensors.Row> rows(Gpt model) {
    var rows = new ArrayList<SafeTensors.Row>();
    Tree.leaves(model)
        .forEach((path, leaf) -> {
          if (!path.startsWith("rotary.")) {
            rows.add(SafeTensors.Row.of(path, StoredType.F32, leaf));
          }
        });
    return rows;
  }

  /// Reads a file.
  ///
  /// @throws FormatException listing every tensor that is missing, left over, or of a wrong shape
  ///   or type, or naming a scale that is none
  static Gpt read(Path file, GptConfig config) throws IOException {
    Map<String, Tensor> leaves = new LinkedHashMap<>(SafeTensors.readStored(file));
    if (config.layers() > leaves.size()) {
      throw new FormatException(
          "%s: its config.json says %d layers, but there are only %d tensors"
              .formatted(file, config.layers(), leaves.size()));
    }
    try {
      Gpt outline = outline(config);
      leaves.putAll(GptWeights.computed(config));
      Gpt model = Tree.withLeaves(outline, leaves);
      checkScales(file, leaves);
      return model;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new FormatException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static Gpt outline(GptConfig config) {
    Gpt maps = Tree.replace(Gpt.outline(config), Projection.class, (_, map) -> outline(map));
    return Tree.replace(
        maps, Embedding.class, (path, table) -> path.equals("tokens") ? outline(table) : table);
  }

  private static Projection outline(Projection map) {
    return map instanceof Linear(Tensor weight, var bias)
        ? new Int8Linear(
            absent(weight.shape(), DType.I8), absent(Shape.of(map.out()), DType.F32), bias)
        : map;
  }

  private static Embedding outline(Embedding table) {
    Shape shape = table.weight().shape();
    return new Embedding(
        absent(shape, DType.I8), Optional.of(absent(Shape.of(shape.dim(0)), DType.F32)));
  }

  private static Tensor absent(Shape shape, DType dtype) {
    return Tensor.absent(shape, dtype, "of a model's outline");
  }

  private static void checkScales(Path file, Map<String, Tensor> leaves) throws FormatException {
    for (var leaf : leaves.entrySet()) {
      if (leaf.getKey().endsWith(".scale")) {
        for (float scale : leaf.getValue().toFloats()) {
          if (!(scale > 0 && scale < Float.POSITIVE_INFINITY)) {
            throw new FormatException(
                "%s: %s has the scale %s; scales are positive and finite"
                    .formatted(file, leaf.getKey(), scale));
          }
        }
      }
    }
  }
}
