package telos.nn;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Small models and inputs for the tests.
final class Models {
  static final int VOCABULARY = 23;
  static final int CONTEXT = 160;

  private Models() {}

  static GptConfig gpt2() {
    return GptConfig.gpt2(2, 4, 32, CONTEXT, VOCABULARY);
  }

  static GptConfig llama() {
    return GptConfig.llama(2, 4, 2, 32, 40, CONTEXT, VOCABULARY);
  }

  /// Every part that the others have not: head norms, a width of its own for heads, a window
  /// shorter than the sequences in one layer, scaled positions, biases in some places.
  static GptConfig qwen() {
    return new GptConfig(
        2,
        32,
        CONTEXT,
        VOCABULARY,
        new GptConfig.Attention(
            4,
            2,
            12,
            true,
            false,
            true,
            Optional.of(new GptConfig.Window(9, List.of(false, true)))),
        new GptConfig.FeedForward(40, Activation.GELU_ERF, true, true),
        GptConfig.Normalisation.RMS,
        1e-6,
        new GptConfig.Rotary(500, Optional.of(new RotaryScaling.Llama3(4, 1, 4, 32))),
        false);
  }

  /// A model with weights large enough that its distributions are far from uniform.
  static Gpt lively(GptConfig config, long seed) {
    Gpt model = Gpt.init(config, Rng.of(seed));
    return Tree.mapWithPath(
        model, (path, leaf) -> path.startsWith("rotary") || leaf.rank() < 2 ? leaf : leaf.mul(10));
  }

  static int[] tokens(long seed, int length) {
    return Rng.of(seed).integers(0, VOCABULARY, Shape.of(length)).toInts();
  }

  static Tensor ids(int[]... rows) {
    return Rows.pad(rows, 0);
  }

  /// Row `b` of the values of a tensor `[B, ...]`, its first `count` elements.
  static float[] row(Tensor x, int b, int count) {
    int size = x.size() / x.dim(0);
    return Arrays.copyOfRange(x.toFloats(), b * size, b * size + count);
  }
}
