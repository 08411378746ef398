package telos.rl.scene;

/// Escape sequences of ECMA-48 for 24-bit colours.
final class Ansi {
  /// Ends all colours.
  static final String PLAIN = "\u001b[0m";

  private Ansi() {}

  static String foreground(int rgb) {
    return colour(38, rgb);
  }

  static String background(int rgb) {
    return colour(48, rgb);
  }

  private static String colour(int layer, int rgb) {
    int red = rgb >> 16 & 0xFF;
    int green = rgb >> 8 & 0xFF;
    int blue = rgb & 0xFF;
    return "\u001b[" + layer + ";2;" + red + ';' + green + ';' + blue + 'm';
  }
}
