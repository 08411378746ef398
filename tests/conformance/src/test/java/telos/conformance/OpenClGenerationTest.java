package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import telos.nn.Completion;
import telos.nn.Generator;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.LogProbs;
import telos.nn.Sampling;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Training and cached generation have the same bits on a device that OpenCL drives too: the ratio
/// of a policy gradient starts at exactly one.
class OpenClGenerationTest {
  @Test
  void generationHasTheBitsOfTheWholePass() {
    Device device = OpenCl.device();
    device.with(() -> {
      Gpt model = Gpt.init(GptConfig.llama(2, 4, 2, 32, 64, 96, 37), Rng.of(1));
      int[][] prompts = {{5, 6, 7}, {8}, {9, 10, 11, 12, 13}};
      List<Completion> completions =
          Generator.generate(
              model, prompts, Sampling.of(70), Generator.keys(Rng.of(2), prompts.length, 1));
      for (int i = 0; i < prompts.length; i++) {
        int[] whole = completions.get(i).after(prompts[i]);
        Tensor ids = Tensor.of(whole, Shape.of(1, whole.length));
        float[] all = LogProbs.ofNext(model.logits(ids), ids).toFloats();
        float[] written = Arrays.copyOfRange(all, prompts[i].length - 1, all.length);
        assertEquals(70, written.length);
        assertArrayEquals(written, completions.get(i).logProbs(), "prompt " + i);
      }
      return null;
    });
  }
}
