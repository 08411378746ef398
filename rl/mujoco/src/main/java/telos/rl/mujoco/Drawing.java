package telos.rl.mujoco;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// A picture of shapes in parallel projection: floors first, then everything from far to near. What
/// a convex shape covers is the convex hull of what its points cover.
final class Drawing {
  private static final Color SKY = new Color(0xDCE6F0);
  private static final Color EDGE = new Color(0, 0, 0, 110);
  private static final int RIM = 24;

  /// Tiles of a floor, to each side of the middle.
  private static final int TILES = 12;

  private final Graphics2D canvas;
  private final View view;
  private final double scale;
  private final double middleX;
  private final double middleY;
  private final double[] right;
  private final double[] up;
  private final double[] ahead;

  private Drawing(Graphics2D canvas, View view, int width, int height) {
    this.canvas = canvas;
    this.view = view;
    this.scale = width / view.width();
    this.middleX = width / 2.0;
    this.middleY = height / 2.0;
    double azimuth = Math.toRadians(view.azimuth());
    double elevation = Math.toRadians(view.elevation());
    double level = Math.cos(elevation);
    double rise = Math.sin(elevation);
    ahead = new double[] {level * Math.cos(azimuth), level * Math.sin(azimuth), rise};
    right = new double[] {Math.sin(azimuth), -Math.cos(azimuth), 0};
    up = new double[] {-rise * Math.cos(azimuth), -rise * Math.sin(azimuth), level};
  }

  static BufferedImage of(List<Shape> shapes, View view, int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = image.createGraphics();
    try {
      canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      canvas.setColor(SKY);
      canvas.fillRect(0, 0, width, height);
      new Drawing(canvas, view, width, height).draw(shapes);
    } finally {
      canvas.dispose();
    }
    return image;
  }

  private void draw(List<Shape> shapes) {
    shapes.stream().filter(shape -> shape.kind() == Shape.Kind.PLANE).forEach(this::floor);
    shapes.stream()
        .filter(shape -> !shape.points().isEmpty())
        .sorted(Comparator.comparingDouble((Shape shape) -> -dot(ahead, shape.position())))
        .forEach(this::solid);
  }

  private void solid(Shape shape) {
    List<double[]> covered = new ArrayList<>();
    for (double[] point : shape.points()) {
      double[] centre = screen(point);
      if (shape.radius() == 0) {
        covered.add(centre);
        continue;
      }
      for (int i = 0; i < RIM; i++) {
        double angle = 2 * Math.PI * i / RIM;
        covered.add(
            new double[] {
              centre[0] + scale * shape.radius() * Math.cos(angle),
              centre[1] + scale * shape.radius() * Math.sin(angle)
            });
      }
    }
    Path2D outline = polygon(hull(covered));
    canvas.setColor(colour(shape.colour(), 1));
    canvas.fill(outline);
    canvas.setColor(EDGE);
    canvas.setStroke(new BasicStroke(1));
    canvas.draw(outline);
  }

  /// A chequered floor around the middle of the picture; its tiles stay where they are as the
  /// camera moves on. A plane of size 0 has no end.
  private void floor(Shape plane) {
    double tile = view.width() / 8;
    double[] middle = inPlane(plane);
    int column = (int) Math.floor(middle[0] / tile);
    int row = (int) Math.floor(middle[1] / tile);
    for (int i = column - TILES; i <= column + TILES; i++) {
      for (int j = row - TILES; j <= row + TILES; j++) {
        double endX = plane.size()[0] > 0 ? plane.size()[0] : Double.POSITIVE_INFINITY;
        double endY = plane.size()[1] > 0 ? plane.size()[1] : Double.POSITIVE_INFINITY;
        double west = Math.clamp(i * tile, -endX, endX);
        double east = Math.clamp((i + 1) * tile, -endX, endX);
        double south = Math.clamp(j * tile, -endY, endY);
        double north = Math.clamp((j + 1) * tile, -endY, endY);
        if (west < east && south < north) {
          canvas.setColor(colour(plane.colour(), (i + j) % 2 == 0 ? 0.9 : 0.75));
          canvas.fill(
              polygon(
                  List.of(
                      screen(plane.at(west, south, 0)),
                      screen(plane.at(east, south, 0)),
                      screen(plane.at(east, north, 0)),
                      screen(plane.at(west, north, 0)))));
        }
      }
    }
  }

  /// The middle of the picture in the plane's own two coordinates.
  private double[] inPlane(Shape plane) {
    double[] coordinates = new double[2];
    for (int axis = 0; axis < 2; axis++) {
      for (int row = 0; row < 3; row++) {
        coordinates[axis] +=
            plane.rotation()[3 * row + axis] * (view.centre()[row] - plane.position()[row]);
      }
    }
    return coordinates;
  }

  private double[] screen(double[] point) {
    return new double[] {
      middleX + scale * (dot(right, point) - dot(right, view.centre())),
      middleY - scale * (dot(up, point) - dot(up, view.centre()))
    };
  }

  private static double dot(double[] a, double[] b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  }

  private static Color colour(float[] rgba, double shade) {
    return new Color(
        (float) Math.clamp(rgba[0] * shade, 0, 1),
        (float) Math.clamp(rgba[1] * shade, 0, 1),
        (float) Math.clamp(rgba[2] * shade, 0, 1),
        Math.clamp(rgba[3], 0, 1));
  }

  private static Path2D polygon(List<double[]> corners) {
    Path2D path = new Path2D.Double();
    path.moveTo(corners.getFirst()[0], corners.getFirst()[1]);
    corners.subList(1, corners.size()).forEach(corner -> path.lineTo(corner[0], corner[1]));
    path.closePath();
    return path;
  }

  /// The convex hull by Andrew's monotone chain.
  static List<double[]> hull(List<double[]> points) {
    List<double[]> sorted = new ArrayList<>(points);
    sorted.sort(Comparator.<double[]>comparingDouble(p -> p[0]).thenComparingDouble(p -> p[1]));
    List<double[]> hull = new ArrayList<>(chain(sorted));
    hull.addAll(chain(sorted.reversed()));
    return hull;
  }

  /// One side of the hull, without its last point, with which the other begins.
  private static List<double[]> chain(List<double[]> sorted) {
    List<double[]> chain = new ArrayList<>();
    for (double[] point : sorted) {
      while (chain.size() > 1 && !leftTurn(chain.get(chain.size() - 2), chain.getLast(), point)) {
        chain.removeLast();
      }
      chain.add(point);
    }
    if (chain.size() > 1) {
      chain.removeLast();
    }
    return chain;
  }

  private static boolean leftTurn(double[] a, double[] b, double[] c) {
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0;
  }
}
