package telos.rl.offline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.nn.Dropout;
import telos.rl.Evaluation;
import telos.rl.Policy;
import telos.rl.Trajectory;
import telos.rl.environment.TabularEnvironment;
import telos.rl.environment.TimeLimit;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.Mdp.Outcome;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

final class DecisionTransformerTest {
  private static final Rng KEY = Rng.of(9);

  private static DecisionTransformer.Config config(int context, double dropout, double scale) {
    return new DecisionTransformer.Config(
        context, 16, 2, 2, dropout, scale, 20, 1, true, 3e-3, 1e-4, 20, 0.25, 32, 20);
  }

  /// Outputs `[T][A]` of the first of two stretches.
  private static double[][] outputs(DecisionModel model, DecisionModel.Context context) {
    Tensor said = model.call(context, new Dropout(0), KEY);
    int width = said.dim(2);
    double[] flat = said.toDoubles();
    double[][] rows = new double[said.dim(1)][];
    Arrays.setAll(rows, t -> Arrays.copyOfRange(flat, t * width, (t + 1) * width));
    return rows;
  }

  /// A change at time t changes what is said from t on (of an action: from t + 1 on), and nothing
  /// before.
  @Test
  void nothingLaterIsSeen() {
    Dataset data = Recordings.plane(4, 6);
    var settings = config(6, 0, 1);
    DecisionModel model = DecisionModel.init(settings, data, UnitActions.of(data.actions()), KEY);
    var context = Stretches.of(data, settings).at(new int[] {0, 6}, 6).context();
    double[][] before = outputs(model, context);
    for (int t = 0; t < 6; t++) {
      Tensor bump = bump(context.returns(), t);
      var later =
          new DecisionModel.Context(
              context.returns().add(bump),
              context.observations().add(bump.unsqueeze(-1)),
              context.actions(),
              context.steps());
      check(before, outputs(model, later), t);
      var acted =
          new DecisionModel.Context(
              context.returns(),
              context.observations(),
              context.actions().add(bump.unsqueeze(-1)),
              context.steps());
      check(before, outputs(model, acted), t + 1);
    }
  }

  private static Tensor bump(Tensor like, int t) {
    float[] values = new float[like.size()];
    for (int row = 0; row < like.dim(0); row++) {
      values[row * like.dim(1) + t] = 1;
    }
    return Tensor.of(values, like.dim(0), like.dim(1));
  }

  private static void check(double[][] before, double[][] after, int from) {
    for (int t = 0; t < before.length; t++) {
      boolean same = Arrays.equals(before[t], after[t]);
      assertEquals(t < from, same, "time " + t + " after a change that may show from " + from);
    }
  }

  /// What fills a stretch up changes neither loss nor gradient.
  @Test
  void fillingDoesNotCount() {
    Dataset data = Recordings.chain(4, 5);
    var settings = config(6, 0, 1);
    var learner = new DecisionTransformer(settings, data, KEY);
    DecisionModel model = DecisionModel.init(settings, data, UnitActions.of(data.actions()), KEY);
    Stretches.Batch batch = Stretches.of(data, settings).at(new int[] {2, 5, 19}, 6);
    boolean[] mask = batch.mask().toBooleans();
    assertArrayEquals(
        new boolean[] {true, true, true, false, false, false}, Arrays.copyOf(mask, 6));
    assertFalse(mask[13]);
    var context = batch.context();
    int[] states = context.observations().toInts();
    int[] actions = context.actions().toInts();
    float[] returns = context.returns().toFloats();
    for (int i = 0; i < mask.length; i++) {
      if (!mask[i]) {
        states[i] = (states[i] + 1) % 4;
        actions[i] = (actions[i] + 1) % 3;
        returns[i] += 5;
      }
    }
    var changed =
        new Stretches.Batch(
            new DecisionModel.Context(
                Tensor.of(returns, 3, 6),
                Tensor.of(states, context.observations().shape()),
                Tensor.of(actions, context.actions().shape()),
                context.steps()),
            batch.mask());
    var before = Grad.valueAndGrad(m -> learner.loss(m, batch, KEY), model);
    var after = Grad.valueAndGrad(m -> learner.loss(m, changed, KEY), model);
    assertEquals(before.value(), after.value());
    Tree.leaves(before.grad())
        .forEach((path, leaf) -> {
          if (!leaf.isAbsent()) {
            double[] other = Tree.leaves(after.grad()).get(path).toDoubles();
            assertArrayEquals(leaf.toDoubles(), other, 1e-7, path);
          }
        });
  }

  /// Rows at different times of their episodes, of different lengths remembered: each acts as it
  /// would alone.
  @Test
  void actsInABatchAsAlone() {
    Dataset data = Recordings.plane(8, 12);
    var learner = new DecisionTransformer(config(4, 0.1, 1), data, KEY);
    learner.advance();
    int rows = 3;
    int time = 9;
    Tensor[] seen = new Tensor[time];
    double[][] rewards = new double[time][];
    boolean[][] begins = new boolean[time][rows];
    var random = new SplittableRandom(5);
    for (int t = 0; t < time; t++) {
      seen[t] = Recordings.floats(random.doubles(rows * 2L, -5, 9).toArray(), rows, 2);
      rewards[t] = random.doubles(rows).toArray();
      for (int i = 0; i < rows; i++) {
        begins[t][i] = t == 0 || t == 2 * i + 1 || t == 7 && i == 2;
      }
    }
    Policy policy = learner.policy(8);
    double[][] together = run(policy, seen, begins, rewards);
    for (int i = 0; i < rows; i++) {
      int row = i;
      Tensor[] own = Arrays.stream(seen).map(x -> x.slice(0, row, row + 1)).toArray(Tensor[]::new);
      boolean[][] ownBegins =
          Arrays.stream(begins).map(b -> new boolean[] {b[row]}).toArray(boolean[][]::new);
      double[][] ownRewards =
          Arrays.stream(rewards).map(r -> new double[] {r[row]}).toArray(double[][]::new);
      double[][] alone = run(policy, own, ownBegins, ownRewards);
      for (int t = 0; t < time; t++) {
        double[] batched = Arrays.copyOfRange(together[t], 2 * i, 2 * i + 2);
        assertArrayEquals(alone[t], batched, "row " + i + ", time " + t);
      }
    }
  }

