package telos.nn.format;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import telos.nn.Adapted;
import telos.nn.Gpt;
import telos.nn.LowRank;
import telos.nn.Projection;
import telos.tensor.Tree;

/// A module that an adapter may change, by the name that Hugging Face's libraries give it, and what
/// it is here: some outputs of a projection, since queries, keys and values are packed.
///
/// @param name such as `model.layers.0.self_attn.q_proj`
/// @param path of the projection in the model, such as `blocks.0.attention.qkv`
/// @param first its first output
/// @param in inputs
/// @param out outputs
record PeftModule(String name, String path, int first, int in, int out) {
  private static final String WEIGHT = ".weight";

  /// All of a model, in its order.
  ///
  /// @throws IllegalArgumentException when Hugging Face has no model of this shape
  static List<PeftModule> of(Gpt model) {
    var architecture = Architecture.of(model.config());
    var outline = Gpt.outline(model.config());
    var projections = projections(outline);
    var modules = new ArrayList<PeftModule>();
    for (var leaf : StoredLeaf.of(architecture, outline)) {
      if (leaf.path().endsWith(WEIGHT) && projections.contains(stem(leaf.path()))) {
        boolean prefixed = architecture == Architecture.GPT2 && leaf.path().startsWith("blocks.");
        add(modules, leaf, prefixed ? "transformer." : "");
      }
    }
    return modules;
  }

  private static String stem(String name) {
    return name.substring(0, name.length() - WEIGHT.length());
  }

  private static Set<String> projections(Gpt outline) {
    var paths = new HashSet<String>();
    var _ =
        Tree.replace(
            outline,
            Projection.class,
            (path, map) -> {
              paths.add(path);
              return map;
            });
    return paths;
  }

  private static void add(List<PeftModule> modules, StoredLeaf leaf, String prefix) {
    int first = 0;
    for (var part : leaf.parts()) {
      int rows = Math.toIntExact(part.shape().getFirst());
      int columns = Math.toIntExact(part.shape().getLast());
      int in = leaf.turned() ? columns : rows;
      int out = leaf.turned() ? rows : columns;
      modules.add(new PeftModule(prefix + stem(part.name()), stem(leaf.path()), first, in, out));
      first += out;
    }
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
