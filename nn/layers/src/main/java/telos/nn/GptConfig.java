package telos.nn;

/// The shape of a [Gpt].
///
/// @param layers number of blocks
/// @param heads H, query heads
/// @param keyHeads K, key and value heads, a divisor of H
/// @param headWidth width of one head, usually `width / heads`; even for rotary positions
/// @param width D, of the residual stream
/// @param mlpWidth hidden width of the feed-forward layers
/// @param context the most positions a sequence may have
/// @param vocabulary V
/// @param normalisation of the residual stream before each sublayer and at the end
/// @param eps of the normalisation
/// @param positions how positions enter
/// @param rotaryBase base of the rotary frequencies; unused for learned positions
/// @param feedForward the kind of feed-forward layer
/// @param qkvBias whether queries, keys and values have a bias
/// @param bias whether all other linear layers of the blocks have a bias
/// @param tiedHead whether the token embedding is used again as the head
public record GptConfig(
    int layers,
    int heads,
    int keyHeads,
    int headWidth,
    int width,
    int mlpWidth,
    int context,
    int vocabulary,
    Normalisation normalisation,
    double eps,
    Positions positions,
    double rotaryBase,
    FeedForward feedForward,
    boolean qkvBias,
    boolean bias,
    boolean tiedHead) {
  /// Kinds of normalisation.
  public enum Normalisation {
    LAYER,
    RMS
  }

  /// Kinds of position embedding.
  public enum Positions {
    LEARNED,
    ROTARY
  }

  /// Kinds of feed-forward layer: two linear layers with [Activation#GELU] between, or a [GatedMlp]
  /// with [Activation#SILU].
  public enum FeedForward {
    GELU,
    SWIGLU
  }

  public GptConfig {
    require(layers >= 0, "layers", layers, "not be negative");
    require(heads > 0, "heads", heads, "be positive");
    require(
        keyHeads > 0 && heads % keyHeads == 0, "keyHeads", keyHeads, "divide the heads, " + heads);
    require(headWidth > 0, "headWidth", headWidth, "be positive");
    require(width > 0, "width", width, "be positive");
    require(mlpWidth > 0, "mlpWidth", mlpWidth, "be positive");
    require(context > 0, "context", context, "be positive");
    require(vocabulary > 0, "vocabulary", vocabulary, "be positive");
    require(eps > 0, "eps", eps, "be positive");
    if (positions == Positions.ROTARY) {
      require(headWidth % 2 == 0, "headWidth", headWidth, "be even for rotary positions");
      require(rotaryBase > 1, "rotaryBase", rotaryBase, "be greater than 1");
    }
  }

  private static void require(boolean holds, String name, Number value, String what) {
    if (!holds) {
      throw new IllegalArgumentException("gpt config: " + name + " is " + value + ", must " + what);
    }
  }

  /// GPT-2's kind: learned positions, layer norm, GELU, biases, a tied head, `mlpWidth = 4 width`.
  public static GptConfig gpt2(int layers, int heads, int width, int context, int vocabulary) {
    requireSplit(width, heads);
    return new GptConfig(
        layers,
        heads,
        heads,
        width / heads,
        width,
        4 * width,
        context,
        vocabulary,
        Normalisation.LAYER,
        1e-5,
        Positions.LEARNED,
        10_000,
        FeedForward.GELU,
        true,
        true,
        true);
  }

  /// Llama's kind: rotary positions, RMS norm, SwiGLU, no biases, a head of its own.
  public static GptConfig llama(
      int layers, int heads, int keyHeads, int width, int mlpWidth, int context, int vocabulary) {
    requireSplit(width, heads);
    return new GptConfig(
        layers,
        heads,
        keyHeads,
        width / heads,
        width,
        mlpWidth,
        context,
        vocabulary,
        Normalisation.RMS,
        1e-5,
        Positions.ROTARY,
        10_000,
        FeedForward.SWIGLU,
        false,
        false,
        false);
  }

  /// The same with a head of its own in place of the token embedding.
  public GptConfig untied() {
    return new GptConfig(
        layers,
        heads,
        keyHeads,
        headWidth,
        width,
        mlpWidth,
        context,
        vocabulary,
        normalisation,
        eps,
        positions,
        rotaryBase,
        feedForward,
        qkvBias,
        bias,
        false);
  }

  private static void requireSplit(int width, int heads) {
    require(heads > 0 && width % heads == 0, "width", width, "be a multiple of heads, " + heads);
  }
}
