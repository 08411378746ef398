package telos.rl.scene;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.List;

/// Shapes in a rectangle of the plane, later ones over earlier ones; x grows to the right, y
/// upwards.
///
/// @param left least x that is seen
/// @param bottom least y that is seen
/// @param right greatest x
/// @param top greatest y
public record Drawing(
    double left, double bottom, double right, double top, List<Mark> marks, double seconds)
    implements Scene {
  private static final int MOST_PIXELS = 1 << 13;

  /// One shape.
  public sealed interface Mark {}

  /// A straight line with round ends.
  public record Line(double x1, double y1, double x2, double y2, double width, Ink ink)
      implements Mark {}

  /// A filled circle.
  public record Disc(double x, double y, double radius, Ink ink) implements Mark {}

  /// A filled polygon.
  ///
  /// @param corners `x1, y1, x2, y2, ...`
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  public record Area(Ink ink, double... corners) implements Mark {
    /// A rectangle with its sides along the axes.
    public static Area rectangle(double left, double bottom, double right, double top, Ink ink) {
      return new Area(ink, left, bottom, right, bottom, right, top, left, top);
    }
  }

  public Drawing {
    if (!(left < right && bottom < top)) {
      throw new IllegalArgumentException(
          "drawing: the rectangle from (%s, %s) to (%s, %s) is empty"
              .formatted(left, bottom, right, top));
    }
    marks = List.copyOf(marks);
  }

  @Override
  public BufferedImage image(int width) {
    long height = Math.max(1, Math.round(width * (top - bottom) / (right - left)));
    if (width < 1 || width > MOST_PIXELS || height > MOST_PIXELS) {
      throw new IllegalArgumentException(
          "drawing: "
              + width
              + " x "
              + height
              + " pixels; needs 1 to "
              + MOST_PIXELS
              + " each way");
    }
    BufferedImage image = new BufferedImage(width, (int) height, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = image.createGraphics();
    try {
      pen.setColor(Ink.WHITE.colour());
      pen.fillRect(0, 0, width, (int) height);
      pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      pen.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
      AffineTransform pixels =
          AffineTransform.getScaleInstance(width / (right - left), -height / (top - bottom));
      pixels.translate(-left, -top);
      pen.transform(pixels);
      marks.forEach(mark -> paint(pen, mark));
    } finally {
      pen.dispose();
    }
    return image;
  }

  private static void paint(Graphics2D pen, Mark mark) {
    switch (mark) {
      case Line(double x1, double y1, double x2, double y2, double width, Ink ink) -> {
        pen.setColor(ink.colour());
        pen.setStroke(
            new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        pen.draw(new Line2D.Double(x1, y1, x2, y2));
      }
      case Disc(double x, double y, double radius, Ink ink) -> {
        pen.setColor(ink.colour());
        pen.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
      }
      case Area(Ink ink, double[] corners) -> {
        pen.setColor(ink.colour());
        pen.fill(outline(corners));
      }
    }
  }

  private static Path2D outline(double[] corners) {
    Path2D path = new Path2D.Double();
    path.moveTo(corners[0], corners[1]);
    for (int i = 2; i + 1 < corners.length; i += 2) {
      path.lineTo(corners[i], corners[i + 1]);
    }
    path.closePath();
    return path;
  }
}
