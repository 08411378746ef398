package telos.rl.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.rl.Transitions;
import telos.rl.environment.CartPole;
import telos.rl.environment.Environment;
import telos.rl.environment.Simulation;
import telos.rl.environment.Step;
import telos.rl.environment.TabularEnvironment;
import telos.rl.environment.TimeLimit;
import telos.rl.tabular.Mdp;
import telos.rl.tabular.RandomMdp;
import telos.rl.vector.VectorStep.Finished;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Three kinds of vector environments, one meaning.
final class VectorEnvironmentTest {
  private static final double GAMMA = 0.9;
  private static final int ACTIONS = 3;

  /// A transition as it is stored.
  private record Stored(int state, int action, double reward, int next, double discount) {}

  private static Environment<Integer, Integer> limited(Mdp mdp) {
    return new TimeLimit<>(new TabularEnvironment(mdp), 7);
  }

  private static List<Environment<Integer, Integer>> environments(Mdp mdp, int count) {
    return IntStream.range(0, count).mapToObj(_ -> limited(mdp)).toList();
  }

  /// What is done in environment `i` in step `t` of its own: whatever surrounds it, the same.
  private static int action(int i, int t) {
    return Rng.of(77).fold(i).fold(t).integer(ACTIONS);
  }

  /// The first transitions of an environment alone, episode after episode.
  private static List<Stored> sequential(Mdp mdp, int i, int count, Rng key) {
    List<Stored> stored = new ArrayList<>();
    try (Environment<Integer, Integer> environment = limited(mdp)) {
      for (int episode = 0; stored.size() < count; episode++) {
        int state = environment.reset(key.fold(i).fold(episode));
        for (boolean done = false; !done && stored.size() < count; ) {
          int action = action(i, stored.size());
          Step<Integer> step = environment.step(action);
          stored.add(
              new Stored(
                  state, action, (float) step.reward(), step.observation(), step.discount(GAMMA)));
          state = step.observation();
          done = step.done();
        }
      }
    }
    return stored;
  }

  /// The first transitions of each environment, as a training loop stores them.
  private static List<List<Stored>> collected(VectorEnvironment vector, int count, Rng key) {
    List<List<Stored>> stored =
        IntStream.range(0, vector.count()).<List<Stored>>mapToObj(_ -> new ArrayList<>()).toList();
    vector.reset(key);
    while (stored.stream().anyMatch(each -> each.size() < count)) {
      Tensor before = vector.current();
      int[] actions =
          IntStream.range(0, stored.size()).map(i -> action(i, stored.get(i).size())).toArray();
      VectorStep step = vector.step(Tensor.of(actions));
      store(step, step.transitions(before, Tensor.of(actions), GAMMA), stored);
      if (vector instanceof Disabled disabled) {
        boolean[] over = disabled.running();
        IntStream.range(0, over.length).forEach(i -> over[i] = !over[i]);
        disabled.reset(over);
      }
      assertArrayEquals(
          vector instanceof Disabled ? step.next().toInts() : vector.current().toInts(),
          step.observations().toInts());
    }
    vector.close();
    return stored.stream().map(each -> each.subList(0, count)).toList();
  }

  /// Row r of a batch belongs to the r-th environment that really stepped.
  private static void store(VectorStep step, Transitions batch, List<List<Stored>> stored) {
    int row = 0;
    for (int i = 0; i < step.valid().length; i++) {
      if (step.valid()[i]) {
        stored
            .get(i)
            .add(
                new Stored(
                    batch.observations().toInts()[row],
                    batch.actions().toInts()[row],
                    batch.rewards().toDoubles()[row],
                    batch.next().toInts()[row],
                    step.terminated()[i] ? 0 : GAMMA));
        assertEquals(step.terminated()[i] ? 0 : GAMMA, batch.discounts().toDoubles()[row], 1e-7);
        row++;
      }
    }
    assertEquals(row, batch.size());
  }

