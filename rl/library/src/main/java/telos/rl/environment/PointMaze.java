package telos.rl.environment;

import java.util.List;
import java.util.Optional;
import telos.rl.environment.Maze.Block;
import telos.rl.environment.Maze.Point;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// A ball in a maze, pushed by a force along x and one along y, that is to reach a goal:
/// Gymnasium-Robotics' `PointMaze` (Fu et al. 2020) without MuJoCo. State and what is seen:
/// position, velocity, goal, each along x and y. What is achieved are the first two numbers, what
/// is wanted the last two.
///
/// Away from walls a step is MuJoCo's, which solves the linear equation of motion by an implicit
/// Euler step. Walls differ: here they are hard, without friction, and take away the speed towards
/// them; MuJoCo's give way by some millimetres.
///
/// @param dense reward `exp(-distance)` rather than 1 within [#REACHED] of the goal
/// @param episodic whether reaching the goal ends the episode; Gymnasium's default does not
public record PointMaze(Maze maze, boolean dense, boolean episodic)
    implements Dynamics<float[]>, Goals {
  /// Distance from which on the goal counts as reached.
  public static final double REACHED = 0.45;

  static final double RADIUS = 0.1;
  private static final double SECONDS = 0.01;
  private static final double DAMPING = 1;
  private static final double GEAR = 100;
  private static final double MASS = 1000 * 4.0 / 3 * Math.PI * RADIUS * RADIUS * RADIUS;

  /// To which speeds are cut before a step.
  private static final double CUT = 5;

  /// Along an axis: a corner turns a speed, at most all of it into that direction.
  private static final double MOST_SPEED = Math.sqrt(2) * pushed(CUT, 1);

  private static final double NOISE = 0.25;

  @Override
  public Space.Box observations() {
    double x = maze.halfWidth();
    double y = maze.halfHeight();
    return Space.Box.of(
        Numbers.floats(-x, -y, -MOST_SPEED, -MOST_SPEED, -x, -y),
        Numbers.floats(x, y, MOST_SPEED, MOST_SPEED, x, y));
  }

  @Override
  public Space<float[]> actions() {
    return Space.Box.of(-1, 1, 2);
  }

  /// A goal near the middle of a free cell, and a place near the middle of another.
  @Override
  public double[] start(Rng key) {
    List<Point> free = maze.free();
    Rng cells = key.fold("cell");
    Point goal = near(free.get(key.fold("goal").integer(free.size())), key.fold("goal noise"));
    Point cell = goal;
    for (int attempt = 0; cell.distance(goal) <= 0.5; attempt++) {
      cell = free.get(cells.fold(attempt).integer(free.size()));
    }
    Point place = near(cell, key.fold("noise"));
    return new double[] {place.x(), place.y(), 0, 0, goal.x(), goal.y()};
  }

  private static Point near(Point middle, Rng key) {
    double[] noise = Numbers.uniform(key, 2, NOISE);
    return new Point(middle.x() + noise[0], middle.y() + noise[1]);
  }

  @Override
  public Outcome move(double[] state, float[] action) {
    double[] next = state.clone();
    for (int axis = 0; axis < 2; axis++) {
      next[2 + axis] = pushed(Math.clamp(state[2 + axis], -CUT, CUT), action[axis]);
      next[axis] += SECONDS * next[2 + axis];
    }
    List<Block> near = maze.near(next[0], next[1]);
    near.forEach(block -> keepOff(next, block, false));
    near.forEach(block -> keepOff(next, block, true));
    Point goal = new Point(next[4], next[5]);
    Point place = new Point(next[0], next[1]);
    return new Outcome(next, reward(place, goal), episodic && reached(place, goal));
  }

  /// `m (v' - v) = h (F - c v')`.
  private static double pushed(double speed, double action) {
    return (MASS * speed + SECONDS * GEAR * action) / (MASS + SECONDS * DAMPING);
  }

  /// Puts the ball beside a block it overlaps with. Sides of blocks come before their corners:
  /// where two blocks lie side by side, the corners between them are none.
  private static void keepOff(double[] state, Block block, boolean corners) {
    double x = block.nearestX(state[0]);
    double y = block.nearestY(state[1]);
    double apart = StrictMath.hypot(state[0] - x, state[1] - y);
    boolean corner = x != state[0] && y != state[1];
    if (apart >= RADIUS || corner != corners) {
      return;
    }
    double alongX = (state[0] - x) / apart;
    double alongY = (state[1] - y) / apart;
    state[0] = x + RADIUS * alongX;
    state[1] = y + RADIUS * alongY;
    double inwards = Math.min(0, state[2] * alongX + state[3] * alongY);
    state[2] -= inwards * alongX;
    state[3] -= inwards * alongY;
  }

  private static boolean reached(Point place, Point goal) {
    return place.distance(goal) <= REACHED;
  }

  @Override
  public int goalSize() {
    return 2;
  }

  @Override
  public int achievedAt() {
    return 0;
  }

  @Override
  public double reward(float[] achieved, float[] desired) {
    return reward(point(achieved), point(desired));
  }

  @Override
  public boolean solved(float[] achieved, float[] desired) {
    return episodic && reached(point(achieved), point(desired));
  }

  private static Point point(float[] numbers) {
    return new Point(numbers[0], numbers[1]);
  }

  private double reward(Point achieved, Point goal) {
    return dense ? StrictMath.exp(-achieved.distance(goal)) : reached(achieved, goal) ? 1 : 0;
  }

  @Override
  public float[] observe(double[] state) {
    return Numbers.floats(state);
  }

  @Override
  public Optional<Scene> scene(double[] state) {
    return Optional.of(PlaneScenes.pointMaze(maze, state));
  }
}
