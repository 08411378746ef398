package telos.rl.environment;

import java.util.Optional;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;

/// A walk along a cliff from one end to the other (Sutton and Barto 2018, example 6.6): Gymnasium's
/// `CliffWalking` as an exact process. Actions are up, right, down, left. Reward -1 a step, -100
/// for a fall, after which one is back at the start.
public final class CliffWalking {
  private static final Grid GRID = new Grid(4, 12);
  private static final int START = GRID.cell(3, 0);
  private static final int GOAL = GRID.cell(3, 11);
  private static final int[] DOWN = {-1, 0, 1, 0};
  private static final int[] RIGHT = {0, 1, 0, -1};

  private CliffWalking() {}

  /// An environment that can be drawn.
  public static TabularEnvironment environment(double discount) {
    return new TabularEnvironment(
        mdp(discount), cell -> Optional.of(GridScenes.cliff(cell)), _ -> Optional.empty());
  }

  public static Mdp mdp(double discount) {
    Outcome[][][] outcomes = new Outcome[GRID.size()][4][1];
    for (int cell = 0; cell < GRID.size(); cell++) {
      for (int action = 0; action < 4; action++) {
        int next = GRID.moved(cell, DOWN[action], RIGHT[action]);
        boolean falls = next > START && next < GOAL;
        outcomes[cell][action][0] =
            falls ? new Outcome(1, START, -100, false) : new Outcome(1, next, -1, next == GOAL);
      }
    }
    double[] initial = new double[GRID.size()];
    initial[START] = 1;
    return new Mdp(outcomes, initial, discount);
  }
}