  /// Whatever follows the end of an episode and however many threads step, each environment stores
  /// what it stores alone: no transition is lost, made up, or led across an end.
  @Property(tries = 15)
  void allKindsStoreTheSameTransitions(
      @ForAll @IntRange(max = 10_000) int seed, @ForAll @IntRange(min = 1, max = 5) int count) {
    Mdp mdp = RandomMdp.of(seed, 5, ACTIONS, GAMMA);
    Rng key = Rng.of(seed);
    List<List<Stored>> alone =
        IntStream.range(0, count).mapToObj(i -> sequential(mdp, i, 25, key)).toList();
    for (int threads : new int[] {1, 3}) {
      List<Function<List<Environment<Integer, Integer>>, VectorEnvironment>> kinds =
          List.of(
              all -> new SameStep(all, threads),
              all -> new NextStep(all, threads),
              all -> new Disabled(all, threads));
      for (var kind : kinds) {
        assertEquals(alone, collected(kind.apply(environments(mdp, count)), 25, key));
      }
    }
  }

  /// A run goes on from a snapshot as it would have, wherever each episode stood, interactions and
  /// totals included.
  @Property(tries = 15)
  void snapshotsResumeInTheMiddleOfEpisodes(
      @ForAll @IntRange(max = 10_000) int seed, @ForAll @IntRange(max = 20) int before) {
    Mdp mdp = RandomMdp.of(seed, 5, ACTIONS, GAMMA);
    for (boolean nextStep : new boolean[] {true, false}) {
      Function<Integer, VectorEnvironment> made =
          count ->
              nextStep
                  ? new NextStep(environments(mdp, count))
                  : new SameStep(environments(mdp, count));
      try (var first = made.apply(3);
          var second = made.apply(3)) {
        first.reset(Rng.of(seed));
        second.reset(Rng.of(seed + 1));
        for (int t = 0; t < before; t++) {
          first.step(actions(t));
        }
        second.restore(first.snapshot());
        for (int t = before; t < before + 15; t++) {
          assertArrayEquals(first.current().toInts(), second.current().toInts());
          VectorStep a = first.step(actions(t));
          VectorStep b = second.step(actions(t));
          assertArrayEquals(a.rewards(), b.rewards());
          assertArrayEquals(a.next().toInts(), b.next().toInts());
          assertArrayEquals(a.valid(), b.valid());
          assertEquals(a.finished(), b.finished());
        }
        assertEquals(first.interactions(), second.interactions());
      }
    }
  }

  private static Tensor actions(int t) {
    return Tensor.of(action(0, t), action(1, t), action(2, t));
  }

  /// The row in which an environment is reset is no transition, and no interaction.
  @Test
  void whatWasIgnoredIsNotStored() {
    Environment<float[], Integer> pole = new TimeLimit<>(new Simulation<>(new CartPole()), 1);
    try (var vector = new NextStep(List.of(pole))) {
      Tensor before = vector.reset(Rng.of(1));
      Tensor push = Tensor.of(1);
      VectorStep real = vector.step(push);
      assertTrue(real.valid()[0] && real.truncated()[0] && !real.terminated()[0]);
      assertEquals(List.of(new Finished(0, 1, 1)), real.finished());
      assertEquals(1, real.transitions(before, push, GAMMA).size());
      VectorStep fake = vector.step(push);
      assertFalse(fake.valid()[0]);
      assertEquals(0, fake.transitions(real.observations(), push, GAMMA).size());
      assertEquals(1, vector.interactions());
    }
  }

  /// In the same step the next episode has begun, and the end of the old one is kept apart.
  @Test
  void theEndOfAnEpisodeIsNotTheBeginningOfTheNext() {
    Environment<float[], Integer> pole = new TimeLimit<>(new Simulation<>(new CartPole()), 1);
    try (var vector = new SameStep(List.of(pole))) {
      vector.reset(Rng.of(1));
      VectorStep step = vector.step(Tensor.of(1));
      float[] last = step.next().toFloats();
      float[] first = step.observations().toFloats();
      assertTrue(Math.abs(last[1]) > 0.1, "it was pushed");
      assertTrue(Math.abs(first[1]) < 0.1, "it stands");
      assertArrayEquals(first, vector.current().toFloats());
    }
  }

  @Test
  void nothingHappensBeforeTheFirstReset() {
    try (var vector = new SameStep(environments(RandomMdp.of(1, 2, ACTIONS, GAMMA), 2))) {
      assertThrows(IllegalStateException.class, vector::current);
      assertThrows(IllegalStateException.class, () -> vector.step(Tensor.of(0, 0)));
      vector.reset(Rng.of(1));
      assertThrows(IllegalArgumentException.class, () -> vector.step(Tensor.of(0)));
      assertThrows(IllegalArgumentException.class, () -> vector.step(Tensor.of(0, ACTIONS)));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new SameStep(List.<Environment<Integer, Integer>>of()));
  }
}
