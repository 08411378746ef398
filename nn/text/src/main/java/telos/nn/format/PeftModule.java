package telos.nn.format;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import telos.nn.Adapted;
import telos.nn.Block;
import telos.nn.CausalAttention;
import telos.nn.GatedMlp;
import telos.nn.Gpt;
import telos.nn.LowRank;

/// A module that an adapter may change, by the name that Hugging Face's libraries give it, and what
/// it is here: some outputs of a projection, since queries, keys and values are packed.
///
/// @param name such as `model.layers.0.self_attn.q_proj`
/// @param path of the projection in the model, such as `blocks.0.attention.qkv`
/// @param first its first output
/// @param in inputs
/// @param out outputs
record PeftModule(String name, String path, int first, int in, int out) {
  /// All of a model, in its order: Llama's names where the feed-forward layers are gated, else
  /// GPT-2's.
  static List<PeftModule> of(Gpt model) {
    var modules = new ArrayList<PeftModule>();
    for (int i = 0; i < model.blocks().size(); i++) {
      var block = model.blocks().get(i);
      if (block.mlp() instanceof GatedMlp mlp) {
        llama(modules, i, block, mlp);
      } else {
        gpt2(modules, i, block);
      }
    }
    model
        .head()
        .ifPresent(
            head -> modules.add(new PeftModule("lm_head", "head", 0, head.in(), head.out())));
    return modules;
  }

  private static void llama(List<PeftModule> modules, int layer, Block block, GatedMlp mlp) {
    var names = "model.layers.%d.".formatted(layer);
    var paths = "blocks.%d.".formatted(layer);
    var attention = block.attention();
    int queries = attention.heads() * attention.headWidth();
    int keys = attention.keyHeads() * attention.headWidth();
    int in = attention.qkv().in();
    var packed = paths + "attention.qkv";
    modules.add(new PeftModule(names + "self_attn.q_proj", packed, 0, in, queries));
    modules.add(new PeftModule(names + "self_attn.k_proj", packed, queries, in, keys));
    modules.add(new PeftModule(names + "self_attn.v_proj", packed, queries + keys, in, keys));
    modules.add(out(names + "self_attn.o_proj", paths, attention));
    modules.add(
        whole(names + "mlp.gate_proj", paths + "mlp.gate", mlp.gate().in(), mlp.gate().out()));
    modules.add(whole(names + "mlp.up_proj", paths + "mlp.up", mlp.up().in(), mlp.up().out()));
    modules.add(
        whole(names + "mlp.down_proj", paths + "mlp.down", mlp.down().in(), mlp.down().out()));
  }

  private static void gpt2(List<PeftModule> modules, int layer, Block block) {
    var names = "transformer.h.%d.".formatted(layer);
    var paths = "blocks.%d.".formatted(layer);
    var qkv = block.attention().qkv();
    modules.add(whole(names + "attn.c_attn", paths + "attention.qkv", qkv.in(), qkv.out()));
    modules.add(out(names + "attn.c_proj", paths, block.attention()));
    if (block.mlp() instanceof telos.nn.Mlp mlp && mlp.layers().size() == 2) {
      var up = mlp.layers().getFirst();
      var down = mlp.layers().getLast();
      modules.add(whole(names + "mlp.c_fc", paths + "mlp.layers.0", up.in(), up.out()));
      modules.add(whole(names + "mlp.c_proj", paths + "mlp.layers.1", down.in(), down.out()));
    }
  }

  private static PeftModule out(String name, String paths, CausalAttention attention) {
    var map = attention.out();
    return whole(name, paths + "attention.out", map.in(), map.out());
  }

  private static PeftModule whole(String name, String path, int in, int out) {
    return new PeftModule(name, path, 0, in, out);
  }

  /// Whether a target of a configuration means this module: its whole name, or its last parts.
  boolean is(String target) {
    return name.equals(target) || name.endsWith("." + target);
  }

  /// The last part of the name.
  String shortName() {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /// The changes of this module among all of a model.
  List<LowRank> of(Map<String, Adapted> places) {
    var place = places.get(path);
    return place == null
        ? List.of()
        : place.adapters().stream()
            .filter(change -> change.first() == first && change.up().dim(1) == out)
            .toList();
  }
}
