package telos.nn;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Makes the weights of a [Gpt]; every part has a key of its own, so that adding a layer leaves the
/// others as they were.
///
/// @param inner draws all matrices but those of `outer`
/// @param outer draws the projections back into the residual stream
record GptInit(GptConfig config, Rng key, Init inner, Init outer) {
  private static final double DEVIATION = 0.02;

  /// Random weights. Each block adds twice to the residual stream, whose variance must not grow
  /// with the depth.
  static GptInit random(GptConfig config, Rng key) {
    double residual = DEVIATION / Math.sqrt(2.0 * config.layers());
    return new GptInit(config, key, Init.normal(DEVIATION), Init.normal(residual));
  }

  /// Every matrix absent.
  static GptInit outline(GptConfig config) {
    Init absent = (_, dims) -> Tensor.absent(Shape.of(dims), DType.F32, "of a model's outline");
    return new GptInit(config, Rng.of(0), absent, absent);
  }

  Gpt gpt() {
    int width = config.width();
    int vocabulary = config.vocabulary();
    return new Gpt(
        config,
        Embedding.init(vocabulary, width, inner, key.fold(0)),
        learned(),
        rotary(),
        IntStream.range(0, config.layers()).mapToObj(this::block).toList(),
        norm(width),
        config.tiedHead()
            ? Optional.empty()
            : Optional.of(Linear.init(width, vocabulary, false, inner, key.fold(2))));
  }

  private Optional<Embedding> learned() {
    return config.positions() instanceof GptConfig.Learned
        ? Optional.of(Embedding.init(config.context(), config.width(), inner, key.fold(1)))
        : Optional.empty();
  }

  private Optional<RotaryTable> rotary() {
    return config.positions() instanceof GptConfig.Rotary rotary
        ? Optional.of(RotaryTable.of(config.context(), config.attention().headWidth(), rotary))
        : Optional.empty();
  }

  private Block block(int layer) {
    Rng blockKey = key.fold(3 + layer);
    int width = config.width();
    return new Block(norm(width), attention(blockKey, layer), norm(width), mlp(blockKey));
  }

  private CausalAttention attention(Rng blockKey, int layer) {
    GptConfig.Attention shape = config.attention();
    int head = shape.headWidth();
    int packed = (shape.heads() + 2 * shape.keyHeads()) * head;
    return new CausalAttention(
        Linear.init(config.width(), packed, shape.qkvBias(), inner, blockKey.fold(0)),
        Linear.init(shape.heads() * head, config.width(), shape.outBias(), outer, blockKey.fold(1)),
        shape.headNorms()
            ? Optional.of(new CausalAttention.HeadNorms(norm(head), norm(head)))
            : Optional.empty(),
        shape.heads(),
        shape.keyHeads(),
        shape.windowOf(layer));
  }

  private Layer mlp(Rng blockKey) {
    GptConfig.FeedForward shape = config.feedForward();
    Linear up = wide(blockKey.fold(2));
    Linear down = Linear.init(shape.width(), config.width(), shape.bias(), outer, blockKey.fold(3));
    return shape.gated()
        ? new GatedMlp(wide(blockKey.fold(4)), up, down, shape.activation())
        : new Mlp(List.of(up, down), shape.activation());
  }

  private Linear wide(Rng linearKey) {
    GptConfig.FeedForward shape = config.feedForward();
    return Linear.init(config.width(), shape.width(), shape.bias(), inner, linearKey);
  }

  private Norm norm(int width) {
    return switch (config.normalisation()) {
      case LAYER -> LayerNorm.init(width, config.eps());
      case RMS -> RmsNorm.init(width, config.eps());
    };
  }
}
