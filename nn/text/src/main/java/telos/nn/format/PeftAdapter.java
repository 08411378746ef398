package telos.nn.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import telos.nn.Gpt;
import telos.nn.Linear;
import telos.nn.Lora;
import telos.nn.LowRank;
import telos.nn.Projection;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Adapters as Hugging Face's PEFT library keeps them: a directory of `adapter_config.json` and
/// `adapter_model.safetensors`, whose tensors are `base_model.model.MODULE.lora_A.weight [r, in]`
/// and `lora_B.weight [out, r]`.
///
///     Gpt adapted = PeftAdapter.adapt(model, lora, List.of("q_proj", "v_proj"), key);
///     PeftAdapter.save(directory, trained, lora, "org/base-model");
///     Gpt again = PeftAdapter.load(directory, model).model();
///
/// Settings of a configuration that would change the function and are not known here are refused by
/// name.
public final class PeftAdapter {
  /// The target that means every linear map of the blocks.
  public static final String ALL_LINEAR = "all-linear";

  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";
  private static final String PREFIX = "base_model.model.";
  private static final String DOWN = ".lora_A.weight";
  private static final String UP = ".lora_B.weight";
  private static final String BASE = ".base_layer.weight";

  private PeftAdapter() {}

  /// A model with a fresh change of each module that a target means.
  ///
  /// @param targets names or last parts of names, such as `q_proj` or `attn.c_proj`, or
  ///   [#ALL_LINEAR]
  /// @throws IllegalArgumentException for a target that fits no module, naming those there are
  public static Gpt adapt(Gpt model, Lora lora, List<String> targets, Rng key) {
    var modules = PeftModule.of(model);
    for (var target : targets) {
      if (!target.equals(ALL_LINEAR) && modules.stream().noneMatch(m -> m.is(target))) {
        throw new IllegalArgumentException(
            "the adapter's target \"%s\" fits no module of the model; it has %s"
                .formatted(target, names(modules)));
      }
    }
    var changes = new LinkedHashMap<PeftModule, LowRank>();
    for (var module : modules) {
      if (targets.stream().anyMatch(target -> means(target, module))) {
        var own = key.fold(module.name());
        changes.put(module, lora.init(module.in(), module.first(), module.out(), own));
      }
    }
    return with(model, changes);
  }

  private static boolean means(String target, PeftModule module) {
    return target.equals(ALL_LINEAR) ? !module.path().equals("head") : module.is(target);
  }

