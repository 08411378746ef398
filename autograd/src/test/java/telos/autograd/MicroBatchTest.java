package telos.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import telos.tensor.DType;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;
import telos.tensor.fused.CrossEntropy;
import telos.tensor.fused.Linear;

/// Any split of a batch into micro-batches gives the loss and the gradient of the whole, weighted
/// by tokens, with masked tokens and with parts in which every token is masked.
class MicroBatchTest {
  record Head(Tensor w, Tensor b) {}

  record Part(int from, int to) {}

  static final int TOKENS = 24;

  private static Tensor wave(double phase, int... dims) {
    double[] values = new double[Shape.of(dims).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * Math.sin(phase + 1.7 * i);
    }
    return Tensor.of(values, dims);
  }

  private static Loss loss(Head head, int from, int to) {
    Tensor x = wave(1, TOKENS, 3).slice(0, from, to);
    int[] labels = new int[to - from];
    boolean[] mask = new boolean[to - from];
    for (int i = from; i < to; i++) {
      labels[i - from] = i * 7 % 5;
      mask[i - from] = i < 3 || i % 3 != 0;
    }
    Tensor logits = new Linear(x, head.w(), head.b()).result();
    Tensor weight = Tensor.of(mask, mask.length).cast(DType.F64);
    Tensor losses = new CrossEntropy(logits, Tensor.of(labels)).result();
    return new Loss(losses.mul(weight).sum(), weight.sum());
  }

  @Property(tries = 50)
  void anySplitIsTheBatch(
      @ForAll @Size(max = 8) List<@IntRange(min = 1, max = TOKENS - 1) Integer> cuts) {
    Head head = new Head(wave(0.3, 3, 5), wave(0.7, 5));
    List<Integer> ends = Stream.concat(cuts.stream(), Stream.of(TOKENS)).sorted().toList();
    List<Part> split = new ArrayList<>();
    int from = 0;
    for (int end : ends) {
      split.add(new Part(from, end));
      from = end;
    }
    Step<Head> parts =
        Scope.call(
            () -> Grad.accumulate((h, p) -> loss(h, p.from(), p.to()), head, split, _ -> true));
    Step<Head> whole = Grad.valueAndGrad(h -> loss(h, 0, TOKENS), head);
    assertEquals(whole.value(), parts.value(), 1e-12 * Math.abs(whole.value()));
    Tree.zip(
        whole.grad(),
        parts.grad(),
        (one, other) -> {
          double largest = one.abs().max().item();
          assertEquals(0, one.sub(other).abs().max().item(), 1e-12 * largest);
          return one;
        });
  }
}
