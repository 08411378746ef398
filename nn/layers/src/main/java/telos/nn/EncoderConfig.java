package telos.nn;

/// The shape of an [Encoder].
///
/// @param layers number of blocks
/// @param heads H; the width is a multiple of it
/// @param width D
/// @param mlpWidth width between the two linear maps of a block's perceptron
/// @param context longest sequence
/// @param vocabulary V
/// @param types number of token types (segments)
/// @param activation of the perceptrons
/// @param eps of the normalisations
/// @param preNorm whether blocks normalise what they read, see [EncoderBlock]
public record EncoderConfig(
    int layers,
    int heads,
    int width,
    int mlpWidth,
    int context,
    int vocabulary,
    int types,
    Activation activation,
    double eps,
    boolean preNorm) {
  public EncoderConfig {
    boolean positive =
        layers >= 0
            && heads > 0
            && width > 0
            && mlpWidth > 0
            && context > 0
            && vocabulary > 0
            && types > 0
            && eps > 0;
    if (!positive || width % heads != 0) {
      throw new IllegalArgumentException(
          "encoder: all sizes must be positive and the width "
              + width
              + " a multiple of the "
              + heads
              + " heads");
    }
  }

  /// BERT's proportions (Devlin et al. 2019): perceptrons of four widths, GELU, two token types,
  /// eps 1e-12, post-norm.
  public static EncoderConfig bert(int layers, int heads, int width, int context, int vocabulary) {
    return new EncoderConfig(
        layers, heads, width, 4 * width, context, vocabulary, 2, Activation.GELU_ERF, 1e-12, false);
  }

  /// The same with pre-norm blocks, which train without a warm-up and at any depth.
  public EncoderConfig preNormed() {
    return new EncoderConfig(
        layers, heads, width, mlpWidth, context, vocabulary, types, activation, eps, true);
  }
}
