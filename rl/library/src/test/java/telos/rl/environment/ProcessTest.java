package telos.rl.environment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.rl.environment.Maze.Point;
import telos.rl.scene.Board.Cell;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.rl.tabular.Planning;
import telos.tensor.Rng;

/// The processes of telos' own making against closed forms, exact models and published numbers.
final class ProcessTest {
  private static final Rng KEY = Rng.of(11);

  // --- grids ---

  /// Russell and Norvig (2010), figure 17.3.
  @Test
  void utilitiesOfTheSmallWorld() {
    Mdp mdp = GridWorld.RUSSELL_NORVIG.mdp(1);
    double[] values = Planning.valueIteration(mdp, 1e-9).values();
    double[][] published = {
      {0.812, 0.868, 0.918, Double.NaN},
      {0.762, Double.NaN, 0.660, Double.NaN},
      {0.705, 0.655, 0.611, 0.388}
    };
    int compared = 0;
    for (int state = 0; state < mdp.states(); state++) {
      Cell cell = GridWorld.RUSSELL_NORVIG.cell(state);
      assertEquals(state, GridWorld.RUSSELL_NORVIG.state(cell));
      double expected = published[cell.row()][cell.column()];
      if (!Double.isNaN(expected)) {
        assertEquals(expected, values[state], 0.0006, cell.toString());
        compared++;
      }
    }
    assertEquals(9, compared);
  }

  @Test
  void movesOnAGrid() {
    GridWorld world = new GridWorld(List.of("S#", ".G"), 0.2, -1);
    assertEquals(3, world.states());
    Mdp mdp = world.mdp(0.9);
    // Up from the start: it stays, or slips left (off the map) or right (into the wall).
    assertEquals(-1, mdp.reward(0, 0));
    assertTrue(Arrays.stream(mdp.outcomes()[0][0]).allMatch(o -> o.next() == 0));
    // Right from below the start: to the goal, or up or down.
    assertEquals(
        List.of(
            new Outcome(0.8, 2, 0, true),
            new Outcome(0.1, 0, -1, false),
            new Outcome(0.1, 1, -1, false)),
        List.of(mdp.outcomes()[1][1]));
    assertArrayEquals(new double[] {1, 0, 0}, mdp.initial());
    assertThrows(IllegalArgumentException.class, () -> world.state(new Cell(0, 1)));
    assertThrows(IllegalArgumentException.class, () -> new GridWorld(List.of("G#"), 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new GridWorld(List.of(".", ".."), 0, 0));
  }

  /// On any map a step leads to a cell beside or nowhere, pays what the cell pays, and ends where
  /// the map says so.
  @Property(tries = 50)
  void stepsOnAnyMap(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 6) int rows,
      @ForAll @IntRange(min = 1, max = 6) int columns) {
    StringBuilder letters = new StringBuilder(".");
    for (int i = 1; i < rows * columns; i++) {
      letters.append("#.SGP".charAt(Rng.of(seed).fold(i).integer(5)));
    }
    List<String> map =
        IntStream.range(0, rows)
            .mapToObj(row -> letters.substring(row * columns, (row + 1) * columns))
            .toList();
    GridWorld world = new GridWorld(map, 0.3, -0.25);
    Mdp mdp = world.mdp(1);
    for (int state = 0; state < mdp.states(); state++) {
      Cell from = world.cell(state);
      boolean over = "GP".indexOf(map.get(from.row()).charAt(from.column())) >= 0;
      for (Outcome[] outcomes : mdp.outcomes()[state]) {
        for (Outcome outcome : outcomes) {
          Cell to = world.cell(outcome.next());
          char letter = map.get(to.row()).charAt(to.column());
          int far = Math.abs(to.row() - from.row()) + Math.abs(to.column() - from.column());
          assertTrue(over ? far == 0 : far <= 1);
          assertEquals("GP".indexOf(letter) >= 0, outcome.terminated());
          double prize = letter == 'G' ? 1 : letter == 'P' ? -1 : 0;
          assertEquals(over ? 0 : prize - 0.25, outcome.reward());
        }
      }
    }
  }

  @Test
  void fourRoomsHave104Cells() {
    assertEquals(104, GridWorld.FOUR_ROOMS.states());
    Mdp mdp = GridWorld.FOUR_ROOMS.mdp(0.9);
    double[] values = Planning.valueIteration(mdp, 1e-12).values();
    assertEquals(1, values[GridWorld.FOUR_ROOMS.state(new Cell(6, 9))], 1e-9);
    // From the upper left corner: 2 + 5 to the upper doorway, 4 + 3 on to the goal.
    assertEquals(Math.pow(0.9, 13), values[GridWorld.FOUR_ROOMS.state(new Cell(1, 1))], 1e-9);
  }

