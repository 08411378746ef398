package telos.irl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.nn.AdamW;
import telos.nn.Ensemble;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.nn.ValueModel;
import telos.tensor.Rng;
import telos.tensor.Tensor;

class RewardEnsembleTest {
  private static final GptConfig TINY = GptConfig.llama(1, 2, 1, 8, 12, 16, 9);

  /// Good texts end in 1, bad ones in 2; 3 and 4 were never judged.
  private static final List<int[]> GOOD = List.of(new int[] {5, 1}, new int[] {6, 5, 1});

  private static final List<int[]> BAD = List.of(new int[] {5, 2}, new int[] {6, 5, 2});

  private static List<ValueModel> models(int size) {
    Gpt trunk = Gpt.init(TINY, Rng.of(1));
    return IntStream.range(0, size)
        .mapToObj(i -> ValueModel.init(trunk, Rng.of(2).fold(i)))
        .toList();
  }

  @Test
  void cautionIsThatOfThePaper() {
    Tensor rewards = Tensor.of(new float[] {1, 4, 2, 4, 6, 4}, 3, 2);
    assertArrayEquals(new float[] {3, 4}, new RewardEnsemble.Caution.Mean().of(rewards).toFloats());
    assertArrayEquals(
        new float[] {1, 4}, new RewardEnsemble.Caution.Worst().of(rewards).toFloats());
    Tensor weighted = new RewardEnsemble.Caution.Uncertainty(0.5).of(rewards);
    assertArrayEquals(new float[] {3 - 0.5f * 14 / 3, 4}, weighted.toFloats(), 1e-6f);
    assertThrows(IllegalArgumentException.class, () -> new RewardEnsemble.Caution.Uncertainty(-1));
  }

  /// Pairs teach all members at once; those agree on what they were taught and, from different
  /// heads, less on the rest.
  @Test
  void membersLearnTogether() {
    ValueModel start = Ensemble.stack(models(3));
    AdamW adamW = AdamW.of(5e-2);
    ValueModel model = start;
    Optimizer.State state = adamW.init(model);
    for (int i = 0; i < 25; i++) {
      var gradient = Grad.valueAndGrad(RewardEnsembleTest::loss, model);
      var next = adamW.step(model, gradient.grad(), state);
      model = next.model();
      state = next.state();
    }
    var worst = new RewardEnsemble(model, new RewardEnsemble.Caution.Worst()).centred(all());
    for (int e = 0; e < 3; e++) {
      assertEquals(0, mean(worst.each(TokenBatch.of(all())).at(0, e)), 1e-5);
    }
    double[] good = worst.of(GOOD);
    double[] bad = worst.of(BAD);
    assertTrue(good[0] > bad[0] + 2 && good[1] > bad[1] + 2, Arrays.toString(good));
    var alone = Ensemble.unstack(model).stream().map(m -> new RewardModel(m).of(GOOD)[0]).toList();
    var together = new RewardEnsemble(model, new RewardEnsemble.Caution.Worst()).of(GOOD)[0];
    assertEquals(alone.stream().mapToDouble(x -> x).min().orElseThrow(), together);
  }

  private static List<int[]> all() {
    return List.of(GOOD.get(0), GOOD.get(1), BAD.get(0), BAD.get(1));
  }

  private static double mean(Tensor rewards) {
    return Arrays.stream(rewards.toDoubles()).average().orElseThrow();
  }

  /// Bradley-Terry, summed over the members.
  private static telos.autograd.Loss loss(ValueModel model) {
    TokenBatch good = TokenBatch.of(GOOD);
    TokenBatch bad = TokenBatch.of(BAD);
    Tensor margin =
        model.last(good.ids(), good.lengths()).sub(model.last(bad.ids(), bad.lengths()));
    return Losses.mean(margin.neg().softplus());
  }

  @Test
  void oneModelIsNone() {
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> new RewardEnsemble(models(1).getFirst(), new RewardEnsemble.Caution.Mean()));
    assertTrue(refused.getMessage().contains("Ensemble.stack"), refused.getMessage());
  }
}
