package telos.nn.format;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import telos.nn.Activation;
import telos.nn.GptConfig;
import telos.nn.RotaryScaling;

/// Reads the shape of a model from a `config.json`. Every field must be known: it is used, or it
/// cannot change what the model computes, or it is an error that names it.
final class ConfigReader {
  /// Fields without influence on the logits: dropout, initial values, generation, bookkeeping.
  private static final Set<String> HARMLESS =
      Set.of(
          """
          _attn_implementation _attn_implementation_autoset _name_or_path architectures
          attention_dropout attn_pdrop bos_token_id chunk_size_feed_forward
          decoder_start_token_id diversity_penalty do_sample dtype embd_pdrop
          encoder_no_repeat_ngram_size eos_token_id finetuning_task
          gradient_checkpointing id2label initializer_range is_llama_config label2id
          length_penalty max_length max_window_layers min_length model_type n_ctx
          no_repeat_ngram_size num_beam_groups num_beams num_labels num_return_sequences
          output_attentions output_hidden_states pad_token_id predict_special_tokens
          pretraining_tp problem_type reorder_and_upcast_attn repetition_penalty
          resid_pdrop return_dict sep_token_id summary_activation summary_first_dropout
          summary_proj_to_labels summary_type summary_use_proj task_specific_params
          temperature tokenizer_class top_k top_p torch_dtype transformers.js_config
          transformers_version typical_p unk_token_id unsloth_fixed unsloth_version
          use_cache\
          """
              .split("\\s+", -1));

  private static final Map<String, Activation> ACTIVATIONS =
      Map.of(
          "silu", Activation.SILU,
          "swish", Activation.SILU,
          "gelu", Activation.GELU_ERF,
          "gelu_new", Activation.GELU,
          "gelu_pytorch_tanh", Activation.GELU,
          "relu", Activation.RELU,
          "tanh", Activation.TANH,
          "sigmoid", Activation.SIGMOID,
          "linear", Activation.IDENTITY);

  private static final Set<String> ROTARY =
      Set.of(
          "rope_theta",
          "rope_type",
          "type",
          "factor",
          "low_freq_factor",
          "high_freq_factor",
          "original_max_position_embeddings",
          "partial_rotary_factor");

  private static final long MOST_ROTARY = 1L << 28;

  private final JsonFields config;
  private final Architecture architecture;
  private final Set<String> used = new HashSet<>(HARMLESS);

  private ConfigReader(JsonFields config, Architecture architecture) {
    this.config = config;
    this.architecture = architecture;
  }

  /// The shape of a language model, or of the trunk of a reward model.
  static GptConfig read(JsonFields config, Architecture architecture, boolean reward)
      throws FormatException {
    var reader = new ConfigReader(config, architecture);
    try {
      if (!reward && Int8Weights.isMarked(config)) {
        reader.used.add("quantization_config");
      }
      var shape = architecture == Architecture.GPT2 ? reader.gpt2() : reader.rotary();
      reader.checkAllKnown();
      return reward ? shape.tied() : shape;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new FormatException("%s: %s".formatted(config.file(), e.getMessage()), e);
    }
  }

  private GptConfig gpt2() throws FormatException {
    only("scale_attn_weights", true);
    only("scale_attn_by_inverse_layer_idx", false);
    only("add_cross_attention", false);
    int width = number("n_embd", 768);
    int heads = number("n_head", 12);
    var split = GptConfig.Attention.of(heads, heads, width);
    return new GptConfig(
        number("n_layer", 12),
        width,
        number("n_positions", 1024),
        number("vocab_size", 50257),
        new GptConfig.Attention(
            heads, heads, split.headWidth(), true, true, false, Optional.empty()),
        new GptConfig.FeedForward(
            number("n_inner", Math.multiplyExact(4, width)),
            activation("activation_function", "gelu_new"),
            false,
            true),
        GptConfig.Normalisation.LAYER,
        real("layer_norm_epsilon", 1e-5),
        new GptConfig.Learned(),
        truth("tie_word_embeddings", true));
  }

