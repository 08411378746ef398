package telos.rl.offline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import telos.devices.cpu.CpuDevice;
import telos.rl.Learner;
import telos.rl.LearnerContract;
import telos.rl.Snapshot;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Every learner goes on from a snapshot to the same bits.
final class OfflineResumeTest {
  private static final Rng KEY = Rng.of(4);
  private static final List<Integer> HIDDEN = List.of(8);

  private static Arguments learner(
      String name, Dataset data, Function<Dataset, ? extends Learner> make) {
    return Arguments.of(name, data, make);
  }

  static Stream<Arguments> learners() {
    Dataset plane = Recordings.plane(6, 5);
    Dataset chain = Recordings.chain(6, 5);
    var likelihood = BehaviourCloning.Objective.LIKELIHOOD;
    var bc = new BehaviourCloning.Config(HIDDEN, likelihood, 0.5, true, 1e-2, 8, 3);
    var td3 = new Td3Bc.Config(HIDDEN, 2.5, 0.9, 0.1, 0.2, 0.5, 2, true, 1e-2, 8, 3);
    var iql = new Iql.Config(HIDDEN, 0.7, 0.3, 100, 0.9, 0.1, true, true, 1e-2, 50, 8, 3);
    var awac = new Awac.Config(HIDDEN, HIDDEN, 1, 0.9, 0.1, true, 1e-2, 1e-2, 8, 3);
    var awr = new Awr.Config(HIDDEN, 1, 20, 0.9, 0.95, true, 1e-2, 1e-2, 0.9, 8, 3, 3);
    var cql = new Cql.Config(HIDDEN, 1, 5, 4, 3, 0.9, 0.1, true, 1e-2, 1e-2, 8, 3);
    var dqn = new DiscreteCql.Config(HIDDEN, 1, 0.9, 0.1, false, 1e-2, 8, 3);
    var dt =
        new DecisionTransformer.Config(3, 8, 1, 2, 0.1, 1, 10, 1, true, 1e-2, 1e-4, 2, 0.25, 4, 3);
    return Stream.of(
        learner("bc of boxes", plane, data -> new BehaviourCloning(bc, data, KEY)),
        learner("bc", chain, data -> new BehaviourCloning(bc, data, KEY)),
        learner("td3-bc", plane, data -> new Td3Bc(td3, data, KEY)),
        learner("iql of boxes", plane, data -> new Iql(iql, data, KEY)),
        learner("iql", chain, data -> new Iql(iql, data, KEY)),
        learner("awac of boxes", plane, data -> new Awac(awac, data, KEY)),
        learner("awac", chain, data -> new Awac(awac, data, KEY)),
        learner("awr of boxes", plane, data -> new Awr(awr, data, KEY)),
        learner("awr", chain, data -> new Awr(awr, data, KEY)),
        learner("cql", plane, data -> new Cql(cql, data, KEY)),
        learner("discrete-cql", chain, data -> new DiscreteCql(dqn, data, KEY)),
        learner("dt of boxes", plane, data -> new DecisionTransformer(dt, data, KEY)),
        learner("dt", chain, data -> new DecisionTransformer(dt, data, KEY)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("learners")
  void resumesToTheSameBits(String name, Dataset data, Function<Dataset, Learner> make) {
    LearnerContract.assertResumes(() -> make.apply(data), 1, 1);
  }

  /// To act, nothing is needed but the snapshot and the spaces.
  @ParameterizedTest(name = "{0}")
  @MethodSource("learners")
  void actsWithoutData(String name, Dataset data, Function<Dataset, Learner> make) {
    Learner learnt = make.apply(data);
    learnt.advance();
    Learner bare = make.apply(new Dataset(data.observations(), data.actions(), List.of()));
    bare.restore(learnt.snapshot());
    Tensor seen = data.trajectories().getFirst().observations();
    assertArrayEquals(act(learnt, seen), act(bare, seen));
    var error = assertThrows(IllegalStateException.class, bare::advance);
    assertTrue(error.getMessage().contains("no trajectories"), error.getMessage());
  }

  /// A policy handed out is not moved by what is learnt later.
  @ParameterizedTest(name = "{0}")
  @MethodSource("learners")
  void policiesAreValues(String name, Dataset data, Function<Dataset, Learner> make) {
    Learner learner = make.apply(data);
    learner.advance();
    var policy = learner.policy();
    Tensor seen = data.trajectories().getFirst().observations();
    double[] before = act(learner, seen);
    learner.advance();
    boolean[] begins = new boolean[seen.dim(0)];
    Arrays.fill(begins, true);
    double[] after = policy.begin(begins.length).act(seen, begins, KEY).toDoubles();
    assertArrayEquals(before, after);
  }

  @Test
  void fittedQEvaluationResumes() {
    Dataset data = Recordings.chain(6, 5);
    var config = new FittedQEvaluation.Config(HIDDEN, 0.9, 0.1, true, 1e-2, 8, 3);
    var policy = Recordings.tabular(Recordings.policy(1, 4, 3));
    var whole = new FittedQEvaluation(config, data, policy, KEY);
    whole.advance();
    Snapshot half = whole.snapshot();
    whole.advance();
    var resumed = new FittedQEvaluation(config, data, policy, KEY);
    resumed.restore(half);
    resumed.advance();
    assertEqual(whole.snapshot(), resumed.snapshot());
  }

  /// Sizes at which the work is split.
  @Test
  void threadsChangeNoBit() {
    assertEquals(trained(1), trained(3));
  }

  private static String trained(int threads) {
    try (var device = new CpuDevice(threads)) {
      return device.with(() -> {
        var iql =
            new Iql.Config(
                List.of(256, 256), 0.7, 0.3, 100, 0.9, 0.1, true, true, 1e-3, 50, 256, 2);
        var dt =
            new DecisionTransformer.Config(
                10, 64, 1, 2, 0.1, 1, 10, 1, true, 1e-2, 1e-4, 2, 0.25, 64, 2);
        Dataset data = Recordings.plane(40, 10);
        return numbers(new Iql(iql, data, KEY)) + numbers(new DecisionTransformer(dt, data, KEY));
      });
    }
  }

  private static String numbers(Learner learner) {
    learner.advance();
    Map<String, String> numbers = new TreeMap<>();
    learner
        .snapshot()
        .tensors()
        .forEach((name, tensor) ->
            numbers.put(name, Integer.toHexString(Arrays.hashCode(tensor.toDoubles()))));
    return numbers.toString();
  }

  private static double[] act(Learner learner, Tensor seen) {
    boolean[] begins = new boolean[seen.dim(0)];
    Arrays.fill(begins, true);
    return learner.policy().begin(begins.length).act(seen, begins, KEY).toDoubles();
  }

  private static void assertEqual(Snapshot a, Snapshot b) {
    assertEquals(a.tensors().keySet(), b.tensors().keySet());
    a.tensors()
        .forEach((name, tensor) ->
            assertArrayEquals(tensor.toDoubles(), b.tensor(name).toDoubles(), name));
    a.counters().forEach((name, values) -> assertArrayEquals(values, b.counters(name), name));
  }
}
