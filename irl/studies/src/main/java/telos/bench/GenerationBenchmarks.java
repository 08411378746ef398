package telos.bench;

import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import telos.nn.Generator;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Quantize;
import telos.nn.Sampling;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tree;

/// Writing with a cache of keys and values.
///
/// The model is the `small` GPT: 6 layers of width 384, 6 heads, context 256, vocabulary 65. Each
/// row of a batch starts from one token and fills the context, drawn from the model's own
/// distribution.
///
/// The `decode-100m` rows are a model of 100 M parameters (12 layers of width 768, vocabulary 20
/// 000, a tied head) that writes a token at a time for one reader, with weights of 4, 2 and 1
/// bytes.
public final class GenerationBenchmarks {
  private static final GptConfig SMALL = GptConfig.gpt2(6, 6, 384, 256, 65);
  private static final int WRITTEN = SMALL.context() - 1;
  private static final GptConfig LARGE = GptConfig.gpt2(12, 12, 768, 64, 20_000);

  private GenerationBenchmarks() {}

  /// All rows, in the order they are printed. What bounds a single row is the reading of the
  /// weights.
  public static List<Benchmark> all() {
    return List.of(
        tokens("generate-small-batch1", 1).against(MachineBenchmarks.COPY_48MB, bytesRead()),
        tokens("generate-small-batch64", 64),
        decoding("decode-100m-f32", UnaryOperator.identity()),
        decoding("decode-100m-bf16", Quantize::bf16),
        decoding("decode-100m-int8", Quantize::int8));
  }

  private static Benchmark tokens(String name, int batch) {
    double tokens = (double) batch * WRITTEN;
    return Benchmark.rate(name, "tokens/s", tokens, () -> generation(batch));
  }

  private static Benchmark decoding(String name, UnaryOperator<Gpt> weights) {
    int tokens = LARGE.context() - 1;
    return Benchmark.rate(
        name,
        "tokens/s",
        tokens,
        () -> {
          Gpt model = Scope.call(() -> weights.apply(Gpt.init(LARGE, Rng.of(0))));
          Sampling greedy = Sampling.of(tokens).withTemperature(0);
          List<Rng> keys = Generator.keys(Rng.of(1), 1, 1);
          return Inputs.freeing(() -> Generator.generate(model, new int[1][1], greedy, keys));
        });
  }

  private static Runnable generation(int batch) {
    Gpt model = Gpt.init(SMALL, Rng.of(0));
    int[][] prompts = new int[batch][1];
    List<Rng> keys = Generator.keys(Rng.of(1), 1, batch);
    Supplier<?> write = () -> Generator.generate(model, prompts, Sampling.of(WRITTEN), keys);
    return Inputs.freeing(write);
  }

  /// What one row has to read: all weights once a token, and the keys and values before it.
  static double bytesRead() {
    long[] weights = {0};
    Tree.forEachLeaf(Gpt.init(SMALL, Rng.of(0)), (_, leaf, _) -> weights[0] += leaf.size());
    double cached =
        2.0 * SMALL.layers() * SMALL.attention().keyHeads() * SMALL.attention().headWidth();
    double positions = WRITTEN * (WRITTEN + 1) / 2.0;
    return Float.BYTES * (WRITTEN * (double) weights[0] + positions * cached);
  }
}
