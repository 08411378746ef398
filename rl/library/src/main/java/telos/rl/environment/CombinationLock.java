package telos.rl.environment;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.rl.scene.Board;
import telos.rl.scene.Ink;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.tensor.Rng;

/// The diabolical combination lock of Misra et al. (2020, "HOMER", section 6): `H` levels of two
/// good states and a bad one. In a good state one action leads to either good state of the next
/// level; all others, and every action in a bad state, lead to its bad state. Reward 5 for the
/// right action at the last level; leaving the good states pays 0.1 half of the time, so that greed
/// leads astray. A random walk opens the lock once in `A^H` episodes.
///
/// What is seen is a rotation of a noisy code of the hidden state: the one-hot kind (3 numbers) and
/// the one-hot level (`H + 1` numbers) with normal noise of deviation 0.1, times the first `H + 4`
/// columns of Sylvester's Hadamard matrix.
///
/// Hidden states are `3 level + kind`; kinds 0 and 1 are good, 2 is bad; level `H` is the end.
///
/// @param good the right action in each good state, `[H][2]`
/// @param actions how many there are
@SuppressWarnings("ArrayRecordComponent") // compared by identity
public record CombinationLock(int[][] good, int actions) {
  private static final double PRIZE = 5;
  private static final double LURE = 0.1;
  private static final double NOISE = 0.1;
  private static final int KINDS = 3;
  private static final int BAD = 2;

  public CombinationLock {
    int most = actions;
    boolean sound =
        good.length > 0
            && Arrays.stream(good).allMatch(level -> level.length == 2)
            && Arrays.stream(good).flatMapToInt(IntStream::of).allMatch(a -> a >= 0 && a < most);
    if (actions < 2 || !sound) {
      throw new IllegalArgumentException(
          "combination lock: needs a level at least, two actions at least, and for each level two"
              + " of the "
              + actions
              + " actions");
    }
    good = Arrays.stream(good).map(int[]::clone).toArray(int[][]::new);
  }

  /// With right actions drawn at random.
  public static CombinationLock of(int horizon, int actions, Rng key) {
    int[][] good = new int[horizon][];
    for (int level = 0; level < horizon; level++) {
      Rng own = key.fold(level);
      good[level] = IntStream.range(0, 2).map(kind -> own.fold(kind).integer(actions)).toArray();
    }
    return new CombinationLock(good, actions);
  }

  /// H.
  public int horizon() {
    return good.length;
  }

  /// The expected reward of an episode that opens the lock.
  public double optimum() {
    return PRIZE;
  }

  /// The exact hidden process, without discount.
  public Mdp mdp() {
    Outcome[][][] outcomes = new Outcome[KINDS * (horizon() + 1)][actions][];
    for (int state = 0; state < outcomes.length; state++) {
      for (int action = 0; action < actions; action++) {
        outcomes[state][action] = outcomes(state, action);
      }
    }
    double[] initial = new double[outcomes.length];
    initial[0] = 0.5;
    initial[1] = 0.5;
    return new Mdp(outcomes, initial, 1);
  }

  private Outcome[] outcomes(int state, int action) {
    int level = state / KINDS;
    int kind = state % KINDS;
    boolean last = level == horizon() - 1;
    int next = KINDS * (level + 1);
    if (level == horizon()) {
      return new Outcome[] {new Outcome(1, state, 0, true)};
    }
    if (kind == BAD) {
      return new Outcome[] {new Outcome(1, next + BAD, 0, last)};
    }
    if (action == good[level][kind]) {
      double reward = last ? PRIZE : 0;
      return new Outcome[] {
        new Outcome(0.5, next, reward, last), new Outcome(0.5, next + 1, reward, last)
      };
    }
    return new Outcome[] {
      new Outcome(0.5, next + BAD, LURE, last), new Outcome(0.5, next + BAD, 0, last)
    };
  }

  /// The process with its states hidden.
  public RichObservation<Integer> environment() {
    return new RichObservation<>(
        new TabularEnvironment(mdp(), s -> Optional.of(scene(s)), _ -> Optional.empty()),
        new Rotated(horizon()));
  }

  private Board scene(int state) {
    String row = ".".repeat(horizon() + 1);
    List<String> rows = List.of(row, row, "x".repeat(horizon() + 1));
    Board.Cell cell = new Board.Cell(state % KINDS, state / KINDS);
    Board.Piece piece = new Board.Piece('@', cell, Ink.ORANGE, 0.6);
    return new Board(rows, Map.of('x', Ink.GREY), List.of(), List.of(piece), 0.25);
  }

  /// The noisy, rotated code.
  private record Rotated(int horizon, Space.Box observations) implements RichObservation.Emission {
    Rotated(int horizon) {
      this(horizon, Space.Box.anywhere(List.of(rows(horizon))));
    }

    /// The least power of two that is as great as the code is long.
    private static int rows(int horizon) {
      int code = horizon + KINDS + 1;
      return Integer.highestOneBit(2 * code - 1);
    }

    @Override
    public float[] of(int state, Rng key) {
      double[] code = new double[horizon + KINDS + 1];
      for (int i = 0; i < code.length; i++) {
        code[i] = NOISE * key.fold(i).normal();
      }
      code[state % KINDS]++;
      code[KINDS + state / KINDS]++;
      float[] rotated = new float[rows(horizon)];
      for (int row = 0; row < rotated.length; row++) {
        rotated[row] = (float) row(row, code);
      }
      return rotated;
    }

    /// Entry `(i, j)` of Sylvester's matrix is -1 to the number of ones that `i` and `j` share.
    private static double row(int row, double[] code) {
      double sum = 0;
      for (int column = 0; column < code.length; column++) {
        sum += Integer.bitCount(row & column) % 2 == 0 ? code[column] : -code[column];
      }
      return sum;
    }
  }
}
