package telos.rl.environment;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.SequencedMap;
import java.util.function.Supplier;
import telos.rl.environment.Environment.Restorable;
import telos.tensor.Rng;

/// The environments of this module, under Gymnasium's names and with its time limits; where a
/// process is not Gymnasium's, under a name of telos.
final class Bundled implements EnvironmentProvider {
  /// Of the exact models; who acts in them needs none.
  private static final double DISCOUNT = 0.99;

  /// Draws what a problem fixes, such as the arms of a bandit: the same in every run.
  private static final Rng PROBLEM = Rng.of(0).fold("problem");

  private static final SequencedMap<String, Supplier<Restorable<?, ?>>> TABLE = table();

  private static SequencedMap<String, Supplier<Restorable<?, ?>>> table() {
    SequencedMap<String, Supplier<Restorable<?, ?>>> table = new LinkedHashMap<>();
    table.put("CartPole-v1", () -> simulated(new CartPole(), 500));
    table.put("MountainCar-v0", () -> simulated(new MountainCar(), 200));
    table.put("MountainCarContinuous-v0", () -> simulated(new MountainCarContinuous(), 999));
    table.put("Acrobot-v1", () -> simulated(new Acrobot(), 500));
    table.put("Pendulum-v1", () -> simulated(new Pendulum(), 200));
    table.put("FrozenLake-v1", () -> lake(FrozenLake.SMALL, 100));
    table.put("FrozenLake8x8-v1", () -> lake(FrozenLake.LARGE, 200));
    table.put("CliffWalking-v1", () -> CliffWalking.environment(DISCOUNT));
    for (String taxi : List.of("Taxi-v3", "Taxi-v4")) {
      table.put(taxi, () -> new TimeLimit<>(Taxi.environment(DISCOUNT), 200));
    }
    for (boolean dense : List.of(false, true)) {
      String suffix = dense ? "Dense-v3" : "-v3";
      table.put("PointMaze_UMaze" + suffix, () -> maze(Maze.U, dense, 300));
      table.put("PointMaze_Open" + suffix, () -> maze(Maze.OPEN, dense, 300));
      table.put("PointMaze_Medium" + suffix, () -> maze(Maze.MEDIUM, dense, 600));
      table.put("PointMaze_Large" + suffix, () -> maze(Maze.LARGE, dense, 800));
    }
    table.put("ReacherAnalytic-v5", () -> simulated(new Reacher(), 50));
    table.put("GridWorld-v0", () -> grid(GridWorld.RUSSELL_NORVIG, 100));
    table.put("FourRooms-v0", () -> grid(GridWorld.FOUR_ROOMS, 200));
    table.put("Bandit-v0", () -> Bandit.testbed(10, PROBLEM));
    table.put("BernoulliBandit-v0", () -> Bandit.coins(10, PROBLEM));
    table.put("ContextualBandit-v0", () -> ContextualBandit.of(5, 8, 0.1, PROBLEM));
    table.put("CombinationLock-v0", () -> CombinationLock.of(10, 10, PROBLEM).environment());
    table.put("BitFlipping-v0", () -> new BitFlipping(10));
    table.put("Echo-v0", () -> TextEnvironment.echo(4, 3));
    return table;
  }

  private static <A> Restorable<float[], A> simulated(Dynamics<A> dynamics, int limit) {
    return new TimeLimit<>(new Simulation<>(dynamics), limit);
  }

  private static Restorable<?, ?> maze(Maze maze, boolean dense, int limit) {
    return simulated(new PointMaze(maze, dense, false), limit);
  }

  private static Restorable<?, ?> grid(GridWorld world, int limit) {
    return new TimeLimit<>(world.environment(DISCOUNT), limit);
  }

  private static Restorable<?, ?> lake(List<String> map, int limit) {
    return new TimeLimit<>(FrozenLake.environment(map, 1.0 / 3, DISCOUNT), limit);
  }

  @Override
  public SequencedCollection<String> names() {
    return TABLE.sequencedKeySet();
  }

  @Override
  public Optional<Restorable<?, ?>> of(String name) {
    return Optional.ofNullable(TABLE.get(name)).map(Supplier::get);
  }
}
