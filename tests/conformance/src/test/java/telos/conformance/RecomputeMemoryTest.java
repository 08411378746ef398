package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.devices.cpu.CpuDevice;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Losses;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// What [telos.autograd.Recompute] promises of a stack of transformer blocks: the bits of the
/// gradient, and the memory of one block's activations and every block's input in place of all
/// activations.
///
/// The unit is the residual stream, `B T D` floats. The rules of a block read 16 of it: the input
/// and its normalisation (1 + 1), queries, keys and values (3), the attention (1), the stream after
/// it and its normalisation (1 + 1), and the wide layer before and after its activation (4 + 4). Of
/// a block in `Recompute` only the input stays, 1. Weights and their gradients are too small here
/// to be counted.
class RecomputeMemoryTest {
  private static final int BATCH = 8;
  private static final int TIME = 128;
  private static final int WIDTH = 64;
  private static final int VOCABULARY = 40;
  private static final long STREAM = 4L * BATCH * TIME * WIDTH;

  private enum Forward implements BiFunction<Gpt, Tensor, Tensor> {
    PLAIN {
      @Override
      public Tensor apply(Gpt model, Tensor ids) {
        return model.hidden(ids);
      }
    },
    RECOMPUTED {
      @Override
      public Tensor apply(Gpt model, Tensor ids) {
        return model.recomputedHidden(ids);
      }
    }
  }

  private record Outcome(List<float[]> gradient, long peak) {}

  /// A gradient on a device of its own, and the most bytes it ever had in use.
  private static Outcome gradient(int layers, Forward forward) {
    try (CpuDevice device = new CpuDevice(1)) {
      return device.with(() -> {
        GptConfig config = GptConfig.gpt2(layers, 4, WIDTH, TIME, VOCABULARY);
        Gpt model = Gpt.init(config, Rng.of(1));
        Tensor ids = Rng.of(2).integers(0, VOCABULARY, Shape.of(BATCH, TIME));
        Gpt found =
            Grad.valueAndGrad(
                    m -> Losses.crossEntropy(m.unembed(forward.apply(m, ids)), ids), model)
                .grad();
        List<float[]> leaves = new ArrayList<>();
        Tree.forEachTensor(found, leaf -> leaves.add(leaf.toFloats()));
        return new Outcome(leaves, device.memory().peak());
      });
    }
  }

  @Test
  void theGradientHasTheSameBits() {
    List<float[]> plain = gradient(4, Forward.PLAIN).gradient();
    List<float[]> again = gradient(4, Forward.RECOMPUTED).gradient();
    assertEquals(plain.size(), again.size());
    for (int leaf = 0; leaf < plain.size(); leaf++) {
      assertArrayEquals(plain.get(leaf), again.get(leaf), "leaf " + leaf);
    }
  }

  @Test
  void aFurtherBlockCostsItsInputInPlaceOfItsActivations() {
    int further = 7;
    long one = peak(1, Forward.PLAIN);
    long plain = peak(1 + further, Forward.PLAIN);
    long recomputed = peak(1 + further, Forward.RECOMPUTED);
    assertTrue(plain >= one + further * 16L * STREAM, streams("plain", plain, one));
    assertTrue(recomputed <= one + (long) further * STREAM, streams("recomputed", recomputed, one));
    assertTrue(recomputed < plain / 4, streams("recomputed", recomputed, plain));
  }

  private static long peak(int layers, Forward forward) {
    return gradient(layers, forward).peak();
  }

  private static String streams(String what, long peak, long other) {
    return "%s: %.2f streams, the other %.2f"
        .formatted(what, (double) peak / STREAM, (double) other / STREAM);
  }
}
