package telos.rl.environment;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import telos.rl.scene.Board;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;

/// A walk among walls as an exact process, drawn as text: `#` wall, `.` free, `S` a start, `G` a
/// goal (reward 1), `P` a pit (reward -1); goals and pits end the episode. Without a start, every
/// free cell is one. Actions are up, right, down, left; with some probability one slips to either
/// side. Who runs into a wall or off the map stays.
///
/// States are the cells that are no walls, numbered row by row.
///
/// @param map rows of equal length
/// @param slip probability of going aside, half of it to each side
/// @param stepReward paid each step, before what goals and pits pay
public record GridWorld(List<String> map, double slip, double stepReward) {
  /// Russell and Norvig's (2010, figure 17.1) 4 by 3 world.
  public static final GridWorld RUSSELL_NORVIG =
      new GridWorld(List.of("...G", ".#.P", "S..."), 0.2, -0.04);

  /// The four rooms of Sutton, Precup and Singh (1999, figure 2): 104 cells, walked without
  /// slipping to a goal in the right doorway.
  public static final GridWorld FOUR_ROOMS =
      new GridWorld(
          List.of(
              "#############",
              "#.....#.....#",
              "#.....#.....#",
              "#...........#",
              "#.....#.....#",
              "#.....#.....#",
              "##.####.....#",
              "#.....###G###",
              "#.....#.....#",
              "#.....#.....#",
              "#...........#",
              "#.....#.....#",
              "#############"),
          0,
          0);

  private static final int[] DOWN = {-1, 0, 1, 0};
  private static final int[] RIGHT = {0, 1, 0, -1};

  public GridWorld {
    map = List.copyOf(map);
    int columns = map.isEmpty() ? 0 : map.getFirst().length();
    boolean rectangle = columns > 0 && map.stream().allMatch(row -> row.length() == columns);
    if (!rectangle || !String.join("", map).matches("[#.SGP]*[.S][#.SGP]*")) {
      throw new IllegalArgumentException(
          "grid world: " + map + " is no rectangle of #, ., S, G and P with a free cell");
    }
    if (!(slip >= 0 && slip <= 1) || !Double.isFinite(stepReward)) {
      throw new IllegalArgumentException(
          "grid world: probability %s, reward %s".formatted(slip, stepReward));
    }
  }

  /// Cells that are no walls.
  public int states() {
    return (int) String.join("", map).chars().filter(c -> c != '#').count();
  }

  /// Where a state is.
  public Board.Cell cell(int state) {
    int number = cells().get(state);
    return new Board.Cell(number / grid().columns(), number % grid().columns());
  }

  /// The state of a cell.
  ///
  /// @throws IllegalArgumentException for walls and what is off the map
  public int state(Board.Cell cell) {
    int state = cells().indexOf(grid().cell(cell.row(), cell.column()));
    if (state < 0) {
      throw new IllegalArgumentException("grid world: one cannot be at " + cell + " of " + map);
    }
    return state;
  }

  /// The exact process.
  public Mdp mdp(double discount) {
    List<Integer> cells = cells();
    Outcome[][][] outcomes = new Outcome[cells.size()][4][];
    double[] initial = new double[cells.size()];
    boolean marked = String.join("", map).contains("S");
    int starts = 0;
    for (int state = 0; state < initial.length; state++) {
      initial[state] = at(cells.get(state)) == (marked ? 'S' : '.') ? 1 : 0;
      starts += (int) initial[state];
      for (int action = 0; action < 4; action++) {
        outcomes[state][action] = outcomes(cells, cells.get(state), action);
      }
    }
    for (int state = 0; state < initial.length; state++) {
      initial[state] /= starts;
    }
    return new Mdp(outcomes, initial, discount);
  }

  /// An environment that can be drawn.
  public TabularEnvironment environment(double discount) {
    return new TabularEnvironment(
        mdp(discount),
        state -> Optional.of(GridScenes.gridWorld(map, cell(state))),
        _ -> Optional.empty());
  }

  private Outcome[] outcomes(List<Integer> cells, int cell, int action) {
    if (ends(cell)) {
      return new Outcome[] {new Outcome(1, cells.indexOf(cell), 0, true)};
    }
    List<Outcome> outcomes = new ArrayList<>();
    if (slip < 1) {
      outcomes.add(outcome(cells, cell, action, 1 - slip));
    }
    if (slip > 0) {
      outcomes.add(outcome(cells, cell, (action + 3) % 4, slip / 2));
      outcomes.add(outcome(cells, cell, (action + 1) % 4, slip / 2));
    }
    return outcomes.toArray(Outcome[]::new);
  }

  private Outcome outcome(List<Integer> cells, int cell, int direction, double probability) {
    int moved = grid().moved(cell, DOWN[direction], RIGHT[direction]);
    int next = at(moved) == '#' ? cell : moved;
    double prize = at(next) == 'G' ? 1 : at(next) == 'P' ? -1 : 0;
    return new Outcome(probability, cells.indexOf(next), stepReward + prize, ends(next));
  }

  private boolean ends(int cell) {
    return at(cell) == 'G' || at(cell) == 'P';
  }

  private char at(int cell) {
    return map.get(cell / grid().columns()).charAt(cell % grid().columns());
  }

  private Grid grid() {
    return new Grid(map.size(), map.getFirst().length());
  }

  /// Numbers of the cells that are no walls.
  private List<Integer> cells() {
    List<Integer> cells = new ArrayList<>();
    for (int cell = 0; cell < grid().size(); cell++) {
      if (at(cell) != '#') {
        cells.add(cell);
      }
    }
    return cells;
  }
}
