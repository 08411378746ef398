package telos.nn.format;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import telos.tensor.Tensor;

/// The tensors of a model's directory: one safetensors file, or several with an index, all mapped.
final class WeightFiles implements AutoCloseable {
  static final String SINGLE = "model.safetensors";

  private final String source;
  private final List<MappedTensors> files = new ArrayList<>();
  private final SequencedMap<String, Stored> stored = new LinkedHashMap<>();

  private record Stored(MappedTensors file, SafeTensorsHeader.Entry entry) {}

  private WeightFiles(String source) {
    this.source = source;
  }

  static WeightFiles open(ModelDirectory directory) throws IOException {
    var weights = new WeightFiles(directory.path().toString());
    try {
      if (directory.find(SINGLE).isPresent()) {
        weights.add(directory.file(SINGLE).getFileName().toString(), directory);
      } else {
        weights.addShards(directory);
      }
      return weights;
    } catch (IOException | RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  private void addShards(ModelDirectory directory) throws IOException {
    if (directory.find(ShardIndex.NAME).isEmpty()) {
      throw new FormatException(
          "%s: has neither %s nor %s; weights in other formats are not read"
              .formatted(source, SINGLE, ShardIndex.NAME));
    }
    var shards = ShardIndex.read(directory).shards();
    for (var shard : shards.entrySet()) {
      var found = new TreeSet<>(add(shard.getKey(), directory));
      if (!found.equals(shard.getValue())) {
        throw new FormatException(
            "%s: \"weight_map\" and %s do not agree on %s"
                .formatted(
                    directory.path().resolve(ShardIndex.NAME),
                    shard.getKey(),
                    GptWeights.list(difference(found, shard.getValue()), ", ")));
      }
    }
  }

  private static Set<String> difference(Set<String> a, Set<String> b) {
    var either = new TreeSet<>(a);
    either.addAll(b);
    either.removeIf(name -> a.contains(name) && b.contains(name));
    return either;
  }

  /// Maps one file and returns the names in it.
  private List<String> add(String name, ModelDirectory directory) throws IOException {
    var file = MappedTensors.open(directory.file(name));
    files.add(file);
    for (var entry : file.header().entries()) {
      if (stored.put(entry.name(), new Stored(file, entry)) != null) {
        throw new FormatException(
            "%s: the tensor \"%s\" stands in two files".formatted(source, entry.name()));
      }
    }
    return file.header().entries().stream().map(SafeTensorsHeader.Entry::name).toList();
  }

  /// What to call the directory in an error.
  String source() {
    return source;
  }

  Set<String> names() {
    return Collections.unmodifiableSet(stored.keySet());
  }

  SafeTensorsHeader.Entry entry(String name) {
    return at(name).entry();
  }

  /// One tensor, widened as [SafeTensors#read] says.
  Tensor read(String name) throws FormatException {
    return at(name).file().tensor(entry(name));
  }

  boolean same(String one, String other) {
    return at(one).file().holdsSame(entry(one), at(other).file(), entry(other));
  }

  private Stored at(String name) {
    return Objects.requireNonNull(stored.get(name), name);
  }

  /// These tensors, some under other names, some left out.
  ///
  /// @param names the new name of each tensor that stays
  WeightFiles renamed(Map<String, String> names) {
    var old = new HashMap<>(stored);
    stored.clear();
    names.forEach((from, to) -> stored.put(to, Objects.requireNonNull(old.get(from), from)));
    return this;
  }

  @Override
  public void close() {
    files.forEach(MappedTensors::close);
  }
}
