package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Losses;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// A model's loss and gradient on the opencl device are those of the reference device, and the same
/// bits a second time.
class OpenClDerivativesTest {
  private static final GptConfig CONFIG = GptConfig.gpt2(2, 2, 16, 32, 13);

  private record Result(double loss, List<float[]> gradient) {}

  private static Result on(Device device) {
    return device.with(() ->
        Scope.call(() -> {
          Gpt model = Gpt.init(CONFIG, Rng.of(1));
          Tensor ids = Rng.of(2).integers(0, 13, Shape.of(3, 11));
          var step = Grad.valueAndGrad(m -> Losses.crossEntropy(m.logits(ids), ids), model);
          List<float[]> gradient = new ArrayList<>();
          Tree.forEachLeaf(
              step.grad(),
              (_, leaf, _) -> gradient.add(leaf.isAbsent() ? new float[0] : leaf.toFloats()));
          return new Result(step.value(), gradient);
        }));
  }

  @Test
  void aModelsGradientIsTheReferences() {
    Device device = OpenCl.device();
    Result exact = on(Device.of("reference"));
    Result first = on(device);
    Result second = on(device);
    assertEquals(exact.loss, first.loss, 1e-5 * exact.loss);
    assertEquals(first.loss, second.loss);
    for (int i = 0; i < exact.gradient.size(); i++) {
      float[] expected = exact.gradient.get(i);
      float largest = 0;
      for (float value : expected) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertArrayEquals(expected, first.gradient.get(i), 2e-5f * largest + 1e-7f);
      assertArrayEquals(first.gradient.get(i), second.gradient.get(i));
    }
    assertTrue(exact.gradient.size() > 10);
  }
}
