package telos.rl.scene;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// The colours of animations: every [Ink] and three mixtures of every two, which is what smooth
/// edges between them need. One fixed palette for all frames is quick and does not flicker.
final class Palette {
  private static final int MIXTURES = 3;

  /// Squared: where three inks meet, a pixel may lie as far from all mixtures of two.
  private static final int FARTHEST = 60 * 60;

  private static final int[] COLOURS = colours();
  private static final IndexColorModel MODEL = model();

  private Palette() {}

  private static int[] colours() {
    Ink[] inks = Ink.values();
    int[] colours = new int[256];
    int count = 0;
    for (int i = 0; i < inks.length; i++) {
      colours[count++] = inks[i].colour().getRGB();
      for (int j = 0; j < i; j++) {
        for (int part = 1; part <= MIXTURES; part++) {
          colours[count++] = mixed(inks[i], inks[j], part / (MIXTURES + 1.0));
        }
      }
    }
    return Arrays.copyOf(colours, count);
  }

  private static int mixed(Ink a, Ink b, double part) {
    int rgb = 0xFF;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int from = a.colour().getRGB() >> shift & 0xFF;
      int to = b.colour().getRGB() >> shift & 0xFF;
      rgb = rgb << 8 | (int) Math.round(from + part * (to - from));
    }
    return rgb;
  }

  private static IndexColorModel model() {
    return new IndexColorModel(8, COLOURS.length, COLOURS, 0, false, -1, DataBuffer.TYPE_BYTE);
  }

  /// The image with each pixel replaced by the nearest colour; the image itself where some pixel
  /// has no colour near to it.
  static BufferedImage indexed(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    int[] pixels = image.getRGB(0, 0, width, height, null, 0, width);
    byte[] indices = new byte[pixels.length];
    Map<Integer, Integer> nearest = new HashMap<>();
    for (int i = 0; i < pixels.length; i++) {
      boolean again = i > 0 && pixels[i] == pixels[i - 1];
      indices[i] =
          again ? indices[i - 1] : nearest.computeIfAbsent(pixels[i], Palette::nearest).byteValue();
    }
    for (var each : nearest.entrySet()) {
      if (distance(COLOURS[each.getValue()], each.getKey()) > FARTHEST) {
        return image;
      }
    }
    var indexed = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, MODEL);
    indexed.getRaster().setDataElements(0, 0, width, height, indices);
    return indexed;
  }

  private static int nearest(int rgb) {
    int best = 0;
    for (int i = 1; i < COLOURS.length; i++) {
      best = distance(COLOURS[i], rgb) < distance(COLOURS[best], rgb) ? i : best;
    }
    return best;
  }

  private static int distance(int a, int b) {
    int red = (a >> 16 & 0xFF) - (b >> 16 & 0xFF);
    int green = (a >> 8 & 0xFF) - (b >> 8 & 0xFF);
    int blue = (a & 0xFF) - (b & 0xFF);
    return red * red + green * green + blue * blue;
  }
}
