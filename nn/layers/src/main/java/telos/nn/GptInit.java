package telos.nn;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.tensor.Rng;

/// Draws the weights of a [Gpt]; every part has a key of its own, so that adding a layer leaves the
/// others as they were.
record GptInit(GptConfig config, Rng key) {
  private static final double DEVIATION = 0.02;

  Gpt gpt() {
    int width = config.width();
    int vocabulary = config.vocabulary();
    Init init = Init.normal(DEVIATION);
    boolean learned = config.positions() == GptConfig.Positions.LEARNED;
    return new Gpt(
        config,
        Embedding.init(vocabulary, width, init, key.fold(0)),
        learned
            ? Optional.of(Embedding.init(config.context(), width, init, key.fold(1)))
            : Optional.empty(),
        learned
            ? Optional.empty()
            : Optional.of(
                RotaryTable.of(config.context(), config.headWidth(), config.rotaryBase())),
        IntStream.range(0, config.layers()).mapToObj(i -> block(key.fold(3 + i))).toList(),
        norm(),
        config.tiedHead()
            ? Optional.empty()
            : Optional.of(Linear.init(width, vocabulary, false, init, key.fold(2))));
  }

  private Block block(Rng blockKey) {
    return new Block(norm(), attention(blockKey), norm(), mlp(blockKey));
  }

  private CausalAttention attention(Rng blockKey) {
    int heads = config.heads();
    int keyHeads = config.keyHeads();
    int head = config.headWidth();
    Init init = Init.normal(DEVIATION);
    return new CausalAttention(
        Linear.init(
            config.width(),
            (heads + 2 * keyHeads) * head,
            config.qkvBias(),
            init,
            blockKey.fold(0)),
        Linear.init(heads * head, config.width(), config.bias(), residual(), blockKey.fold(1)),
        heads,
        keyHeads);
  }

  private Layer mlp(Rng blockKey) {
    Init init = Init.normal(DEVIATION);
    Linear up = wide(init, blockKey.fold(2));
    Linear down =
        Linear.init(config.mlpWidth(), config.width(), config.bias(), residual(), blockKey.fold(3));
    return switch (config.feedForward()) {
      case GELU -> new Mlp(List.of(up, down), Activation.GELU);
      case SWIGLU -> new GatedMlp(wide(init, blockKey.fold(4)), up, down, Activation.SILU);
    };
  }

  private Linear wide(Init init, Rng linearKey) {
    return Linear.init(config.width(), config.mlpWidth(), config.bias(), init, linearKey);
  }

  /// Each block adds twice to the residual stream: its variance must not grow with the depth.
  private Init residual() {
    return Init.normal(DEVIATION / Math.sqrt(2.0 * config.layers()));
  }

  private Norm norm() {
    return switch (config.normalisation()) {
      case LAYER -> LayerNorm.init(config.width(), config.eps());
      case RMS -> RmsNorm.init(config.width(), config.eps());
    };
  }
}
