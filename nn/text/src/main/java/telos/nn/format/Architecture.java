package telos.nn.format;

import telos.nn.GptConfig;

/// The architectures of Hugging Face's library that are configurations of a [telos.nn.Gpt].
enum Architecture {
  GPT2("gpt2", "GPT2", "LMHeadModel"),
  LLAMA("llama", "Llama", "ForCausalLM"),
  MISTRAL("mistral", "Mistral", "ForCausalLM"),
  QWEN2("qwen2", "Qwen2", "ForCausalLM"),
  QWEN3("qwen3", "Qwen3", "ForCausalLM");

  /// The `model_type` of a config.json.
  final String type;

  /// The class of language models.
  final String causal;

  /// The class of reward models.
  final String classifier;

  Architecture(String type, String name, String causal) {
    this.type = type;
    this.causal = name + causal;
    this.classifier = name + "ForSequenceClassification";
  }

  /// The one that a config.json is of.
  ///
  /// @throws FormatException when its class is not the language model, or reward model, of its type
  static Architecture of(JsonFields config, boolean reward) throws FormatException {
    for (var architecture : values()) {
      if (architecture.type.equals(config.text("model_type"))) {
        architecture.checkClass(config, reward);
        return architecture;
      }
    }
    throw config.wrong("model_type", "gpt2, llama, mistral, qwen2 or qwen3");
  }

  private void checkClass(JsonFields config, boolean reward) throws FormatException {
    var wanted = new Json.Str(reward ? classifier : causal);
    if (config.has("architectures") && !config.list("architectures").contains(wanted)) {
      throw config.wrong("architectures", wanted.text() + " to be read as this kind of model");
    }
  }

  /// The one that holds a model of this shape; the simplest, if several do.
  ///
  /// @throws IllegalArgumentException when none does, saying which part no architecture has
  static Architecture of(GptConfig config) {
    var attention = config.attention();
    var feedForward = config.feedForward();
    if (config.positions() instanceof GptConfig.Learned) {
      require(config.normalisation() == GptConfig.Normalisation.LAYER, "RMS norm");
      require(!feedForward.gated(), "a gated feed-forward layer");
      require(attention.heads() == attention.keyHeads(), "shared key heads");
      require(
          attention.heads() * attention.headWidth() == config.width(), "a head width of its own");
      require(attention.qkvBias() && attention.outBias() && feedForward.bias(), "missing biases");
      require(!attention.headNorms() && attention.window().isEmpty(), "head norms or a window");
      return GPT2;
    }
    require(config.normalisation() == GptConfig.Normalisation.RMS, "layer norm");
    require(feedForward.gated(), "a plain feed-forward layer");
    return rotary(attention, feedForward);
  }

  private static Architecture rotary(
      GptConfig.Attention attention, GptConfig.FeedForward feedForward) {
    boolean sameBiases = attention.qkvBias() == attention.outBias();
    if (attention.headNorms()) {
      require(sameBiases && !feedForward.bias(), "head norms and these biases");
      return QWEN3;
    }
    if (!sameBiases) {
      require(attention.qkvBias() && !feedForward.bias(), "these biases");
      return QWEN2;
    }
    if (attention.window().isPresent()) {
      boolean everywhere = !attention.window().get().sliding().contains(false);
      require(everywhere, "windows in some layers and these biases");
      require(!attention.qkvBias() && !feedForward.bias(), "a window and biases");
      return MISTRAL;
    }
    return LLAMA;
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException(
          "no Hugging Face architecture that telos writes has positions of this kind with " + what);
    }
  }
}