  private GptConfig rotary() throws FormatException {
    boolean mistral = architecture == Architecture.MISTRAL;
    int layers = number("num_hidden_layers", 32);
    int width = number("hidden_size", 4096);
    var rope = rope();
    int positions = number("max_position_embeddings", mistral ? 131072 : qwen() ? 32768 : 2048);
    var scaling = scaling(rope, positions);
    var attention = attention(layers, width);
    checkTable(context(positions, scaling), attention.headWidth());
    return new GptConfig(
        layers,
        width,
        context(positions, scaling),
        number("vocab_size", qwen() ? 151936 : 32000),
        attention,
        new GptConfig.FeedForward(
            number("intermediate_size", mistral ? 14336 : qwen() ? 22016 : 11008),
            activation("hidden_act", "silu"),
            true,
            architecture == Architecture.LLAMA && truth("mlp_bias", false)),
        GptConfig.Normalisation.RMS,
        real("rms_norm_eps", 1e-6),
        new GptConfig.Rotary(rope.real("rope_theta", 10_000), scaling),
        truth("tie_word_embeddings", false));
  }

  /// The cosines and sines of all positions are held.
  private void checkTable(int context, int headWidth) throws FormatException {
    if ((long) context * headWidth > MOST_ROTARY) {
      throw config.fault(
          "asks for rotary positions up to %d in heads of %d, more than the %d numbers that telos holds; a smaller max_position_embeddings would fit"
              .formatted(context, headWidth, MOST_ROTARY));
    }
  }

  private boolean qwen() {
    return architecture == Architecture.QWEN2 || architecture == Architecture.QWEN3;
  }

  private GptConfig.Attention attention(int layers, int width) throws FormatException {
    int heads = number("num_attention_heads", 32);
    boolean biased =
        (architecture == Architecture.LLAMA || architecture == Architecture.QWEN3)
            && truth("attention_bias", false);
    boolean split = !has("head_dim") && architecture != Architecture.QWEN3;
    return new GptConfig.Attention(
        heads,
        number("num_key_value_heads", architecture == Architecture.MISTRAL ? 8 : heads),
        split ? GptConfig.Attention.of(heads, heads, width).headWidth() : number("head_dim", 128),
        biased || architecture == Architecture.QWEN2,
        biased,
        architecture == Architecture.QWEN3,
        window(layers));
  }

  private Optional<GptConfig.Window> window(int layers) throws FormatException {
    if (architecture == Architecture.LLAMA) {
      return Optional.empty();
    }
    boolean named = config.object().fields().containsKey("sliding_window");
    boolean slides = qwen() ? truth("use_sliding_window", false) : !named || has("sliding_window");
    int size = number("sliding_window", 4096);
    var sliding = qwen() ? sliding(layers) : Collections.nCopies(layers, true);
    return slides && sliding.contains(true)
        ? Optional.of(new GptConfig.Window(size, sliding))
        : Optional.empty();
  }

  /// Which layers of a Qwen have a window: those that `layer_types` says, or the last ones.
  private List<Boolean> sliding(int layers) throws FormatException {
    used.add("layer_types");
    var sliding = new ArrayList<Boolean>();
    if (!config.has("layer_types")) {
      int full = config.number("max_window_layers", 28);
      for (int i = 0; i < layers; i++) {
        sliding.add(i >= full);
      }
      return sliding;
    }
    for (var type : config.list("layer_types")) {
      boolean slides = type.equals(new Json.Str("sliding_attention"));
      if (!slides && !type.equals(new Json.Str("full_attention"))) {
        throw config.wrong("layer_types", "a list of full_attention and sliding_attention");
      }
      sliding.add(slides);
    }
    if (sliding.size() != layers) {
      throw config.wrong("layer_types", "a list of %d, one a layer".formatted(layers));
    }
    return sliding;
  }

