package telos.rl.scene;

import java.awt.image.BufferedImage;

/// How a process stands at one moment. A scene is a small value: a whole episode of them is kept
/// cheaply and turned into pixels when somebody looks. [Drawing] and [Board] do for most; who draws
/// in another way has a class of its own.
public interface Scene {
  /// For how long it is shown in an animation.
  double seconds();

  /// In colours.
  ///
  /// @param width of the picture in pixels; its height follows
  BufferedImage image(int width);

  /// For a terminal: lines with ANSI escapes for colours. If nothing better is known, the picture
  /// with two pixels a character, one above the other.
  default String text() {
    return Ansi.text(image(Ansi.COLUMNS));
  }
}
