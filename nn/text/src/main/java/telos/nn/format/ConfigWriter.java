package telos.nn.format;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import telos.nn.Activation;
import telos.nn.GptConfig;
import telos.nn.RotaryScaling;

/// Writes the shape of a model as a `config.json`, with the fields of older and newer versions of
/// Hugging Face's library where they differ.
final class ConfigWriter {
  private final GptConfig config;
  private final Architecture architecture;
  private final Map<String, Object> fields = new LinkedHashMap<>();

  private ConfigWriter(Architecture architecture, GptConfig config) {
    this.architecture = architecture;
    this.config = config;
  }

  /// @param floats how the weights are stored
  static Map<String, Object> fields(
      Architecture architecture, GptConfig config, StoredType floats) {
    var writer = new ConfigWriter(architecture, config);
    writer.common(floats);
    if (architecture == Architecture.GPT2) {
      writer.gpt2();
    } else {
      writer.rotary();
    }
    return writer.fields;
  }

  private void common(StoredType floats) {
    var name =
        switch (floats) {
          case BF16 -> "bfloat16";
          case F16 -> "float16";
          default -> "float32";
        };
    fields.put("model_type", architecture.type);
    fields.put("torch_dtype", name);
    fields.put("dtype", name);
    fields.put("vocab_size", config.vocabulary());
    fields.put("initializer_range", 0.02);
    fields.put("tie_word_embeddings", config.tiedHead());
    fields.put("use_cache", true);
  }

  private void gpt2() {
    fields.put("n_embd", config.width());
    fields.put("n_layer", config.layers());
    fields.put("n_head", config.attention().heads());
    fields.put("n_positions", config.context());
    fields.put("n_ctx", config.context());
    fields.put("n_inner", config.feedForward().width());
    fields.put("activation_function", activation());
    fields.put("layer_norm_epsilon", config.eps());
    fields.put("scale_attn_weights", true);
    fields.put("scale_attn_by_inverse_layer_idx", false);
    for (var dropout : List.of("resid_pdrop", "embd_pdrop", "attn_pdrop")) {
      fields.put(dropout, 0.0);
    }
  }

  private void rotary() {
    var attention = config.attention();
    fields.put("hidden_size", config.width());
    fields.put("intermediate_size", config.feedForward().width());
    fields.put("num_hidden_layers", config.layers());
    fields.put("num_attention_heads", attention.heads());
    fields.put("num_key_value_heads", attention.keyHeads());
    fields.put("head_dim", attention.headWidth());
    fields.put("hidden_act", activation());
    fields.put("rms_norm_eps", config.eps());
    fields.put("attention_dropout", 0.0);
    switch (architecture) {
      case LLAMA -> {
        fields.put("attention_bias", attention.qkvBias());
        fields.put("mlp_bias", config.feedForward().bias());
      }
      case QWEN2 -> window(attention);
      case QWEN3 -> {
        fields.put("attention_bias", attention.qkvBias());
        window(attention);
      }
      default ->
          fields.put(
              "sliding_window",
              attention.window().<Object>map(GptConfig.Window::size).orElse(Json.Null.NULL));
    }
    rope((GptConfig.Rotary) config.positions());
  }

  private void window(GptConfig.Attention attention) {
    fields.put("use_sliding_window", attention.window().isPresent());
    attention
        .window()
        .ifPresent(window -> {
          fields.put("sliding_window", window.size());
          int full = window.sliding().indexOf(true);
          fields.put("max_window_layers", Math.max(full, 0));
          fields.put(
              "layer_types",
              window.sliding().stream()
                  .map(slides -> slides ? "sliding_attention" : "full_attention")
                  .toList());
        });
  }

  private void rope(GptConfig.Rotary rotary) {
    var scaling = new LinkedHashMap<String, Object>();
    int positions = config.context();
    switch (rotary.scaling().orElse(null)) {
      case null -> scaling.put("rope_type", "default");
      case RotaryScaling.Linear(double factor) -> {
        scaling.put("rope_type", "linear");
        scaling.put("factor", factor);
        positions = trained((int) Math.ceil(config.context() / factor), factor);
      }
      case RotaryScaling.Dynamic(double factor, int trained) -> {
        scaling.put("rope_type", "dynamic");
        scaling.put("factor", factor);
        positions = trained(trained, factor);
      }
      case RotaryScaling.Llama3(double factor, double low, double high, int trained) -> {
        scaling.put("rope_type", "llama3");
        scaling.put("factor", factor);
        scaling.put("low_freq_factor", low);
        scaling.put("high_freq_factor", high);
        scaling.put("original_max_position_embeddings", trained);
      }
    }
    fields.put("max_position_embeddings", positions);
    fields.put("rope_theta", rotary.base());
    fields.put("rope_scaling", rotary.scaling().isPresent() ? Map.copyOf(scaling) : Json.Null.NULL);
    scaling.put("rope_theta", rotary.base());
    fields.put("rope_parameters", scaling);
  }

  /// The positions before scaling, of which the format makes the context.
  private int trained(int positions, double factor) {
    if (ConfigReader.stretched(positions, factor) != config.context()) {
      throw new IllegalArgumentException(
          "config.json cannot say a context of %d with a scaling by %s: it holds %d positions times the factor"
              .formatted(config.context(), factor, positions));
    }
    return positions;
  }

  private String activation() {
    return switch (config.feedForward().activation()) {
      case SILU -> "silu";
      case GELU -> "gelu_new";
      case GELU_ERF -> "gelu";
      case IDENTITY -> "linear";
      case SOFTPLUS -> throw new IllegalArgumentException("config.json knows no softplus");
      case Activation other -> other.name().toLowerCase(Locale.ROOT);
    };
  }
}
