package telos.bench;

import static telos.bench.Inputs.freeing;
import static telos.bench.Inputs.normal;

import java.util.List;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.nn.AdamW;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Optimizer;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// What operations cost beside their arithmetic, and work of many small parts.
final class SmallBenchmarks {
  private static final int REPETITIONS = 1000;

  private SmallBenchmarks() {}

  static List<Benchmark> all() {
    return List.of(
        Benchmark.microseconds("op-overhead", REPETITIONS, SmallBenchmarks::overhead),
        Benchmark.microseconds("dispatch", REPETITIONS, SmallBenchmarks::dispatch),
        Benchmark.microseconds("launch-64k", 1, SmallBenchmarks::launch),
        Benchmark.microseconds("mlp-64x64-batch128-grad", 1, SmallBenchmarks::gradient),
        adamW(),
        new Benchmark("gpt-tiny-warm-up", "s", WarmUp::new, seconds -> seconds));
  }

  /// An 8 x 8 addition in a scope of its own, which frees the result.
  private static Runnable overhead() {
    Tensor x = normal(8, 8);
    Runnable one = freeing(() -> x.add(x));
    return () -> {
      for (int i = 0; i < REPETITIONS; i++) {
        one.run();
      }
    };
  }

  /// The same additions in one scope.
  private static Runnable dispatch() {
    Tensor x = normal(8, 8);
    return freeing(() -> {
      Tensor last = x;
      for (int i = 0; i < REPETITIONS; i++) {
        last = x.add(x);
      }
      return last;
    });
  }

  /// About the least work that is worth a second thread.
  private static Runnable launch() {
    Tensor x = normal(64, 1024);
    return freeing(x::tanh);
  }

  /// A network of two hidden layers: 4 to 64 to 64 to 2.
  ///
  /// @param in `[4, 64]`
  /// @param hidden `[64, 64]`
  /// @param bias `[64]`
  /// @param out `[64, 2]`
  record Network(Tensor in, Tensor hidden, Tensor bias, Tensor out) {
    Loss loss(Tensor x) {
      Tensor y = x.matMul(in).tanh().matMul(hidden).add(bias).tanh().matMul(out);
      return Loss.of(y.square().mean());
    }
  }

  private static Runnable gradient() {
    var network = new Network(normal(4, 64), normal(64, 64), Tensor.zeros(64), normal(64, 2));
    Tensor x = normal(128, 4);
    return freeing(() -> Grad.valueAndGrad(n -> n.loss(x), network));
  }

  /// A step over all leaves of a GPT of 6 layers and width 384: four arrays read, three written.
  private static Benchmark adamW() {
    GptConfig config = GptConfig.gpt2(6, 6, 384, 256, 65);
    double parameters =
        12.0 * config.layers() * config.width() * config.width()
            + (double) config.width() * (config.context() + config.vocabulary());
    return Benchmark.milliseconds("adamw-gpt-small", () -> new Stepping(config)::step)
        .against(MachineBenchmarks.COPY_300MB, 7 * Float.BYTES * parameters);
  }

  private static final class Stepping {
    private final AdamW optimizer = AdamW.of(1e-6);
    private final Gpt gradient;
    private Gpt model;
    private Optimizer.State state;

    Stepping(GptConfig config) {
      model = Gpt.init(config, Rng.of(0));
      gradient = Tree.map(model, leaf -> leaf.mul(0.01));
      state = optimizer.init(model);
    }

    void step() {
      var next = Scope.call(() -> optimizer.step(model, gradient, state));
      model = next.model();
      state = next.state();
    }
  }
}
