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

/// How the classic control problems look; frames and durations are about Gymnasium's.
final class ClassicScenes {
  private static final int HILL_PIECES = 60;

  private ClassicScenes() {}

  static Drawing cartPole(double position, double angle) {
    double joint = 0.12;
    List<Mark> marks =
        List.of(
            new Line(-2.4, 0, 2.4, 0, 0.015, Ink.BLACK),
            Area.rectangle(position - 0.2, -0.12, position + 0.2, joint, Ink.BLACK),
            new Line(position, joint, position + sin(angle), joint + cos(angle), 0.08, Ink.BROWN),
            new Disc(position, joint, 0.05, Ink.BLUE));
    return new Drawing(-2.4, -0.8, 2.4, 2.4, marks, 0.02);
  }

  static Drawing mountainCar(double position, double goal) {
    List<Mark> marks = new ArrayList<>();
    for (int i = 0; i < HILL_PIECES; i++) {
      double x = along(i);
      marks.add(new Line(x, height(x), along(i + 1), height(along(i + 1)), 0.012, Ink.BLACK));
    }
    double flag = height(goal) + 0.2;
    marks.add(new Line(goal, height(goal), goal, flag, 0.008, Ink.GREY));
    marks.add(new Area(Ink.ORANGE, goal, flag, goal, flag - 0.06, goal + 0.09, flag - 0.03));
    marks.add(new Disc(position, height(position) + 0.045, 0.04, Ink.BLUE));
    return new Drawing(MountainCar.LEFT, 0, MountainCar.RIGHT, 1.2, marks, 1.0 / 30);
  }

  private static double along(int piece) {
    return MountainCar.LEFT + (MountainCar.RIGHT - MountainCar.LEFT) * piece / HILL_PIECES;
  }

  private static double height(double position) {
    return 0.55 + 0.45 * sin(3 * position);
  }

  static Drawing acrobot(double first, double second) {
    double x1 = sin(first);
    double y1 = -cos(first);
    double x2 = x1 + sin(first + second);
    double y2 = y1 - cos(first + second);
    List<Mark> marks =
        List.of(
            new Line(-2.2, 1, 2.2, 1, 0.02, Ink.GREY),
            new Line(0, 0, x1, y1, 0.15, Ink.BLUE),
            new Line(x1, y1, x2, y2, 0.15, Ink.BLUE),
            new Disc(0, 0, 0.1, Ink.YELLOW),
            new Disc(x1, y1, 0.1, Ink.YELLOW));
    return new Drawing(-2.2, -2.2, 2.2, 2.2, marks, 1.0 / 15);
  }

  static Drawing pendulum(double angle) {
    List<Mark> marks =
        List.of(
            new Line(0, 0, -sin(angle), cos(angle), 0.2, Ink.RED), new Disc(0, 0, 0.05, Ink.BLACK));
    return new Drawing(-1.4, -1.4, 1.4, 1.4, marks, 0.05);
  }
}
