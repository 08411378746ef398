package telos.bench;

import java.util.List;
import java.util.function.Supplier;
import telos.nn.Generator;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Sampling;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;
import telos.tensor.fused.Attention;
import telos.tensor.fused.AttentionGrad;

/// Writing with a cache of keys and values, and the attention of training beside its derivative.
///
/// The model is the `small` GPT: 6 layers of width 384, 6 heads, context 256, vocabulary 65. Each
/// row of a batch starts from one token and fills the context, drawn from the model's own
/// distribution.
public final class GenerationBenchmarks {
  private static final GptConfig SMALL = GptConfig.gpt2(6, 6, 384, 256, 65);
  private static final int WRITTEN = SMALL.context() - 1;

  private GenerationBenchmarks() {}

  /// All rows, in the order they are printed.
  public static List<Benchmark> all() {
    return List.of(
        tokens("generate-small-batch1", 1),
        tokens("generate-small-batch64", 64),
        new Benchmark(
            "generate-small-batch1-read",
            "GB/s",
            () -> generation(1),
            seconds -> bytesRead() / seconds / 1e9),
        Benchmark.milliseconds("attention-grad-8x6x256x64", GenerationBenchmarks::attentionGrad));
  }

  private static Benchmark tokens(String name, int batch) {
    double tokens = (double) batch * WRITTEN;
    return new Benchmark(name, "tokens/s", () -> generation(batch), seconds -> tokens / seconds);
  }

  private static Runnable generation(int batch) {
    Gpt model = Gpt.init(SMALL, Rng.of(0));
    int[][] prompts = new int[batch][1];
    List<Rng> keys = Generator.keys(Rng.of(1), 1, batch);
    Supplier<?> write = () -> Generator.generate(model, prompts, Sampling.of(WRITTEN), keys);
    return write::get;
  }

  /// What one row has to read: all weights once a token, and the keys and values before it.
  static double bytesRead() {
    long[] weights = {0};
    Tree.forEachLeaf(Gpt.init(SMALL, Rng.of(0)), (_, leaf, _) -> weights[0] += leaf.size());
    double cached = 2.0 * SMALL.layers() * SMALL.keyHeads() * SMALL.headWidth();
    double positions = WRITTEN * (WRITTEN + 1) / 2.0;
    return Float.BYTES * (WRITTEN * (double) weights[0] + positions * cached);
  }

  private static Runnable attentionGrad() {
    Rng rng = Rng.of(0);
    var attention = new Attention(rng.normal(Shape.of(8, 256, 18, 64)), 6, 6, 0.125f);
    List<Tensor> outputs = attention.outputs();
    Tensor g = rng.fold(1).normal(outputs.getFirst().shape());
    var grad = new AttentionGrad(attention, outputs.get(0), outputs.get(1), g);
    return () -> Scope.call(() -> grad.result().size());
  }
}
