package telos.nn;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// The shape of a [Gpt].
///
/// @param layers number of blocks
/// @param width D, of the residual stream
/// @param context the most positions a sequence may have
/// @param vocabulary V
/// @param attention of every block
/// @param feedForward of every block
/// @param normalisation of the residual stream before each sublayer and at the end
/// @param eps of all normalisations
/// @param positions how positions enter
/// @param tiedHead whether the token embedding is used again as the head
public record GptConfig(
    int layers,
    int width,
    int context,
    int vocabulary,
    Attention attention,
    FeedForward feedForward,
    Normalisation normalisation,
    double eps,
    Positions positions,
    boolean tiedHead) {
  /// Kinds of normalisation.
  public enum Normalisation {
    LAYER,
    RMS
  }

  /// How positions enter a model.
  public sealed interface Positions {}

  /// A learned embedding for each position of the context.
  public record Learned() implements Positions {}

  /// Queries and keys turn by their positions (Su et al. 2021).
  ///
  /// @param base of the frequencies, usually 10 000
  public record Rotary(double base, Optional<RotaryScaling> scaling) implements Positions {
    public Rotary {
      require(base > 1, "rotary base", base, "be greater than 1");
    }

    /// Without scaling.
    public static Rotary of(double base) {
      return new Rotary(base, Optional.empty());
    }

    /// Whether sequences of `length` have other frequencies than the shortest.
    boolean changesAt(int length) {
      return scaling.orElse(null) instanceof RotaryScaling.Dynamic dynamic
          && length > dynamic.trained();
    }

    /// The angles by which the pairs of a head turn from one position to the next.
    double[] frequencies(int headWidth, int length) {
      return IntStream.range(0, headWidth / 2)
          .mapToDouble(j ->
              scaling.isPresent()
                  ? scaling.get().frequency(j, headWidth, base, length)
                  : RotaryScaling.plain(j, headWidth, base))
          .toArray();
    }
  }

  /// The attention of a block.
  ///
  /// @param heads H, query heads
  /// @param keyHeads K, key and value heads, a divisor of H
  /// @param headWidth width of one head, usually `width / heads`; even for rotary positions
  /// @param qkvBias whether queries, keys and values have a bias
  /// @param outBias whether the projection back has a bias
  /// @param headNorms whether every query and key is normalised before it turns (Qwen 3)
  /// @param window what layers see only the last positions, if any do
  public record Attention(
      int heads,
      int keyHeads,
      int headWidth,
      boolean qkvBias,
      boolean outBias,
      boolean headNorms,
      Optional<Window> window) {
    public Attention {
      require(heads > 0, "heads", heads, "be positive");
      boolean divides = keyHeads > 0 && heads % keyHeads == 0;
      require(divides, "keyHeads", keyHeads, "divide the heads, " + heads);
      require(headWidth > 0, "headWidth", headWidth, "be positive");
    }

    /// Heads that share the width, without biases, norms and window.
    public static Attention of(int heads, int keyHeads, int width) {
      require(heads > 0 && width % heads == 0, "width", width, "be a multiple of heads, " + heads);
      return new Attention(heads, keyHeads, width / heads, false, false, false, Optional.empty());
    }

    /// The same with biases everywhere.
    Attention biased() {
      return new Attention(heads, keyHeads, headWidth, true, true, headNorms, window);
    }

    /// How many positions a layer sees, its own included.
    int windowOf(int layer) {
      return window
          .filter(w -> w.sliding().get(layer))
          .map(Window::size)
          .orElse(telos.tensor.fused.Attention.ALL);
    }
  }

  /// A sliding window (Beltagy et al. 2020).
  ///
  /// @param size how many positions are seen, one's own included
  /// @param sliding for every layer whether it has the window; the others see all positions
  public record Window(int size, List<Boolean> sliding) {
    public Window {
      sliding = List.copyOf(sliding);
      require(size > 0, "window size", size, "be positive");
    }

    /// In all layers.
    public static Window everywhere(int size, int layers) {
      return new Window(size, Collections.nCopies(layers, true));
    }
  }

  /// The feed-forward layer of a block: two linear layers with an activation between, or a
  /// [GatedMlp].
  ///
  /// @param width of the hidden layer
  /// @param bias whether its linear layers have a bias
  public record FeedForward(int width, Activation activation, boolean gated, boolean bias) {
    public FeedForward {
      require(width > 0, "feed-forward width", width, "be positive");
    }
  }

  public GptConfig {
    require(layers >= 0, "layers", layers, "not be negative");
    require(width > 0, "width", width, "be positive");
    require(context > 0, "context", context, "be positive");
    require(vocabulary > 0, "vocabulary", vocabulary, "be positive");
    require(eps > 0, "eps", eps, "be positive");
    int slides = attention.window().map(w -> w.sliding().size()).orElse(layers);
    require(slides == layers, "number of layers with a window or without", slides, "be " + layers);
    boolean even = attention.headWidth() % 2 == 0 || positions instanceof Learned;
    require(even, "headWidth", attention.headWidth(), "be even for rotary positions");
  }

  private static void require(boolean holds, String name, Number value, String what) {
    if (!holds) {
      throw new IllegalArgumentException("gpt config: " + name + " is " + value + ", must " + what);
    }
  }

  /// GPT-2's kind: learned positions, layer norm, GELU, biases, a tied head, feed-forward layers
  /// four times as wide.
  public static GptConfig gpt2(int layers, int heads, int width, int context, int vocabulary) {
    return new GptConfig(
        layers,
        width,
        context,
        vocabulary,
        Attention.of(heads, heads, width).biased(),
        new FeedForward(4 * width, Activation.GELU, false, true),
        Normalisation.LAYER,
        1e-5,
        new Learned(),
        true);
  }

  /// Llama's kind: rotary positions, RMS norm, SwiGLU, no biases, a head of its own.
  public static GptConfig llama(
      int layers, int heads, int keyHeads, int width, int mlpWidth, int context, int vocabulary) {
    return new GptConfig(
        layers,
        width,
        context,
        vocabulary,
        Attention.of(heads, keyHeads, width),
        new FeedForward(mlpWidth, Activation.SILU, true, false),
        Normalisation.RMS,
        1e-5,
        Rotary.of(10_000),
        false);
  }

  /// The same with a head of its own in place of the token embedding.
  public GptConfig untied() {
    return new GptConfig(
        layers,
        width,
        context,
        vocabulary,
        attention,
        feedForward,
        normalisation,
        eps,
        positions,
        false);
  }
}