  /// The rotary fields: those of `rope_parameters`, or else of `rope_scaling`, with the
  /// `rope_theta` that may stand beside it.
  private JsonFields rope() throws FormatException {
    used.addAll(List.of("rope_parameters", "rope_scaling", "rope_theta"));
    var all = new HashMap<String, Json>();
    for (var name : List.of("rope_parameters", "rope_scaling")) {
      if (config.has(name)) {
        config
            .object(name)
            .object()
            .fields()
            .forEach((key, value) -> all.merge(key, value, this::same));
      }
    }
    if (config.has("rope_theta")) {
      all.merge("rope_theta", config.object().at("rope_theta"), this::same);
    }
    var rope = new JsonFields(config.file(), "the rope parameters", new Json.Obj(all));
    rope.only(ROTARY.toArray(String[]::new));
    if (rope.real("partial_rotary_factor", 1) != 1) {
      throw rope.wrong("partial_rotary_factor", "1");
    }
    return rope;
  }

  private Json same(Json one, Json other) {
    boolean equal =
        one instanceof Json.Num(var a) && other instanceof Json.Num(var b)
            ? Double.parseDouble(a) == Double.parseDouble(b)
            : one.equals(other);
    if (!equal) {
      throw new IllegalArgumentException(
          "the rope parameters are given twice, as %s and as %s"
              .formatted(one.text(), other.text()));
    }
    return one;
  }

  private static Optional<RotaryScaling> scaling(JsonFields rope, int positions)
      throws FormatException {
    var type = rope.text("rope_type", rope.text("type", "default"));
    return switch (type) {
      case "default" -> Optional.empty();
      case "linear" -> Optional.of(new RotaryScaling.Linear(rope.real("factor")));
      case "dynamic" -> {
        if (rope.number("original_max_position_embeddings", positions) != positions) {
          throw rope.wrong("original_max_position_embeddings", "max_position_embeddings");
        }
        yield Optional.of(new RotaryScaling.Dynamic(rope.real("factor"), positions));
      }
      case "llama3" ->
          Optional.of(
              new RotaryScaling.Llama3(
                  rope.real("factor"),
                  rope.real("low_freq_factor"),
                  rope.real("high_freq_factor"),
                  rope.number("original_max_position_embeddings")));
      default ->
          throw rope.wrong(
              rope.has("rope_type") ? "rope_type" : "type", "default, linear, dynamic or llama3");
    };
  }

  /// `max_position_embeddings` counts what was trained before linear and dynamic scaling, which
  /// stretch it, and what is left after llama3's.
  private static int context(int positions, Optional<RotaryScaling> scaling) {
    return switch (scaling.orElse(null)) {
      case RotaryScaling.Linear(double factor) -> stretched(positions, factor);
      case RotaryScaling.Dynamic(double factor, int _) -> stretched(positions, factor);
      case null, default -> positions;
    };
  }

  static int stretched(int positions, double factor) {
    return (int) Math.min(positions * factor, Integer.MAX_VALUE);
  }

  private Activation activation(String field, String otherwise) throws FormatException {
    used.add(field);
    var activation = ACTIVATIONS.get(config.text(field, otherwise));
    if (activation == null) {
      throw config.wrong(field, "one of " + ACTIVATIONS.keySet().stream().sorted().toList());
    }
    return activation;
  }

  private void only(String field, boolean value) throws FormatException {
    if (truth(field, value) != value) {
      throw config.wrong(field, value + ", the only one that telos computes");
    }
  }

  private boolean has(String field) {
    used.add(field);
    return config.has(field);
  }

  private int number(String field, int otherwise) throws FormatException {
    used.add(field);
    return config.number(field, otherwise);
  }

  private double real(String field, double otherwise) throws FormatException {
    used.add(field);
    return config.real(field, otherwise);
  }

  private boolean truth(String field, boolean otherwise) throws FormatException {
    used.add(field);
    return config.truth(field, otherwise);
  }

  /// What is off or absent changes nothing, whatever it is.
  private void checkAllKnown() throws FormatException {
    var unknown = new ArrayList<String>();
    config
        .object()
        .fields()
        .forEach((field, value) -> {
          boolean off = value == Json.Null.NULL || value.equals(new Json.Bool(false));
          if (!used.contains(field) && !off) {
            unknown.add("\"%s\": %s".formatted(field, shortened(value.text())));
          }
        });
    if (!unknown.isEmpty()) {
      throw config.fault(
          "has %s, which telos does not know of a %s model and which may change what it computes"
              .formatted(String.join(", ", unknown), architecture.type));
    }
  }

  private static String shortened(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
