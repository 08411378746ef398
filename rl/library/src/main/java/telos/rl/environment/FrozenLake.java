package telos.rl.environment;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;

/// A walk over a frozen lake with holes: Gymnasium's `FrozenLake` as an exact process. Actions are
/// left, down, right, up; on slippery ice one goes where one wants with some probability and else
/// to either side of it. Reward 1 at the goal; holes and the goal end the episode.
public final class FrozenLake {
  /// Gymnasium's map of 4 by 4: start, frozen, hole, goal.
  public static final List<String> SMALL = List.of("SFFF", "FHFH", "FFFH", "HFFG");

  /// Gymnasium's map of 8 by 8.
  public static final List<String> LARGE =
      List.of(
          "SFFFFFFF",
          "FFFFFFFF",
          "FFFHFFFF",
          "FFFFFHFF",
          "FFFHFFFF",
          "FHHFFFHF",
          "FHFFHFHF",
          "FFFHFFFG");

  private static final int[] DOWN = {0, 1, 0, -1};
  private static final int[] RIGHT = {-1, 0, 1, 0};

  private final List<String> map;
  private final Grid grid;
  private final double success;

  private FrozenLake(List<String> map, double success) {
    boolean square = !map.isEmpty() && map.stream().allMatch(r -> r.length() == map.size());
    if (!square || !String.join("", map).matches("[SFHG]*S[SFHG]*")) {
      throw new IllegalArgumentException(
          "frozen lake: " + map + " is not a square of S, F, H and G with a start");
    }
    if (!(success >= 0 && success <= 1)) {
      throw new IllegalArgumentException("frozen lake: probability " + success);
    }
    this.map = map;
    this.grid = new Grid(map.size(), map.size());
    this.success = success;
  }

  /// Slippery ice as in Gymnasium's default: every third step goes where one wants.
  public static Mdp slippery(List<String> map, double discount) {
    return of(map, 1.0 / 3, discount);
  }

  /// @param success probability of going where one wants; 1 is ice that does not slip
  public static Mdp of(List<String> map, double success, double discount) {
    return new FrozenLake(List.copyOf(map), success).mdp(discount);
  }

  /// An environment that can be drawn.
  ///
  /// @param success probability of going where one wants
  public static TabularEnvironment environment(List<String> map, double success, double discount) {
    return new TabularEnvironment(
        of(map, success, discount),
        state -> Optional.of(GridScenes.frozenLake(map, state)),
        _ -> Optional.empty());
  }

  private Mdp mdp(double discount) {
    Outcome[][][] outcomes = new Outcome[grid.size()][4][];
    for (int cell = 0; cell < grid.size(); cell++) {
      for (int action = 0; action < 4; action++) {
        outcomes[cell][action] = outcomes(cell, action);
      }
    }
    double starts = IntStream.range(0, grid.size()).filter(cell -> at(cell) == 'S').count();
    double[] initial =
        IntStream.range(0, grid.size()).mapToDouble(c -> at(c) == 'S' ? 1 / starts : 0).toArray();
    return new Mdp(outcomes, initial, discount);
  }

  private Outcome[] outcomes(int cell, int action) {
    if (ends(cell)) {
      return new Outcome[] {new Outcome(1, cell, 0, true)};
    }
    if (success == 1) {
      return new Outcome[] {outcome(cell, action, 1)};
    }
    double aside = (1 - success) / 2;
    return new Outcome[] {
      outcome(cell, (action + 3) % 4, aside),
      outcome(cell, action, success),
      outcome(cell, (action + 1) % 4, aside)
    };
  }

  private Outcome outcome(int cell, int direction, double probability) {
    int next = grid.moved(cell, DOWN[direction], RIGHT[direction]);
    return new Outcome(probability, next, at(next) == 'G' ? 1 : 0, ends(next));
  }

  private boolean ends(int cell) {
    return at(cell) == 'H' || at(cell) == 'G';
  }

  private char at(int cell) {
    return map.get(cell / grid.columns()).charAt(cell % grid.columns());
  }
}
