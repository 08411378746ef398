package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.format.Json;
import telos.nn.format.SafeTensors;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// The architecture is the one that public checkpoints were trained with: small models with random
/// weights in the public layout, and the logits another implementation gives for them.
final class HuggingFaceWeightsTest {
  private static final double TOLERANCE = 4e-6;

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama", "llama-bf16", "qwen2"})
  void logitsAgree(String name) throws Exception {
    Path folder =
        Path.of(Objects.requireNonNull(getClass().getResource("huggingface/" + name)).toURI());
    Map<String, Tensor> weights = SafeTensors.read(folder.resolve("model.safetensors"));
    Json.Obj expected =
        (Json.Obj) Json.read("expected.json", Files.readAllBytes(folder.resolve("expected.json")));
    Names names = new Names(weights, new HashSet<>());
    Gpt model = load(config(name), names);
    assertEquals(weights.keySet(), names.used());
    Tensor ids = ids((Json.Arr) expected.at("ids"));
    double[] logits = numbers(expected.at("logits")).mapToDouble(Double::doubleValue).toArray();
    compare(logits, model.logits(ids));
    Device reference = Device.of("reference");
    Gpt moved = Tree.map(model, leaf -> leaf.to(reference));
    compare(logits, reference.with(() -> moved.logits(ids.to(reference))));
  }

  /// Relative to the largest logit.
  private static void compare(double[] expected, Tensor logits) {
    double largest = 0;
    for (double value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertTrue(largest > 1);
    assertArrayEquals(expected, logits.toDoubles(), TOLERANCE * largest);
  }

  private static GptConfig config(String name) {
    return switch (name) {
      case "gpt2" -> GptConfig.gpt2(2, 4, 32, 64, 61);
      case "llama" -> GptConfig.llama(2, 4, 2, 32, 56, 128, 61);
      case "llama-bf16" -> turning(4, 1e-5, 500_000, false);
      case "qwen2" -> turning(2, 1e-6, 1_000_000, true);
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static GptConfig turning(int keyHeads, double eps, double base, boolean qkvBias) {
    return new GptConfig(
        2,
        4,
        keyHeads,
        8,
        32,
        56,
        128,
        61,
        GptConfig.Normalisation.RMS,
        eps,
        GptConfig.Positions.ROTARY,
        base,
        GptConfig.FeedForward.SWIGLU,
        qkvBias,
        false,
        true);
  }

  private static Tensor ids(Json.Arr rows) {
    int[] ids = numbers(rows).mapToInt(Double::intValue).toArray();
    int batch = rows.items().size();
    return Tensor.of(ids, Shape.of(batch, ids.length / batch));
  }

  private static Stream<Double> numbers(Json json) {
    return switch (json) {
      case Json.Arr(List<Json> items) -> items.stream().flatMap(HuggingFaceWeightsTest::numbers);
      case Json.Num(String digits) -> Stream.of(Double.valueOf(digits));
      default -> throw new IllegalArgumentException("no number: " + json);
    };
  }

  private static Gpt load(GptConfig config, Names names) {
    Map<String, Tensor> leaves = new LinkedHashMap<>();
    Gpt drawn = Gpt.init(config, Rng.of(1));
    Tree.forEachLeaf(drawn, (path, leaf, fixed) -> leaves.put(path, fixed ? leaf : names.of(path)));
    return Tree.withLeaves(drawn, leaves);
  }

  /// Their weights under our names.
  private record Names(Map<String, Tensor> weights, Set<String> used) {
    private static final Map<String, String> LLAMA =
        Map.ofEntries(
            Map.entry("tokens.weight", "model.embed_tokens.weight"),
            Map.entry("head.weight", "lm_head.weight"),
            Map.entry("norm.gain", "model.norm.weight"),
            Map.entry("attentionNorm.gain", "input_layernorm.weight"),
            Map.entry("mlpNorm.gain", "post_attention_layernorm.weight"),
            Map.entry("attention.out.weight", "self_attn.o_proj.weight"),
            Map.entry("mlp.gate.weight", "mlp.gate_proj.weight"),
            Map.entry("mlp.up.weight", "mlp.up_proj.weight"),
            Map.entry("mlp.down.weight", "mlp.down_proj.weight"));
    private static final Map<String, String> GPT2 =
        Map.ofEntries(
            Map.entry("tokens.weight", "wte.weight"),
            Map.entry("positions.weight", "wpe.weight"),
            Map.entry("norm.gain", "ln_f.weight"),
            Map.entry("norm.bias", "ln_f.bias"),
            Map.entry("attentionNorm.gain", "ln_1.weight"),
            Map.entry("attentionNorm.bias", "ln_1.bias"),
            Map.entry("mlpNorm.gain", "ln_2.weight"),
            Map.entry("mlpNorm.bias", "ln_2.bias"),
            Map.entry("attention.qkv.weight", "attn.c_attn.weight"),
            Map.entry("attention.qkv.bias", "attn.c_attn.bias"),
            Map.entry("attention.out.weight", "attn.c_proj.weight"),
            Map.entry("attention.out.bias", "attn.c_proj.bias"),
            Map.entry("mlp.layers.0.weight", "mlp.c_fc.weight"),
            Map.entry("mlp.layers.0.bias", "mlp.c_fc.bias"),
            Map.entry("mlp.layers.1.weight", "mlp.c_proj.weight"),
            Map.entry("mlp.layers.1.bias", "mlp.c_proj.bias"));

    Tensor of(String path) {
      boolean gpt2 = weights.containsKey("wte.weight");
      boolean block = path.startsWith("blocks.");
      String layer = block ? path.substring(7, path.indexOf('.', 7)) : "";
      String local = block ? path.substring(path.indexOf('.', 7) + 1) : path;
      if (gpt2) {
        return take((block ? "h." + layer + "." : "") + GPT2.get(local));
      }
      String prefix = block ? "model.layers." + layer + "." : "";
      if (local.startsWith("attention.qkv.")) {
        return packed(prefix + "self_attn.", local.substring("attention.qkv.".length()));
      }
      Tensor theirs = take(prefix + LLAMA.get(local));
      return block && theirs.rank() == 2 || local.equals("head.weight")
          ? theirs.transpose(0, 1)
          : theirs;
    }

    /// Queries, keys and values beside each other; their matrices are `[out, in]`.
    private Tensor packed(String prefix, String kind) {
      List<Tensor> parts = new ArrayList<>();
      for (String part : List.of("q_proj.", "k_proj.", "v_proj.")) {
        Tensor theirs = take(prefix + part + kind);
        parts.add(theirs.rank() == 2 ? theirs.transpose(0, 1) : theirs);
      }
      return Tensor.concat(-1, parts);
    }

    private Tensor take(String name) {
      used.add(name);
      return Objects.requireNonNull(weights.get(name), name);
    }
  }
}
