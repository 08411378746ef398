package telos.rl.mujoco;

/// From where pictures are taken: parallel projection, in MuJoCo's angles.
///
/// @param azimuth degrees by which the camera is turned around the vertical; at 90 it looks along y
/// @param elevation degrees by which it looks up; at -90 it looks straight down
/// @param width metres that a picture is wide
/// @param centre the point in the middle, x, y, z
public record View(double azimuth, double elevation, double width, double[] centre) {
  /// From the side, at what moves along x.
  static View aside(Physics physics, double width, double height) {
    return new View(90, -8, width, new double[] {physics.xpos(1, 0), 0, height});
  }

  /// From above.
  static View above(double width, double... centre) {
    return new View(90, -90, width, centre);
  }
}
