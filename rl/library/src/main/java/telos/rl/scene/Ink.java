package telos.rl.scene;

import java.awt.Color;

/// The colours scenes are drawn in: a dozen that are told apart on paper too.
public enum Ink {
  WHITE(0xFFFFFF),
  LIGHT(0xE6E6E6),
  GREY(0x8C8C8C),
  BLACK(0x1E1E1E),
  RED(0xC8322D),
  ORANGE(0xE69A2D),
  YELLOW(0xF0D750),
  GREEN(0x3C9650),
  BLUE(0x2D6EB4),
  ICE(0xC8E1F5),
  PURPLE(0x7D55A0),
  BROWN(0xA5784B);

  private final int rgb;

  Ink(int rgb) {
    this.rgb = rgb;
  }

  Color colour() {
    return new Color(rgb);
  }
}
