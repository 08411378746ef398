package telos.nn.format;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import telos.nn.Embedding;
import telos.nn.Encoder;
import telos.nn.EncoderBlock;
import telos.nn.EncoderConfig;
import telos.nn.LayerNorm;
import telos.nn.Linear;
import telos.nn.Mlp;
import telos.nn.MultiHeadAttention;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// The weights of an [Encoder] under Hugging Face's names for BERT, whose linear maps are `[out,
/// in]`.
///
/// @param file for messages
/// @param left tensors that no part has taken yet
record BertWeights(String file, Map<String, Tensor> left) {
  /// Path in [Tree] to name, of parts outside the blocks and of parts of a block.
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("tokens", "embeddings.word_embeddings"),
          Map.entry("positions", "embeddings.position_embeddings"),
          Map.entry("types", "embeddings.token_type_embeddings"),
          Map.entry("norm", "embeddings.LayerNorm"),
          Map.entry("pooler", "pooler.dense"),
          Map.entry("attention.query", "attention.self.query"),
          Map.entry("attention.key", "attention.self.key"),
          Map.entry("attention.value", "attention.self.value"),
          Map.entry("attention.out", "attention.output.dense"),
          Map.entry("attentionNorm", "attention.output.LayerNorm"),
          Map.entry("mlp.layers.0", "intermediate.dense"),
          Map.entry("mlp.layers.1", "output.dense"),
          Map.entry("mlpNorm", "output.LayerNorm"));

  /// An encoder of this shape out of all tensors of a file. Names may begin with `bert.`, as in
  /// models with a head; heads (`cls.`) are left out, they are no part of the encoder.
  ///
  /// @throws FormatException when a tensor is missing, left over, or of another shape
  static Encoder encoder(String file, Map<String, Tensor> tensors, EncoderConfig config)
      throws FormatException {
    var weights = new BertWeights(file, new HashMap<>());
    for (var entry : tensors.entrySet()) {
      var name = plain(entry.getKey());
      if (!name.startsWith("cls.") && !name.equals("embeddings.position_ids")) {
        weights.left.put(name, entry.getValue());
      }
    }
    var encoder = weights.encoder(config);
    if (!weights.left.isEmpty()) {
      throw new FormatException(
          "%s: tensors that the model has no place for: %s"
              .formatted(file, weights.left.keySet().stream().sorted().limit(5).toList()));
    }
    return encoder;
  }

  /// Without the prefix of models with a head, and as newer files call gain and bias.
  private static String plain(String name) {
    var own = name.startsWith("bert.") ? name.substring("bert.".length()) : name;
    return own.replace("LayerNorm.gamma", "LayerNorm.weight")
        .replace("LayerNorm.beta", "LayerNorm.bias");
  }

  private Encoder encoder(EncoderConfig config) throws FormatException {
    int width = config.width();
    var tokens = new Embedding(take("tokens.weight", config.vocabulary(), width));
    var positions = new Embedding(take("positions.weight", config.context(), width));
    var types = new Embedding(take("types.weight", config.types(), width));
    var norm = norm("norm", config);
    var blocks = new ArrayList<EncoderBlock>();
    for (int i = 0; i < config.layers(); i++) {
      blocks.add(block("blocks." + i + ".", config));
    }
    var pooled = left.containsKey(name("pooler.weight"));
    return new Encoder(
        config,
        tokens,
        positions,
        types,
        norm,
        blocks,
        pooled ? Optional.of(linear("pooler", width, width)) : Optional.empty());
  }

  private EncoderBlock block(String path, EncoderConfig config) throws FormatException {
    int width = config.width();
    return new EncoderBlock(
        new MultiHeadAttention(
            linear(path + "attention.query", width, width),
            linear(path + "attention.key", width, width),
            linear(path + "attention.value", width, width),
            linear(path + "attention.out", width, width),
            config.heads(),
            config.heads()),
        norm(path + "attentionNorm", config),
        new Mlp(
            List.of(
                linear(path + "mlp.layers.0", width, config.mlpWidth()),
                linear(path + "mlp.layers.1", config.mlpWidth(), width)),
            config.activation()),
        norm(path + "mlpNorm", config));
  }

  private LayerNorm norm(String path, EncoderConfig config) throws FormatException {
    int width = config.width();
    return new LayerNorm(take(path + ".gain", width), take(path + ".bias", width), config.eps());
  }

  private Linear linear(String path, int in, int out) throws FormatException {
    return Linear.of(take(path + ".weight", out, in).transpose(0, 1), take(path + ".bias", out));
  }

  private Tensor take(String path, int... dims) throws FormatException {
    if (Arrays.stream(dims).asLongStream().reduce(1, Math::multiplyExact) > Integer.MAX_VALUE) {
      throw new FormatException(
          "%s: config.json asks for %s, more than 2^31 - 1 elements in one tensor"
              .formatted(file, Arrays.toString(dims)));
    }
    var name = name(path);
    var tensor = left.remove(name);
    if (tensor == null) {
      throw new FormatException("%s: there is no tensor \"%s\"".formatted(file, name));
    }
    if (tensor.dtype() != DType.F32 || !tensor.shape().equals(Shape.of(dims))) {
      throw new FormatException(
          "%s: tensor \"%s\" is %s%s where config.json asks for F32%s"
              .formatted(file, name, tensor.dtype(), tensor.shape(), Shape.of(dims)));
    }
    return tensor;
  }

  /// All leaves of an encoder under their names.
  static Map<String, Tensor> named(Encoder encoder) {
    var named = new LinkedHashMap<String, Tensor>();
    Tree.leaves(encoder)
        .forEach((path, leaf) -> named.put(name(path), map(path) ? leaf.transpose(0, 1) : leaf));
    return named;
  }

  /// Whether a path is the weight of a linear map.
  private static boolean map(String path) {
    return path.endsWith(".weight") && (path.startsWith("blocks.") || path.startsWith("pooler."));
  }

  /// `blocks.3.attention.query.weight` is `encoder.layer.3.attention.self.query.weight`.
  private static String name(String path) {
    var parts = path.split("\\.", 3);
    boolean block = parts[0].equals("blocks");
    var inner = block ? parts[2] : path;
    int dot = inner.lastIndexOf('.');
    var part = NAMES.get(inner.substring(0, dot));
    if (part == null) {
      throw new IllegalArgumentException("BERT has no part like '%s'".formatted(path));
    }
    var parameter = inner.endsWith(".bias") ? ".bias" : ".weight";
    return (block ? "encoder.layer.%s.".formatted(parts[1]) : "") + part + parameter;
  }
}
