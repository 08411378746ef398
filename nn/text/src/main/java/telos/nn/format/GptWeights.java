package telos.nn.format;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.RotaryTable;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// The weights of a [Gpt] under the names of Hugging Face's library.
final class GptWeights {
  /// The reward head `[1, D]`.
  static final String SCORE = "score.weight";

  private static final String HEAD = "lm_head.weight";
  private static final String PREFIX = "transformer.";
  private static final int MOST_NAMES = 20;

  /// Buffers that older files hold beside the weights: causal masks and rotary frequencies.
  private static final Pattern BUFFERS =
      Pattern.compile(
          "h\\.\\d+\\.attn\\.(bias|masked_bias)|model\\.layers\\.\\d+\\.self_attn\\.rotary_emb\\.inv_freq");

  private final Architecture architecture;
  private final Gpt outline;
  private final List<StoredLeaf> leaves;

  /// @throws IllegalArgumentException when a tensor of such a model is larger than any can be
  GptWeights(Architecture architecture, GptConfig config) {
    this.architecture = architecture;
    this.outline = Gpt.outline(config);
    this.leaves = StoredLeaf.of(architecture, outline);
  }

  /// Reads a model of this shape.
  ///
  /// @param more tensors that belong to no leaf of the model
  /// @throws FormatException listing every tensor that is missing, left over, or of a wrong shape
  ///   or type
  static Gpt read(
      WeightFiles weights, Architecture architecture, GptConfig config, StoredLeaf.Part... more)
      throws FormatException {
    if (config.layers() > weights.names().size()) {
      throw new FormatException(
          "%s: its config.json says %d layers, but there are only %d tensors"
              .formatted(weights.source(), config.layers(), weights.names().size()));
    }
    GptWeights expected;
    try {
      expected = new GptWeights(architecture, config);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new FormatException(
          "%s: config.json asks for too large a model: %s"
              .formatted(weights.source(), e.getMessage()),
          e);
    }
    return expected.filled(weights, more);
  }

  private Gpt filled(WeightFiles weights, StoredLeaf.Part... more) throws FormatException {
    weights.renamed(names(weights));
    check(weights, List.of(more));
    Map<String, Tensor> read = new HashMap<>();
    for (var leaf : leaves) {
      var parts = new ArrayList<Tensor>();
      for (var part : leaf.parts()) {
        parts.add(weights.read(part.name()));
      }
      read.put(leaf.path(), leaf.joined(parts));
    }
    read.putAll(computed(outline.config()));
    return Tree.mapWithPath(outline, (path, _) -> Objects.requireNonNull(read.get(path), path));
  }

  /// The leaves that no file holds.
  static Map<String, Tensor> computed(GptConfig config) {
    if (config.positions() instanceof GptConfig.Rotary rotary) {
      var table = RotaryTable.of(config.context(), config.attention().headWidth(), rotary);
      return Map.of("rotary.cos", table.cos(), "rotary.sin", table.sin());
    }
    return Map.of();
  }

  /// Our names of the tensors that matter, by theirs. A head that is the embedding again is left
  /// out.
  private Map<String, String> names(WeightFiles weights) throws FormatException {
    var names = new LinkedHashMap<String, String>();
    for (var name : weights.names()) {
      var plain = architecture == Architecture.GPT2 ? unprefixed(name) : name;
      if (!BUFFERS.matcher(plain).matches()) {
        names.put(name, plain);
      }
    }
    if (outline.config().tiedHead() && names.containsKey(HEAD) && !names.containsKey(SCORE)) {
      checkTied(weights, names);
      names.remove(HEAD);
    }
    return names;
  }

  private static String unprefixed(String name) {
    return name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
  }

  private void checkTied(WeightFiles weights, Map<String, String> names) throws FormatException {
    var embedding = leaves.getFirst().parts().getFirst().name();
    for (var name : names.entrySet()) {
      if (name.getValue().equals(embedding) && !weights.same(HEAD, name.getKey())) {
        throw new FormatException(
            "%s: \"tie_word_embeddings\" is true, but %s differs from %s"
                .formatted(weights.source(), HEAD, name.getKey()));
      }
    }
  }

  private void check(WeightFiles weights, List<StoredLeaf.Part> more) throws FormatException {
    var wanted = new LinkedHashMap<String, StoredLeaf.Part>();
    leaves.forEach(leaf -> leaf.parts().forEach(part -> wanted.put(part.name(), part)));
    more.forEach(part -> wanted.put(part.name(), part));
    var faults = new ArrayList<String>();
    addNames(faults, "missing: ", minus(wanted.keySet(), weights.names()));
    addNames(faults, "left over: ", minus(weights.names(), wanted.keySet()));
    for (var part : wanted.values()) {
      if (weights.names().contains(part.name())) {
        addFault(faults, part, weights.entry(part.name()));
      }
    }
    if (!faults.isEmpty()) {
      throw new FormatException(
          "%s: the tensors do not fit its config.json; %s"
              .formatted(weights.source(), list(faults, "; ")));
    }
  }

  private static Set<String> minus(Set<String> all, Set<String> without) {
    var rest = new TreeSet<>(all);
    rest.removeAll(without);
    return rest;
  }

  private static void addNames(List<String> faults, String what, Set<String> names) {
    if (!names.isEmpty()) {
      faults.add(what + list(names, ", "));
    }
  }

  private static void addFault(
      List<String> faults, StoredLeaf.Part wanted, SafeTensorsHeader.Entry found) {
    if (!found.shape().equals(wanted.shape())) {
      boolean turned = found.shape().equals(wanted.shape().reversed());
      faults.add(
          "%s has shape %s instead of %s%s"
              .formatted(
                  wanted.name(),
                  found.shape(),
                  wanted.shape(),
                  turned ? ", it is transposed" : ""));
    } else if (found.type().dtype() != DType.F32) {
      faults.add(
          "%s has dtype %s instead of F32, BF16 or F16".formatted(wanted.name(), found.type()));
    }
  }

  /// The first of some names.
  static String list(Collection<String> names, String between) {
    var first = String.join(between, names.stream().limit(MOST_NAMES).toList());
    return names.size() <= MOST_NAMES
        ? first
        : "%s and %d more".formatted(first, names.size() - MOST_NAMES);
  }

  /// The tensors of a file that holds these weights, each made when its turn comes.
  ///
  /// @param floats how they are stored
  List<SafeTensors.Row> rows(Gpt model, StoredType floats) {
    Map<String, Tensor> own = Tree.leaves(model);
    var rows = new ArrayList<SafeTensors.Row>();
    for (var leaf : leaves) {
      Tensor tensor = Objects.requireNonNull(own.get(leaf.path()), leaf.path());
      for (int i = 0; i < leaf.parts().size(); i++) {
        int index = i;
        var part = leaf.parts().get(i);
        var shape = Shape.of(part.shape().stream().mapToInt(Long::intValue).toArray());
        rows.add(
            SafeTensors.Row.of(
                written(part.name()),
                floats,
                tensor.dtype(),
                shape,
                () -> leaf.part(tensor, index)));
      }
    }
    return rows;
  }

  private String written(String name) {
    return architecture == Architecture.GPT2 && !name.equals(HEAD) ? PREFIX + name : name;
  }
}
