package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import telos.autograd.Grad;
import telos.autograd.Step;
import telos.devices.cpu.CpuDevice;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Training and generation give the same bits on any number of threads, and to any number of them.
class SameBitsTest {
  record Outcome(List<float[]> weights, double loss, List<Completion> completions) {}

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void onAnyNumberOfThreads(boolean llama) {
    Outcome one = on(1, () -> trained(llama));
    for (int threads : new int[] {2, 7}) {
      Outcome other = on(threads, () -> trained(llama));
      assertEquals(one.loss(), other.loss());
      assertEquals(one.completions(), other.completions());
      for (int i = 0; i < one.weights().size(); i++) {
        assertArrayEquals(one.weights().get(i), other.weights().get(i), threads + " threads");
      }
    }
  }

  private static <T> T on(int threads, Supplier<T> body) {
    try (CpuDevice device = new CpuDevice(threads)) {
      return device.with(body);
    }
  }

  /// Models are values: many threads may use one at once, on one device.
  @Test
  void oneModelServesManyThreads() {
    on(
        2,
        () -> {
          Gpt wide = Gpt.init(GptConfig.llama(2, 4, 2, 64, 96, 80, 50), Rng.of(1));
          for (Gpt model : List.of(wide, Quantize.int8(wide), Quantize.bf16(wide))) {
            List<Completion> alone = IntStream.range(0, 16).mapToObj(i -> text(model, i)).toList();
            assertEquals(alone, together(16, i -> text(model, i)));
          }
          return wide;
        });
  }

  private static Completion text(Gpt model, int i) {
    List<Rng> key = List.of(Rng.of(5).fold(i));
    return Generator.generate(model, new int[][] {{i, 2 * i, 3}}, Sampling.of(20), key).getFirst();
  }

  /// What `body` gives for each number below `n`, each on a thread of its own.
  private static <T> List<T> together(int n, IntFunction<T> body) {
    Device device = Device.current();
    try (var threads = Executors.newThreadPerTaskExecutor(Thread::new)) {
      List<CompletableFuture<T>> results =
          IntStream.range(0, n)
              .mapToObj(i -> (Supplier<T>) () -> device.with(() -> body.apply(i)))
              .map(each -> CompletableFuture.supplyAsync(each, threads))
              .toList();
      return results.stream().map(CompletableFuture::join).toList();
    }
  }

  private static Outcome trained(boolean llama) {
    Gpt model =
        Gpt.init(
            llama ? GptConfig.llama(2, 4, 2, 64, 96, 80, 50) : GptConfig.gpt2(2, 4, 64, 80, 50),
            Rng.of(1));
    AdamW optimizer = AdamW.of(1e-2);
    Optimizer.State state = optimizer.init(model);
    double loss = 0;
    for (int i = 0; i < 3; i++) {
      Tensor ids = Rng.of(2).fold(i).integers(0, 50, Shape.of(5, 70));
      Tensor mask = Rng.of(3).fold(i).bernoulli(0.7, Shape.of(5, 70));
      Step<Gpt> step = Grad.valueAndGrad(m -> Losses.nextToken(m.logits(ids), ids, mask), model);
      Gpt gradient = Clip.byGlobalNorm(step.grad(), 0.5).gradient();
      Optimizer.Step<Gpt> next = optimizer.step(model, gradient, state);
      model = next.model();
      state = next.state();
      loss = step.value();
    }
    int[][] prompts = {{1, 2, 3}, {4}, {5, 6}};
    List<float[]> weights = new ArrayList<>();
    Tree.forEachLeaf(model, (_, leaf, _) -> weights.add(leaf.toFloats()));
    return new Outcome(
        weights,
        loss,
        Generator.generate(model, prompts, Sampling.of(20), Generator.keys(Rng.of(9), 3, 1)));
  }
}
