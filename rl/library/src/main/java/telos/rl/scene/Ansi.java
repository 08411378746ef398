package telos.rl.scene;

import java.awt.image.BufferedImage;

/// Pictures in a terminal, with the escape sequences of ECMA-48 for 24-bit colours.
final class Ansi {
  /// Ends all colours.
  static final String PLAIN = "\u001b[0m";

  /// Characters a line of pictures has.
  static final int COLUMNS = 72;

  private Ansi() {}

  /// Two pixels a character, one above the other.
  static String text(BufferedImage image) {
    StringBuilder text = new StringBuilder();
    for (int y = 0; y < image.getHeight(); y += 2) {
      for (int x = 0; x < image.getWidth(); x++) {
        boolean last = y + 1 == image.getHeight();
        int below = last ? Ink.WHITE.colour().getRGB() : image.getRGB(x, y + 1);
        text.append(foreground(image.getRGB(x, y))).append(background(below)).append('▀');
      }
      text.append(PLAIN).append('\n');
    }
    return text.toString();
  }

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