  /// Where Gymnasium's `action_mask` has ones.
  @Test
  void masksOfTheTaxi() {
    // At red (upper left), the passenger waits there.
    assertArrayEquals(new boolean[] {true, false, true, false, true, false}, Taxi.allowed(1));
    // At row 3, column 1, passenger inside: walls on neither side but one left of column 1.
    int state = ((3 * 5 + 1) * 5 + 4) * 4 + 2;
    assertArrayEquals(new boolean[] {true, true, true, false, false, false}, Taxi.allowed(state));
    // At yellow with the passenger who wants to be put down at blue: putting down is allowed.
    int yellow = ((4 * 5) * 5 + 4) * 4 + 3;
    assertArrayEquals(new boolean[] {false, true, false, false, false, true}, Taxi.allowed(yellow));
    var taxi = Environments.of("Taxi-v3");
    taxi.reset(KEY);
    assertEquals(6, taxi.allowed().orElseThrow().length);
    assertTrue(Environments.of("CartPole-v1").allowed().isEmpty());
  }

  // --- the maze ---

  /// Away from walls the velocity follows `m v' = F - v`; here against its exact solution, which an
  /// implicit Euler step of 10 ms meets to second order.
  @Test
  void theBallFollowsItsEquation() {
    PointMaze maze = new PointMaze(Maze.OPEN, false, false);
    double mass = 1000 * 4.0 / 3 * Math.PI * 1e-3;
    double[] next = maze.move(new double[] {0, 0, 1, -2, 1, 1}, new float[] {0.5f, 0}).state();
    double decay = Math.exp(-0.01 / mass);
    assertEquals(50 + (1 - 50) * decay, next[2], 2e-4);
    assertEquals(-2 * decay, next[3], 1e-5);
    assertEquals(0.01 * next[2], next[0], 1e-15);
    assertEquals(0.01 * next[3], next[1], 1e-15);
    double[] fast = maze.move(new double[] {0, 0, 9, 0, 1, 1}, new float[] {0, 0}).state();
    assertEquals(5 * mass / (mass + 0.01), fast[2], 1e-12);
  }

