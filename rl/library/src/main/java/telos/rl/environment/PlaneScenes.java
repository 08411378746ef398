package telos.rl.environment;

import static java.lang.StrictMath.cos;
import static java.lang.StrictMath.sin;

import java.util.ArrayList;
import java.util.List;
import telos.rl.scene.Drawing;
import telos.rl.scene.Drawing.Area;
import telos.rl.scene.Drawing.Disc;
import telos.rl.scene.Drawing.Line;
import telos.rl.scene.Drawing.Mark;
import telos.rl.scene.Ink;

/// How the processes look that take place in a plane seen from above.
final class PlaneScenes {
  private PlaneScenes() {}

  /// @param state position, velocity and goal
  static Drawing pointMaze(Maze maze, double[] state) {
    double x = maze.halfWidth();
    double y = maze.halfHeight();
    List<Mark> marks = new ArrayList<>();
    marks.add(Area.rectangle(-x, -y, x, y, Ink.BROWN));
    for (Maze.Point cell : maze.free()) {
      marks.add(
          Area.rectangle(
              cell.x() - 0.5, cell.y() - 0.5, cell.x() + 0.5, cell.y() + 0.5, Ink.LIGHT));
    }
    marks.add(new Disc(state[4], state[5], 0.2, Ink.RED));
    marks.add(new Disc(state[0], state[1], PointMaze.RADIUS, Ink.GREEN));
    return new Drawing(-x, -y, x, y, marks, 0.02);
  }

  /// @param state angles, velocities and target
  static Drawing reacher(double[] state, double upper, double lower) {
    double x = upper * cos(state[0]);
    double y = upper * sin(state[0]);
    double tipX = x + lower * cos(state[0] + state[1]);
    double tipY = y + lower * sin(state[0] + state[1]);
    List<Mark> marks =
        List.of(
            new Disc(state[4], state[5], 0.012, Ink.RED),
            new Line(0, 0, x, y, 0.02, Ink.BLUE),
            new Line(x, y, tipX, tipY, 0.02, Ink.BLUE),
            new Disc(0, 0, 0.013, Ink.BLACK),
            new Disc(tipX, tipY, 0.01, Ink.GREEN));
    return new Drawing(-0.25, -0.25, 0.25, 0.25, marks, 0.02);
  }
}
