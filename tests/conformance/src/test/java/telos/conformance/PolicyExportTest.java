package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import telos.agent.PolicyExport;
import telos.rl.Learner;
import telos.rl.environment.Environments;
import telos.rl.environment.Space;
import telos.rl.online.Dqn;
import telos.rl.online.Ppo;
import telos.rl.online.RecurrentPpo;
import telos.rl.online.Sac;
import telos.rl.online.Td3;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Another runtime acts as the agent does.
final class PolicyExportTest {
  private static final Rng KEY = Rng.of(3);
  private static final int ROWS = 7;

  @TempDir private Path folder;

  /// An agent that has learnt nothing yet, and its environment.
  record Case(String environment, Supplier<Learner> make) {
    @Override
    public String toString() {
      return environment;
    }
  }

  private static Stream<Case> agents() {
    return Stream.of(
        new Case(
            "CartPole-v1",
            () -> new Ppo(Ppo.Config.defaults(), () -> Environments.discrete("CartPole-v1"), KEY)),
        new Case(
            "CartPole-v1",
            () -> new Dqn(Dqn.Config.defaults(), () -> Environments.discrete("CartPole-v1"), KEY)),
        new Case(
            "Pendulum-v1",
            () ->
                new Sac(Sac.Config.defaults(), () -> Environments.continuous("Pendulum-v1"), KEY)),
        new Case(
            "Pendulum-v1",
            () ->
                new Td3(Td3.Config.defaults(), () -> Environments.continuous("Pendulum-v1"), KEY)));
  }

  @ParameterizedTest
  @MethodSource("agents")
  void exportedAgentsActAlike(Case agent) throws Exception {
    Path file = folder.resolve("agent.onnx");
    try (Learner learner = agent.make().get();
        var environment = Environments.of(agent.environment())) {
      Space<?> space = environment.observations();
      PolicyExport.of(learner.policy(), space).write(file);
      int width = ((Space.Box) space).size();
      Tensor seen = KEY.fold("seen").normal(Shape.of(ROWS, width));
      Tensor expected =
          learner.policy().greedy().begin(ROWS).act(seen, new boolean[ROWS], KEY.fold("act"));
      OrtEnvironment runtime = OrtEnvironment.getEnvironment();
      try (var session = runtime.createSession(file.toString(), new OrtSession.SessionOptions());
          var input =
              OnnxTensor.createTensor(
                  runtime, FloatBuffer.wrap(seen.toFloats()), new long[] {ROWS, width});
          var results = session.run(Map.of("observations", input))) {
        same(expected, results.get("actions").orElseThrow().getValue());
      }
    }
  }

  private static void same(Tensor expected, Object found) {
    if (found instanceof long[] chosen) {
      int[] ours = expected.toInts();
      assertArrayEquals(Arrays.stream(ours).asLongStream().toArray(), chosen);
    } else {
      float[][] rows = (float[][]) found;
      assertEquals(expected.dim(0), rows.length);
      float[] ours = expected.toFloats();
      for (int i = 0; i < ours.length; i++) {
        assertEquals(ours[i], rows[i / rows[0].length][i % rows[0].length], 1e-4);
      }
    }
  }

  @Test
  void whoRemembersIsRefused() {
    try (Learner learner =
            new RecurrentPpo(
                RecurrentPpo.Config.defaults(), () -> Environments.discrete("CartPole-v1"), KEY);
        var environment = Environments.of("CartPole-v1")) {
      var refused =
          assertThrows(
              IllegalArgumentException.class,
              () -> PolicyExport.of(learner.policy(), environment.observations()));
      assertTrue(refused.getMessage().contains("remembers"), refused.getMessage());
    }
  }
}
