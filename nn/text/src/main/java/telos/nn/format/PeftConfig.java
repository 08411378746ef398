package telos.nn.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import telos.nn.Lora;

/// The `adapter_config.json` of an adapter.
///
/// @param lora rank, alpha and so on
/// @param fields everything that stands in the file
record PeftConfig(Lora lora, Map<String, Json> fields) {
  private static final long MAX_BYTES = 1 << 20;

  /// Settings that change nothing about the function of a finished adapter.
  private static final Set<String> HARMLESS =
      Set.of(
          "auto_mapping",
          "base_model_name_or_path",
          "ensure_weight_tying",
          "exclude_modules",
          "fan_in_fan_out",
          "inference_mode",
          "layers_pattern",
          "layers_to_transform",
          "lora_alpha",
          "lora_dropout",
          "megatron_core",
          "peft_type",
          "peft_version",
          "qalora_group_size",
          "r",
          "revision",
          "runtime_config",
          "target_modules",
          "task_type",
          "use_rslora");

  static PeftConfig of(Lora lora, List<String> targets, String base, boolean transposed) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("base_model_name_or_path", base);
    fields.put("bias", "none");
    fields.put("fan_in_fan_out", transposed);
    fields.put("inference_mode", true);
    fields.put("lora_alpha", whole(lora.alpha()));
    fields.put("lora_dropout", lora.dropout());
    fields.put("peft_type", "LORA");
    fields.put("r", lora.rank());
    fields.put("target_modules", targets);
    fields.put("task_type", "CAUSAL_LM");
    fields.put("use_rslora", lora.stabilised());
    return new PeftConfig(lora, ((Json.Obj) Json.of(fields)).fields());
  }

  private static Number whole(double alpha) {
    return alpha == Math.rint(alpha) ? (Number) (long) alpha : (Number) alpha;
  }

  void write(Path file) throws IOException {
    var text = new Json.Obj(fields).text() + "\n";
    AtomicFiles.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /// @throws FormatException for another kind of adapter, or a setting that is not supported
  static PeftConfig read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("cannot read %s: no such file".formatted(file));
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new FormatException("%s: is larger than %d bytes".formatted(file, MAX_BYTES));
    }
    if (!(Json.read(file.toString(), Files.readAllBytes(file)) instanceof Json.Obj config)) {
      throw new FormatException("%s: is not a JSON object".formatted(file));
    }
    if (!(config.at("peft_type") instanceof Json.Str(var type) && type.equals("LORA"))) {
      throw new FormatException(
          "%s: the adapter's peft_type is %s; telos loads LORA"
              .formatted(file, config.at("peft_type").text()));
    }
    for (var field : config.fields().entrySet()) {
      checkKnown(file, field.getKey(), field.getValue());
    }
    return new PeftConfig(lora(file, config), config.fields());
  }

  /// Refuses a setting that is neither harmless nor at the value that means nothing.
  private static void checkKnown(Path file, String name, Json value) throws FormatException {
    boolean nothing =
        switch (value) {
          case Json.Null _ -> true;
          case Json.Bool(var on) -> !on || name.equals("init_lora_weights");
          case Json.Obj(var fields) -> fields.isEmpty();
          case Json.Arr(var items) -> items.isEmpty();
          case Json.Str(var text) ->
              name.equals("bias") && text.equals("none")
                  || name.equals("init_lora_weights") && text.equals("gaussian");
          case Json.Num _ -> false;
        };
    if (!nothing && !HARMLESS.contains(name)) {
      throw new FormatException(
          "%s: has \"%s\": %s, which telos does not support".formatted(file, name, value.text()));
    }
  }

  private static Lora lora(Path file, Json.Obj config) throws FormatException {
    try {
      return new Lora(
          (int) number(file, config, "r"),
          number(file, config, "lora_alpha"),
          config.at("use_rslora") instanceof Json.Bool(var on) && on,
          config.at("lora_dropout") instanceof Json.Num ? number(file, config, "lora_dropout") : 0);
    } catch (IllegalArgumentException e) {
      throw new FormatException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static double number(Path file, Json.Obj config, String name) throws FormatException {
    if (config.at(name) instanceof Json.Num(var digits)) {
      return Double.parseDouble(digits);
    }
    throw new FormatException("%s: has no number \"%s\"".formatted(file, name));
  }
}
