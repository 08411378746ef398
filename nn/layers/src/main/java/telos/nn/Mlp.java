package telos.nn;

import java.util.List;
import java.util.stream.IntStream;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Linear layers with an activation between them (none after the last).
public record Mlp(List<Projection> layers, Activation activation) implements Layer {
  public Mlp {
    layers = List.copyOf(layers);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("mlp: needs at least one layer");
    }
  }

  /// Xavier-uniform weights, zero biases.
  ///
  /// @param sizes inputs, hidden widths, outputs: `n + 1` numbers make `n` layers
  public static Mlp init(Activation activation, Rng key, int... sizes) {
    return init(activation, Init.xavierUniform(1), key, sizes);
  }

  /// Weights drawn by `init`, zero biases.
  public static Mlp init(Activation activation, Init init, Rng key, int... sizes) {
    return new Mlp(
        IntStream.range(0, sizes.length - 1)
            .<Projection>mapToObj(i -> Linear.init(sizes[i], sizes[i + 1], true, init, key.fold(i)))
            .toList(),
        activation);
  }

  /// @param x `[..., in]`
  /// @return `[..., out]`
  @Override
  public Tensor call(Tensor x) {
    Tensor h = layers.getFirst().call(x);
    for (Projection layer : layers.subList(1, layers.size())) {
      h = layer.call(activation.call(h));
    }
    return h;
  }
}
