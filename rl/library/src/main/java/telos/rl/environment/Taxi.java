package telos.rl.environment;

import java.util.Optional;
import telos.rl.scene.Board;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;

/// A taxi that fetches a passenger and brings them where they want to go (Dietterich 2000):
/// Gymnasium's `Taxi` as an exact process of 500 states. Actions are south, north, east, west, pick
/// up, put down. Reward 20 for a passenger at their destination, -10 for picking up or putting down
/// where that is not possible, else -1.
public final class Taxi {
  private static final Grid GRID = new Grid(5, 5);

  /// Red, green, yellow, blue.
  private static final int[] PLACES = {
    GRID.cell(0, 0), GRID.cell(0, 4), GRID.cell(4, 0), GRID.cell(4, 3)
  };

  /// The passenger's place while in the taxi.
  private static final int INSIDE = PLACES.length;

  /// Of each row, the columns that have a wall on their right.
  private static final String[] WALLS = {"1", "1", "", "02", "02"};

  private static final int[] DOWN = {1, -1, 0, 0};
  private static final int[] RIGHT = {0, 0, 1, -1};

  private Taxi() {}

  /// An environment that can be drawn and tells which actions do something.
  public static TabularEnvironment environment(double discount) {
    return new TabularEnvironment(
        mdp(discount), state -> Optional.of(scene(state)), state -> Optional.of(allowed(state)));
  }

  /// Gymnasium's action mask: what changes the state or ends the episode.
  public static boolean[] allowed(int state) {
    boolean[] allowed = new boolean[6];
    for (int action = 0; action < allowed.length; action++) {
      Outcome outcome = outcome(cell(state), passenger(state), goal(state), action);
      allowed[action] = outcome.next() != state || outcome.terminated();
    }
    return allowed;
  }

  private static Board scene(int state) {
    int passenger = passenger(state);
    int at = passenger == INSIDE ? cell(state) : PLACES[passenger];
    return GridScenes.taxi(GRID, WALLS, cell(state), at, PLACES[goal(state)]);
  }

  public static Mdp mdp(double discount) {
    Outcome[][][] outcomes = new Outcome[state(GRID.size(), 0, 0)][6][1];
    double[] initial = new double[outcomes.length];
    for (int cell = 0; cell < GRID.size(); cell++) {
      for (int passenger = 0; passenger <= INSIDE; passenger++) {
        for (int goal = 0; goal < PLACES.length; goal++) {
          int state = state(cell, passenger, goal);
          initial[state] = passenger != INSIDE && passenger != goal ? 1 : 0;
          for (int action = 0; action < 6; action++) {
            outcomes[state][action][0] = outcome(cell, passenger, goal, action);
          }
        }
      }
    }
    double starts = GRID.size() * PLACES.length * (PLACES.length - 1.0);
    for (int state = 0; state < initial.length; state++) {
      initial[state] /= starts;
    }
    return new Mdp(outcomes, initial, discount);
  }

  /// Gymnasium's number of a state.
  private static int state(int cell, int passenger, int goal) {
    return (cell * (PLACES.length + 1) + passenger) * PLACES.length + goal;
  }

  private static int cell(int state) {
    return state / (PLACES.length * (PLACES.length + 1));
  }

  private static int passenger(int state) {
    return state / PLACES.length % (PLACES.length + 1);
  }

  private static int goal(int state) {
    return state % PLACES.length;
  }

  private static Outcome outcome(int cell, int passenger, int goal, int action) {
    return switch (action) {
      case 4 ->
          passenger != INSIDE && PLACES[passenger] == cell
              ? new Outcome(1, state(cell, INSIDE, goal), -1, false)
              : new Outcome(1, state(cell, passenger, goal), -10, false);
      case 5 -> putDown(cell, passenger, goal);
      default -> new Outcome(1, state(driven(cell, action), passenger, goal), -1, false);
    };
  }

  private static Outcome putDown(int cell, int passenger, int goal) {
    if (passenger == INSIDE && PLACES[goal] == cell) {
      return new Outcome(1, state(cell, goal, goal), 20, true);
    }
    for (int place = 0; place < PLACES.length; place++) {
      if (passenger == INSIDE && PLACES[place] == cell) {
        return new Outcome(1, state(cell, place, goal), -1, false);
      }
    }
    return new Outcome(1, state(cell, passenger, goal), -10, false);
  }

  private static int driven(int cell, int direction) {
    int column = cell % GRID.columns();
    String walls = WALLS[cell / GRID.columns()];
    boolean wall =
        direction == 2 && walls.contains(Integer.toString(column))
            || direction == 3 && walls.contains(Integer.toString(column - 1));
    return wall ? cell : GRID.moved(cell, DOWN[direction], RIGHT[direction]);
  }
}
