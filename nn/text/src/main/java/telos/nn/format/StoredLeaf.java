package telos.nn.format;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// One leaf of a [Gpt] and the tensors of a Hugging Face file that make it, beside each other along
/// its last axis: queries, keys and values are one matrix here and three there.
///
/// @param path of the leaf
/// @param parts the tensors that make it
/// @param turned whether they are `[out, in]`, as the library's linear layers have them
record StoredLeaf(String path, List<Part> parts, boolean turned) {
  /// @param name of the tensor
  /// @param shape it has in the file
  record Part(String name, List<Long> shape) {}

  private static final Map<String, String> LLAMA =
      Map.ofEntries(
          Map.entry("tokens", "model.embed_tokens"),
          Map.entry("norm", "model.norm"),
          Map.entry("head", "lm_head"),
          Map.entry("attentionNorm", "input_layernorm"),
          Map.entry("mlpNorm", "post_attention_layernorm"),
          Map.entry("attention.qkv", "self_attn"),
          Map.entry("attention.out", "self_attn.o_proj"),
          Map.entry("attention.norms.query", "self_attn.q_norm"),
          Map.entry("attention.norms.key", "self_attn.k_norm"),
          Map.entry("mlp.gate", "mlp.gate_proj"),
          Map.entry("mlp.up", "mlp.up_proj"),
          Map.entry("mlp.down", "mlp.down_proj"));

  private static final Map<String, String> GPT2 =
      Map.ofEntries(
          Map.entry("tokens", "wte"),
          Map.entry("positions", "wpe"),
          Map.entry("norm", "ln_f"),
          Map.entry("head", "lm_head"),
          Map.entry("attentionNorm", "ln_1"),
          Map.entry("mlpNorm", "ln_2"),
          Map.entry("attention.qkv", "attn.c_attn"),
          Map.entry("attention.out", "attn.c_proj"),
          Map.entry("mlp.layers.0", "mlp.c_fc"),
          Map.entry("mlp.layers.1", "mlp.c_proj"));

  /// All leaves of a model's outline but the rotary tables, which are computed.
  static List<StoredLeaf> of(Architecture architecture, Gpt outline) {
    var leaves = new ArrayList<StoredLeaf>();
    Tree.forEachLeaf(
        outline,
        (path, leaf, fixed) -> {
          if (!fixed) {
            leaves.add(
                architecture == Architecture.GPT2
                    ? gpt2(path, leaf.shape())
                    : llama(path, leaf.shape(), outline.config().attention()));
          }
        });
    return leaves;
  }

  private static StoredLeaf gpt2(String path, Shape shape) {
    var place = Place.of(path);
    var name = place.prefix("h.") + GPT2.get(place.module()) + "." + place.kind();
    boolean turned = place.module().equals("head");
    return new StoredLeaf(path, List.of(part(name, shape, turned)), turned);
  }

  private static StoredLeaf llama(String path, Shape shape, GptConfig.Attention attention) {
    var place = Place.of(path);
    var name = place.prefix("model.layers.") + LLAMA.get(place.module()) + ".";
    boolean turned = shape.rank() == 2 && !place.module().equals("tokens");
    if (!place.module().equals("attention.qkv")) {
      return new StoredLeaf(path, List.of(part(name + place.kind(), shape, turned)), turned);
    }
    var parts = new ArrayList<Part>();
    for (var one : List.of("q", "k", "v")) {
      int heads = one.equals("q") ? attention.heads() : attention.keyHeads();
      var own = shape.with(-1, heads * attention.headWidth());
      parts.add(part(name + one + "_proj." + place.kind(), own, turned));
    }
    return new StoredLeaf(path, parts, turned);
  }

  private static Part part(String name, Shape shape, boolean turned) {
    var extents = new ArrayList<>(Arrays.stream(shape.dims()).asLongStream().boxed().toList());
    return new Part(name, turned ? extents.reversed() : extents);
  }

  /// A path taken apart: `blocks.3.mlp.up.weight` is the weight of `mlp.up` in layer 3.
  private record Place(String layer, String module, String kind) {
    static Place of(String path) {
      boolean block = path.startsWith("blocks.");
      int start = block ? path.indexOf('.', "blocks.".length()) + 1 : 0;
      int end = path.lastIndexOf('.');
      var kind = path.substring(end + 1);
      return new Place(
          block ? path.substring("blocks.".length(), start - 1) : "",
          path.substring(start, end),
          kind.equals("gain") ? "weight" : kind);
    }

    String prefix(String layers) {
      return layer.isEmpty() ? "" : layers + layer + ".";
    }
  }

  /// The leaf, from its parts.
  Tensor joined(List<Tensor> read) {
    var own = turned ? read.stream().map(part -> part.transpose(0, 1)).toList() : read;
    return own.size() == 1 ? own.getFirst() : Tensor.concat(-1, own);
  }

  /// One part of the leaf.
  Tensor part(Tensor leaf, int index) {
    int axis = turned ? 0 : parts.getFirst().shape().size() - 1;
    long from = 0;
    for (var part : parts.subList(0, index)) {
      from += part.shape().get(axis);
    }
    long to = from + parts.get(index).shape().get(axis);
    var own = parts.size() == 1 ? leaf : leaf.slice(leaf.rank() - 1, (int) from, (int) to);
    return turned ? own.transpose(0, 1) : own;
  }
}