  private static Set<String> names(List<PeftModule> modules) {
    return modules.stream()
        .map(PeftModule::shortName)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Gpt with(Gpt model, Map<PeftModule, LowRank> changes) {
    return Tree.replace(
        model,
        Projection.class,
        (path, map) -> {
          var adapted = map;
          for (var change : changes.entrySet()) {
            if (change.getKey().path().equals(path)) {
              adapted = Lora.adapted(adapted, change.getValue());
            }
          }
          return adapted;
        });
  }

  /// What a directory holds.
  ///
  /// @param model the base with the adapter
  /// @param lora how the adapter was made, to train it further
  public record Loaded(Gpt model, Lora lora) {}

  /// The model with the adapter of a directory.
  ///
  /// @throws FormatException when a file is malformed, the adapter fits no module of the model or
  ///   was trained on other weights ([WeightsDigest]), or it is of a kind that is not supported
  public static Loaded load(Path directory, Gpt model) throws IOException {
    var lora = PeftConfig.read(directory.resolve(CONFIG)).lora();
    WeightsDigest.check(directory, model);
    var file = directory.resolve(WEIGHTS);
    var unread = new LinkedHashMap<>(SafeTensors.read(file));
    var modules = PeftModule.of(model);
    var changes = new LinkedHashMap<PeftModule, LowRank>();
    for (var module : modules) {
      checkBase(file, model, module, unread.remove(PREFIX + module.name() + BASE));
      var down = unread.remove(PREFIX + module.name() + DOWN);
      var up = unread.remove(PREFIX + module.name() + UP);
      if (down != null && up != null) {
        changes.put(module, change(file, module, down, up, lora));
      } else if (down != null || up != null) {
        throw new FormatException(
            "%s: has only one of the two matrices of \"%s\"".formatted(file, module.name()));
      }
    }
    if (!unread.isEmpty()) {
      throw new FormatException(
          "%s: \"%s\" fits no module of the model, which has %d blocks with %s"
              .formatted(
                  file, unread.firstEntry().getKey(), model.blocks().size(), names(modules)));
    }
    return new Loaded(with(model, changes), lora);
  }

  private static LowRank change(Path file, PeftModule module, Tensor a, Tensor b, Lora lora)
      throws FormatException {
    var down = Shape.of(lora.rank(), module.in());
    var up = Shape.of(module.out(), lora.rank());
    if (!a.shape().equals(down) || !b.shape().equals(up)) {
      throw new FormatException(
          "%s: the matrices of \"%s\" are %s and %s; the model and the rank need %s and %s"
              .formatted(file, module.name(), a.shape(), b.shape(), down, up));
    }
    return new LowRank(a.transpose(0, 1), b.transpose(0, 1), module.first(), lora.scale());
  }

  /// PEFT may add the frozen weights of the head; others than the model's would be lost.
  private static void checkBase(Path file, Gpt model, PeftModule module, @Nullable Tensor weight)
      throws FormatException {
    if (weight == null) {
      return;
    }
    boolean same =
        module.path().equals("head")
            && model.head().orElse(null) instanceof Linear head
            && weight.shape().equals(Shape.of(head.out(), head.in()))
            && Arrays.equals(weight.toFloats(), head.weight().transpose(0, 1).toFloats());
    if (!same) {
      throw new FormatException(
          "%s: holds weights of \"%s\" itself, other than the model's"
              .formatted(file, module.name()));
    }
  }

  /// Writes the adapter of a model.
  ///
  /// @param lora how the adapter was made
  /// @param base the name or path of the model it belongs to
  /// @throws IllegalArgumentException for a change that PEFT has no module for
  public static void save(Path directory, Gpt model, Lora lora, String base) throws IOException {
    var places = Lora.places(model);
    var modules = PeftModule.of(model);
    var tensors = new LinkedHashMap<String, Tensor>();
    var written = new ArrayList<PeftModule>();
    for (var module : modules) {
      for (var change : module.of(places)) {
        tensors.put(PREFIX + module.name() + DOWN, change.down().transpose(0, 1));
        tensors.put(PREFIX + module.name() + UP, change.up().transpose(0, 1));
        written.add(module);
      }
    }
    int changes = places.values().stream().mapToInt(place -> place.adapters().size()).sum();
    if (changes != written.size() || tensors.size() != 2 * changes) {
      throw new IllegalArgumentException(
          "%d changes of %s cannot be written for PEFT, which has one a module; adapt modules by their names"
              .formatted(changes, places.keySet()));
    }
    Files.createDirectories(directory);
    SafeTensors.write(directory.resolve(WEIGHTS), tensors);
    WeightsDigest.write(directory, model);
    boolean transposed = modules.stream().anyMatch(module -> module.shortName().equals("c_attn"));
    PeftConfig.of(lora, targets(modules, written), base, transposed)
        .write(directory.resolve(CONFIG));
  }

  /// Last parts of names where all modules that end so have a change, else whole names.
  private static List<String> targets(List<PeftModule> modules, List<PeftModule> written) {
    var targets = new TreeSet<String>();
    for (var module : written) {
      boolean all =
          modules.stream()
              .filter(other -> other.shortName().equals(module.shortName()))
              .allMatch(written::contains);
      targets.add(all ? module.shortName() : module.name());
    }
    return List.copyOf(targets);
  }
}