  /// Whatever it does, the ball stays out of walls, and what is seen lies in its space.
  @Property(tries = 40)
  void theBallStaysOutOfWalls(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 3) int which, @ForAll boolean steady) {
    Maze maze = List.of(Maze.U, Maze.OPEN, Maze.MEDIUM, Maze.LARGE).get(which);
    Simulation<float[]> ball = new Simulation<>(new PointMaze(maze, true, false));
    float[] seen = ball.reset(Rng.of(seed));
    for (int i = 0; i < 400; i++) {
      assertTrue(maze.clearance(seen[0], seen[1]) > PointMaze.RADIUS - 1e-5);
      assertEquals("", ball.observations().fault(seen));
      Rng key = Rng.of(seed).fold(steady ? i / 60 : i);
      float[] push = {Math.signum((float) key.fold(0).normal()), (float) key.fold(1).uniform()};
      seen = ball.step(push).observation();
    }
  }

  /// Pushed steadily to the upper right it comes to lie in the corner, without speed but what the
  /// last push gave.
  @Test
  void theBallRestsInACorner() {
    PointMaze maze = new PointMaze(Maze.U, false, false);
    double[] state = {1, 0, 0, 0, 0, 0};
    for (int i = 0; i < 300; i++) {
      state = maze.move(state, new float[] {1, 1}).state();
    }
    assertArrayEquals(new double[] {1.4, 1.4, 0, 0, 0, 0}, state, 1e-9);
  }

  @Test
  void goalsAreReached() {
    double[] close = {1, 1, 0, 0, 1.3, 1.3};
    float[] rest = {0, 0};
    assertEquals(1, new PointMaze(Maze.U, false, false).move(close, rest).reward());
    assertFalse(new PointMaze(Maze.U, false, false).move(close, rest).terminated());
    assertTrue(new PointMaze(Maze.U, false, true).move(close, rest).terminated());
    double distance = Math.sqrt(0.18);
    assertEquals(
        Math.exp(-distance), new PointMaze(Maze.U, true, false).move(close, rest).reward(), 1e-12);
    PointMaze maze = new PointMaze(Maze.U, false, false);
    assertEquals(0, maze.reward(Numbers.floats(0, 0), Numbers.floats(0, 0.46)));
    for (int i = 0; i < 200; i++) {
      double[] start = maze.start(KEY.fold(i));
      Point place = new Point(start[0], start[1]);
      Point goal = new Point(start[4], start[5]);
      assertTrue(Maze.U.clearance(goal.x(), goal.y()) >= 0.25 - 1e-12);
      assertTrue(Maze.U.clearance(place.x(), place.y()) >= 0.25 - 1e-12);
    }
    assertThrows(IllegalArgumentException.class, () -> new Maze(List.of("###", "#..", "###")));
  }

  // --- bandits ---

  @Test
  void armsPayTheirMeans() {
    Bandit bandit = new Bandit(List.of(new Bandit.Bernoulli(0.3), new Bandit.Gaussian(2, 0.5)));
    assertEquals(2, bandit.optimum());
    int pulls = 4000;
    for (int arm = 0; arm < 2; arm++) {
      double total = 0;
      for (int i = 0; i < pulls; i++) {
        bandit.reset(KEY.fold(arm).fold(i));
        Step<Integer> step = bandit.step(arm);
        assertTrue(step.terminated());
        total += step.reward();
      }
      assertEquals(bandit.arms().get(arm).mean(), total / pulls, 4 * 0.5 / Math.sqrt(pulls));
    }
    assertThrows(IllegalStateException.class, () -> bandit.step(0));
    assertThrows(IllegalArgumentException.class, () -> new Bandit.Bernoulli(1.1));
  }

  @Test
  void contextsDecide() {
    ContextualBandit bandit = new ContextualBandit(new double[][] {{1, 0}, {0, -2}}, 0);
    for (int i = 0; i < 20; i++) {
      float[] context = bandit.reset(KEY.fold(i));
      assertEquals(-2.0 * context[1], bandit.step(1).reward());
    }
  }

  // --- the lock ---

  /// What happens has the frequencies of the exact model, within five standard errors.
  @Test
  void theLockFollowsItsModel() {
    CombinationLock lock = CombinationLock.of(3, 4, KEY);
    Mdp mdp = lock.mdp();
    assertEquals(5, Planning.valueIteration(mdp, 1e-9).expectedReturn(mdp), 1e-9);
    double[][] counts = new double[mdp.states()][mdp.states()];
    double[] visits = new double[mdp.states()];
    double[] rewards = new double[mdp.states()];
    var inner = lock.environment().inner();
    for (int episode = 0; episode < 4000; episode++) {
      int state = inner.reset(KEY.fold(episode));
      Step<Integer> step;
      do {
        int level = state / 3;
        int action = lock.good()[level][state % 3 == 1 ? 1 : 0];
        action = episode % 2 == 0 || level == 0 ? action : (action + 1) % 4;
        step = inner.step(action);
        int next = step.observation();
        if (episode % 2 == 0) {
          counts[state][next]++;
          visits[state]++;
        } else if (level == 1) {
          rewards[state] += step.reward() / 1000;
        }
        state = next;
      } while (!step.done());
    }
    for (int state = 0; state < 9; state++) {
      if (visits[state] > 0) {
        int right = lock.good()[state / 3][state % 3];
        for (Outcome outcome : mdp.outcomes()[state][right]) {
          assertEquals(
              outcome.probability(),
              counts[state][outcome.next()] / visits[state],
              5 * 0.5 / Math.sqrt(visits[state]));
        }
      }
    }
    // Some 1000 wrong actions in either good state of level 1, each paying 0.1 half of the time.
    assertEquals(0.05, rewards[3], 0.015);
    assertEquals(0.05, rewards[4], 0.015);
  }

  /// Turning a sign back by the same matrix gives the code of the hidden state up to the noise.
  @Test
  void signsOfTheLockTurnBack() {
    CombinationLock lock = CombinationLock.of(20, 10, KEY);
    var environment = lock.environment();
    float[] sign = environment.reset(KEY);
    assertEquals(32, sign.length);
    int hidden = (int) environment.inner().state().values()[0];
    double squares = 0;
    for (int column = 0; column < 24; column++) {
      double code = 0;
      for (int row = 0; row < 32; row++) {
        code += (Integer.bitCount(row & column) % 2 == 0 ? 1 : -1) * sign[row] / 32.0;
      }
      double noise = code - (column == hidden || column == 3 ? 1 : 0);
      squares += noise * noise;
    }
    assertEquals(0.1, Math.sqrt(squares / 24), 0.05);
    assertFalse(Arrays.equals(sign, environment.reset(KEY.fold(1))));
  }

  // --- texts ---

  @Test
  void textsEndOrAreCut() {
    TextEnvironment echo = TextEnvironment.echo(4, 3);
    int[] seen = echo.reset(KEY);
    assertEquals(9, seen.length);
    assertArrayEquals(new int[] {1, 3, 0, 0, 0, 0}, pick(seen, 0, 4, 5, 6, 7, 8));
    double total = 0;
    for (int i = 1; i <= 3; i++) {
      Step<int[]> step = echo.step(seen[i]);
      assertEquals(seen[i], step.observation()[4 + i]);
      assertFalse(step.done());
      total += step.reward();
    }
    Step<int[]> last = echo.step(2);
    assertTrue(last.terminated() && !last.truncated());
    assertEquals(1, total + last.reward());
    echo.reset(KEY);
    echo.step(2 + 2);
    boolean right = seen[1] == 4;
    Step<int[]> early = echo.step(2);
    assertTrue(early.terminated());
    assertEquals(right ? 0.25 : 0, early.reward());
    echo.reset(KEY);
    for (int i = 0; i < 3; i++) {
      echo.step(3);
    }
    Step<int[]> cut = echo.step(3);
    assertTrue(cut.truncated() && !cut.terminated());
    assertEquals(0, cut.reward());
    assertThrows(IllegalStateException.class, () -> echo.step(2));
    boolean[] allowed = echo.allowed().orElseThrow();
    assertFalse(allowed[0] || allowed[1]);
    assertTrue(allowed[2] && allowed[3] && allowed[7]);
  }

  private static int[] pick(int[] values, int... at) {
    return Arrays.stream(at).map(i -> values[i]).toArray();
  }
}
