package telos.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import telos.autograd.Grad;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.Losses;
import telos.nn.Mlp;
import telos.nn.Optimizer;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// A gradient of a small network, and a whole step of a small transformer: forward, backward,
/// AdamW.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class Training {
  private final Mlp mlp = Mlp.init(Activation.TANH, Rng.of(0), 4, 64, 64, 2);
  private final Tensor x = Rng.of(1).normal(Shape.of(128, 4));
  private final Tensor y = Rng.of(2).normal(Shape.of(128, 2));

  /// 2 layers, 4 heads, D 64, T 64, V 256; batches of 8 sequences.
  private Gpt gpt = Gpt.init(GptConfig.gpt2(2, 4, 64, 64, 256), Rng.of(3));

  private final Tensor ids = Rng.of(4).integers(0, 256, Shape.of(8, 64));
  private final Tensor next = Rng.of(5).integers(0, 256, Shape.of(8, 64));
  private final AdamW optimizer = AdamW.of(1e-3);
  private Optimizer.State state = optimizer.init(gpt);

  @Benchmark
  public boolean mlpValueAndGrad() {
    return Freed.after(() -> Grad.valueAndGrad(m -> Losses.meanSquaredError(m.call(x), y), mlp));
  }

  /// As in a training loop: each step starts from the one before.
  @Benchmark
  public Gpt gptStep() {
    var step = Grad.valueAndGrad(m -> Losses.crossEntropy(m.logits(ids), next), gpt);
    var moved = optimizer.step(gpt, step.grad(), state);
    gpt = moved.model();
    state = moved.state();
    return gpt;
  }
}
