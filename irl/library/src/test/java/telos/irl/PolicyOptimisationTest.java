package telos.irl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.LogProbs;
import telos.nn.Sampling;
import telos.nn.text.Demonstration;
import telos.rl.AdaptiveKl;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// PPO and RLOO on a language small enough to enumerate: 3 words, responses of 2, one prompt. The
/// optimum of `E[R] - beta KL(pi || ref)` is known exactly: `pi* = ref exp(R / beta) / Z`.
class PolicyOptimisationTest {
  private static final GptConfig TINY = GptConfig.gpt2(1, 2, 16, 4, 3);
  private static final int[] PROMPT = {0};
  private static final double BETA = 0.5;

  private static double[] rewards(List<int[]> sequences) {
    return sequences.stream()
        .mapToDouble(s -> (s[1] == 1 ? 0.8 : 0) + (s[2] == s[1] ? 0.5 : s[2] == 0 ? -0.4 : 0))
        .toArray();
  }

  private static List<int[]> responses() {
    List<int[]> all = new ArrayList<>();
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) {
        all.add(new int[] {0, a, b});
      }
    }
    return all;
  }

  /// Probabilities of all nine responses.
  private static double[] distribution(Gpt model) {
    TokenBatch batch = TokenBatch.of(responses());
    Tensor logProbs = LogProbs.of(model.logits(batch.inputs()), batch.targets());
    return Arrays.stream(LogProbs.sum(logProbs, batch.mask()).toDoubles()).map(Math::exp).toArray();
  }

  private static double[] optimum(Gpt reference) {
    double[] p = distribution(reference);
    double[] r = rewards(responses());
    Arrays.setAll(p, i -> p[i] * Math.exp(r[i] / BETA));
    double z = Arrays.stream(p).sum();
    return Arrays.stream(p).map(x -> x / z).toArray();
  }

  private static double totalVariation(double[] p, double[] q) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += Math.abs(p[i] - q[i]) / 2;
    }
    return sum;
  }

  private static Function<Rng, int[][]> prompts(int count) {
    return _ -> {
      int[][] prompts = new int[count][];
      Arrays.fill(prompts, PROMPT);
      return prompts;
    };
  }

  private static Gpt ppo(Gpt reference, SequenceReward reward, int updates, double beta) {
    var config =
        new RlhfPpo.Config(
            updates,
            256,
            2,
            2,
            Sampling.of(2),
            0.2,
            10,
            0.5,
            1,
            0.95,
            2e-3,
            1,
            AdaptiveKl.fixed(beta));
    return RlhfPpo.train(
            ActorCritic.of(reference), reference, reward, prompts(256), config, Rng.of(9), _ -> {})
        .policy();
  }

  @Test
  void ppoReachesTheExactTilt() {
    Gpt reference = Gpt.init(TINY, Rng.of(1));
    double[] best = optimum(reference);
    assertTrue(totalVariation(distribution(reference), best) > 0.3);
    Gpt aligned = ppo(reference, PolicyOptimisationTest::rewards, 60, BETA);
    assertEquals(0, totalVariation(distribution(aligned), best), 0.05);
  }

  @Test
  void rlooReachesTheExactTilt() {
    Gpt reference = Gpt.init(TINY, Rng.of(1));
    var config = new Rloo.Config(80, 64, 4, Sampling.of(2), 3e-3, 1, AdaptiveKl.fixed(BETA));
    Gpt aligned =
        Rloo.train(
            reference,
            reference,
            PolicyOptimisationTest::rewards,
            prompts(64),
            config,
            Rng.of(9),
            _ -> {});
    assertEquals(0, totalVariation(distribution(aligned), optimum(reference)), 0.05);
  }

  /// A constant reward teaches nothing: the policy stays where it is.
  @Test
  void aConstantRewardLeavesThePolicy() {
    Gpt reference = Gpt.init(TINY, Rng.of(1));
    Gpt aligned = ppo(reference, s -> new double[s.size()], 30, 0.1);
    assertEquals(0, totalVariation(distribution(aligned), distribution(reference)), 0.05);
  }

  @Test
  void onlyThePolicyItselfMayBeSampled() {
    var kl = AdaptiveKl.fixed(1);
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> RlhfPpo.Config.defaults(1, Sampling.of(2).withTopK(2), kl));
    assertTrue(error.getMessage().contains("temperature 1"), error.getMessage());
  }

  @Test
  void cloningMemorisesTheDemonstrations() {
    int[] text = {0, 2, 1};
    List<Demonstration> data = List.of(Demonstration.after(1, text));
    List<Double> losses = new ArrayList<>();
    Gpt model =
        Sft.train(
            Gpt.init(TINY, Rng.of(1)),
            data,
            Sft.Config.defaults(150, 1, 1e-2),
            Rng.of(2),
            step -> losses.add(step.loss()));
    assertEquals(Math.log(3), losses.getFirst(), 0.2);
    assertTrue(losses.getLast() < 0.05, () -> "last loss " + losses.getLast());
    assertTrue(distribution(model)[2 * 3 + 1] > 0.9);
  }
}