  private static double[][] run(
      Policy policy, Tensor[] seen, boolean[][] begins, double[][] rewards) {
    Policy.Agent agent = policy.begin(begins[0].length);
    double[][] actions = new double[seen.length][];
    for (int t = 0; t < seen.length; t++) {
      actions[t] = agent.act(seen[t], begins[t], KEY.fold(t)).toDoubles();
      agent.rewarded(rewards[t]);
    }
    return actions;
  }

  /// With a dropout that drops nothing the model says the same as without; with one that does, not.
  @Test
  void dropoutKeepsWhatItDoesNotDrop() {
    Dataset data = Recordings.plane(4, 6);
    var settings = config(6, 0, 1);
    DecisionModel model = DecisionModel.init(settings, data, UnitActions.of(data.actions()), KEY);
    var context = Stretches.of(data, settings).at(new int[] {0, 6}, 6).context();
    double[] without = model.call(context, new Dropout(0), KEY).toDoubles();
    assertArrayEquals(without, model.call(context, new Dropout(1e-12), KEY).toDoubles(), 1e-5);
    double[] dropped = model.call(context, new Dropout(0.3), KEY).toDoubles();
    assertTrue(Math.abs(dropped[0] - without[0]) > 1e-5);
  }

  /// What an agent remembers is what it learnt from: acting through a recorded episode gives what
  /// the model says to it as a whole.
  @Test
  void actingIsWhatWasLearnt() {
    Dataset data = Recordings.chain(6, 5);
    var settings = config(5, 0, 2);
    var learner = new DecisionTransformer(settings, data, KEY);
    learner.advance();
    Trajectory first = data.trajectories().getFirst();
    Policy policy = learner.policy(first.total()).greedy();
    Policy.Agent agent = policy.begin(1);
    double chosen = agent.act(seen(first, 0), new boolean[] {true}, KEY).item();
    agent.rewarded(new double[] {first.rewards().toDoubles()[0]});
    double second = agent.act(seen(first, 1), new boolean[] {false}, KEY).item();
    var context = Stretches.of(data, settings).at(new int[] {0}, 2).context();
    var own =
        new DecisionModel.Context(
            context.returns(),
            context.observations(),
            Tensor.of(new int[] {(int) chosen, 0}, context.actions().shape()),
            context.steps());
    DecisionModel model = ((Conditioned) policy).model();
    double[][] said = outputs(model, own);
    assertEquals(chosen, largest(said[0]));
    assertEquals(second, largest(said[1]));
  }

  private static Tensor seen(Trajectory trajectory, int t) {
    return trajectory.observations().slice(0, t, t + 1);
  }

  private static int largest(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  /// Ten steps, each worth 1 or nothing as one chooses: who asks for more gets more.
  @Test
  void followsTheReturnAskedFor() {
    Mdp coin =
        new Mdp(
            new Outcome[][][] {{{new Outcome(1, 0, 0, false)}, {new Outcome(1, 0, 1, false)}}},
            new double[] {1},
            1);
    var random = new SplittableRandom(2);
    List<Trajectory> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      double often = random.nextDouble();
      int[] actions = new int[10];
      Arrays.setAll(actions, _ -> random.nextDouble() < often ? 1 : 0);
      double[] rewards = Arrays.stream(actions).asDoubleStream().toArray();
      all.add(Recordings.episode(new int[11], actions, rewards, false));
    }
    var small =
        new DecisionTransformer.Config(
            10, 16, 1, 2, 0, 10, 20, 1, true, 1e-2, 1e-4, 20, 0.25, 32, 100);
    var learner = new DecisionTransformer(small, Recordings.discrete(1, 2, all), KEY);
    learner.advance();
    Supplier<TimeLimit<Integer, Integer>> game =
        () -> new TimeLimit<>(new TabularEnvironment(coin), 10);
    double[] asked = {0, 2, 4, 6, 8, 10};
    double[] got =
        Arrays.stream(asked)
            .map(target -> Evaluation.of(learner.policy(target), game, 8, 10, KEY).mean())
            .toArray();
    assertTrue(spearman(got) >= 0.8, Arrays.toString(got));
    for (int i = 0; i < asked.length; i++) {
      assertEquals(asked[i], got[i], 1, Arrays.toString(got));
    }
    Policy other = DecisionTransformer.asking(learner.policy(0), 6);
    assertEquals(got[3], Evaluation.of(other, game, 8, 10, KEY).mean());
    Policy fixed =
        new Policy.Memoryless<>(
            KEY.normal(Shape.of(2)),
            (_, _) -> {
              throw new AssertionError();
            });
    assertThrows(IllegalArgumentException.class, () -> DecisionTransformer.asking(fixed, 6));
  }

  /// With the numbers 0 to n - 1.
  private static double spearman(double[] values) {
    double squares = 0;
    int n = values.length;
    for (int i = 0; i < n; i++) {
      double own = values[i];
      double rank =
          Arrays.stream(values).filter(x -> x < own).count()
              + (Arrays.stream(values).filter(x -> x == own).count() - 1) / 2.0;
      squares += (rank - i) * (rank - i);
    }
    return 1 - 6 * squares / (n * (n * n - 1.0));
  }
}
