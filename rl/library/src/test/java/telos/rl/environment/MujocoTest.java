package telos.rl.environment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The arm and the ball against MuJoCo 2.2.2, with the bodies, motors and options of Gymnasium's
/// `Reacher-v5` and Gymnasium-Robotics' `PointMaze`.
final class MujocoTest {
  private static final Map<String, Object> GOLDEN = golden();

  private static Map<String, Object> golden() {
    try (var in = MujocoTest.class.getResourceAsStream("mujoco.json")) {
      return JSON.std.mapFrom(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Map<?, ?>> rows(String name) {
    @SuppressWarnings("unchecked")
    var rows = (List<Map<?, ?>>) GOLDEN.get(name);
    assertTrue(rows.size() >= 20);
    return rows;
  }

  private static double[] numbers(Map<?, ?> row, String name) {
    return ((List<?>) row.get(name))
        .stream().mapToDouble(x -> ((Number) x).doubleValue()).toArray();
  }

  @Test
  void armsMoveAlike() {
    for (Map<?, ?> row : rows("Reacher")) {
      var outcome =
          new Reacher().move(numbers(row, "state"), Numbers.floats(numbers(row, "action")));
      double[] next = numbers(row, "next");
      for (int i = 0; i < next.length; i++) {
        assertEquals(next[i], outcome.state()[i], 1e-12 * Math.max(1, Math.abs(next[i])));
      }
      float[] expected = Numbers.floats(numbers(row, "obs"));
      float[] seen = new Reacher().observe(outcome.state());
      assertArrayEquals(Arrays.copyOf(expected, 8), Arrays.copyOf(seen, 8), 1e-6f);
      // MuJoCo's fingertip lags by a part of a step.
      double lag = 0.02 * 0.21 * (Math.abs(next[2]) + Math.abs(next[3]));
      assertEquals(expected[8], seen[8], lag);
      assertEquals(((Number) row.get("reward")).doubleValue(), outcome.reward(), 2 * lag);
    }
  }

  @Test
  void ballsMoveAlike() {
    PointMaze maze = new PointMaze(Maze.U, false, false);
    for (Map<?, ?> row : rows("Ball")) {
      double[] from = numbers(row, "state");
      double[] state = {from[0], from[1], from[2], from[3], 0, 0};
      float[] action = Numbers.floats(numbers(row, "action"));
      double[] next = maze.move(state, action).state();
      double[] expected = numbers(row, "next");
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], next[i], 1e-12);
      }
    }
  }

  /// Four seconds along walls and into corners: MuJoCo's soft walls and ours lead the ball along
  /// the same way.
  @Test
  void wallsLeadAlike() {
    PointMaze maze = new PointMaze(Maze.U, false, false);
    double[] state = {-1, 1, 0, 0, 0, 0};
    List<Map<?, ?>> rows = rows("Walls");
    for (int i = 0; i < 400; i++) {
      float[] push = {1, (float) Math.sin(i / 25.0)};
      push = i > 280 ? new float[] {-1, 0.2f} : i > 150 ? new float[] {0.3f, -1} : push;
      state = maze.move(state, push).state();
      if (i % 20 == 19) {
        double[] place = numbers(rows.get(i / 20), "place");
        assertEquals(place[0], state[0], 0.03, "step " + (i + 1));
        assertEquals(place[1], state[1], 0.03, "step " + (i + 1));
      }
    }
  }
}
