package telos.rl;

import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.IntStream;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// K categorical variables that are independent of each other: what acts in a
/// [telos.rl.environment.Space.MultiDiscrete].
///
/// @param parts each `[..., n_k]`
public record MultiCategorical(List<Categorical> parts) implements ExponentialFamily {
  public MultiCategorical {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("multi-categorical: needs a variable at least");
    }
    parts = List.copyOf(parts);
  }

  /// From the logits of all, one after the other.
  ///
  /// @param logits `[..., n_1 + ... + n_K]`
  /// @param sizes n
  public static MultiCategorical ofLogits(Tensor logits, List<Integer> sizes) {
    int[] ends = new int[sizes.size() + 1];
    for (int k = 0; k < sizes.size(); k++) {
      ends[k + 1] = ends[k] + sizes.get(k);
    }
    return new MultiCategorical(
        IntStream.range(0, sizes.size())
            .mapToObj(k -> Categorical.ofLogits(logits.slice(-1, ends[k], ends[k + 1])))
            .toList());
  }

  /// The sum of the logarithms of all.
  ///
  /// @param actions I32 `[..., K]`
  @Override
  public Tensor logProb(Tensor actions) {
    return sum(k -> parts.get(k).logProb(actions.at(-1, k)));
  }

  /// The sum of the entropies, in nats, `[...]`.
  @Override
  public Tensor entropy() {
    return sum(k -> parts.get(k).entropy());
  }

  /// `KL(this || other)`, the sum of the divergences, in nats, `[...]`.
  public Tensor kl(MultiCategorical other) {
    if (other.parts.size() != parts.size()) {
      throw new IllegalArgumentException(
          "multi-categorical: %d variables against %d".formatted(parts.size(), other.parts.size()));
    }
    return sum(k -> parts.get(k).kl(other.parts.get(k)));
  }

  private Tensor sum(Function<Integer, Tensor> term) {
    BinaryOperator<Tensor> add = Tensor::add;
    return IntStream.range(0, parts.size()).boxed().map(term).reduce(add).orElseThrow();
  }

  /// I32 `[..., K]`.
  @Override
  public Tensor sample(Rng key) {
    return stacked(k -> parts.get(k).sample(key.fold(k)));
  }

  @Override
  public Tensor mode() {
    return stacked(k -> parts.get(k).mode());
  }

  private Tensor stacked(Function<Integer, Tensor> part) {
    return Tensor.stack(-1, IntStream.range(0, parts.size()).boxed().map(part).toList());
  }
}
