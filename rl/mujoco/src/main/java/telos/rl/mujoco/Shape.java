package telos.rl.mujoco;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A geom, as far as it can be seen: the hull of balls around some points.
///
/// @param size what MuJoCo's `geom_size` means for the kind
/// @param position of the centre
/// @param rotation 3 x 3, row by row; its columns are the shape's axes
/// @param colour red, green, blue and opacity from 0 to 1
record Shape(Kind kind, double[] size, double[] position, double[] rotation, float[] colour) {
  /// Of a rim.
  private static final int POINTS = 24;

  /// The kinds of MuJoCo's `mjtGeom`, in its order, which is the same in all versions.
  enum Kind {
    PLANE,
    HEIGHT_FIELD,
    SPHERE,
    CAPSULE,
    ELLIPSOID,
    CYLINDER,
    BOX,
    MESH,
    OTHER;

    static Kind of(int number) {
      Kind[] kinds = values();
      return number >= 0 && number < kinds.length ? kinds[number] : OTHER;
    }
  }

  /// All of a model, as they stand.
  static List<Shape> all(Struct model, Struct data) {
    int count = model.count("ngeom");
    int[] kinds = model.ints("geom_type", count);
    int[] materials = model.ints("geom_matid", count);
    float[] own = model.floats("geom_rgba", 4 * count);
    float[] paints = model.floats("mat_rgba", 4 * model.count("nmat"));
    double[] sizes = model.array("geom_size", 3 * count).toArray(JAVA_DOUBLE);
    double[] places = data.array("geom_xpos", 3 * count).toArray(JAVA_DOUBLE);
    double[] turns = data.array("geom_xmat", 9 * count).toArray(JAVA_DOUBLE);
    List<Shape> shapes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      shapes.add(
          new Shape(
              Kind.of(kinds[i]),
              Arrays.copyOfRange(sizes, 3 * i, 3 * i + 3),
              Arrays.copyOfRange(places, 3 * i, 3 * i + 3),
              Arrays.copyOfRange(turns, 9 * i, 9 * i + 9),
              materials[i] < 0
                  ? Arrays.copyOfRange(own, 4 * i, 4 * i + 4)
                  : Arrays.copyOfRange(paints, 4 * materials[i], 4 * materials[i] + 4)));
    }
    return shapes;
  }

  /// The radius of the balls.
  double radius() {
    return kind == Kind.SPHERE || kind == Kind.CAPSULE ? size[0] : 0;
  }

  /// The points, in the world; none for what is drawn otherwise or not at all. A mesh is drawn as
  /// the box that MuJoCo fits to it.
  List<double[]> points() {
    return switch (kind) {
      case SPHERE -> List.of(position);
      case CAPSULE -> List.of(at(0, 0, -size[1]), at(0, 0, size[1]));
      case CYLINDER -> cylinder();
      case ELLIPSOID -> ellipsoid();
      case BOX, MESH -> corners();
      case PLANE, HEIGHT_FIELD, OTHER -> List.of();
    };
  }

  /// Where a point of the shape's own frame lies in the world.
  double[] at(double x, double y, double z) {
    double[] point = new double[3];
    for (int row = 0; row < 3; row++) {
      point[row] =
          position[row]
              + rotation[3 * row] * x
              + rotation[3 * row + 1] * y
              + rotation[3 * row + 2] * z;
    }
    return point;
  }

  private List<double[]> corners() {
    List<double[]> corners = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      corners.add(
          at(
              (i & 1) == 0 ? -size[0] : size[0],
              (i & 2) == 0 ? -size[1] : size[1],
              (i & 4) == 0 ? -size[2] : size[2]));
    }
    return corners;
  }

  private List<double[]> cylinder() {
    List<double[]> rims = new ArrayList<>();
    for (int i = 0; i < POINTS; i++) {
      double angle = 2 * Math.PI * i / POINTS;
      double x = size[0] * Math.cos(angle);
      double y = size[0] * Math.sin(angle);
      rims.add(at(x, y, -size[1]));
      rims.add(at(x, y, size[1]));
    }
    return rims;
  }

  private List<double[]> ellipsoid() {
    List<double[]> surface = new ArrayList<>();
    for (int i = 0; i < POINTS; i++) {
      double longitude = 2 * Math.PI * i / POINTS;
      for (int j = 0; j <= POINTS / 2; j++) {
        double latitude = Math.PI * (2.0 * j / POINTS - 0.5);
        surface.add(
            at(
                size[0] * Math.cos(latitude) * Math.cos(longitude),
                size[1] * Math.cos(latitude) * Math.sin(longitude),
                size[2] * Math.sin(latitude)));
      }
    }
    return surface;
  }
}
