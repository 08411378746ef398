package telos.nn;

import java.util.List;
import telos.tensor.Tensor;

/// Layers one after the other; parameters are named `layers.0...`, `layers.1...`.
public record Sequential(List<Layer> layers) implements Layer {
  public Sequential {
    layers = List.copyOf(layers);
  }

  public static Sequential of(Layer... layers) {
    return new Sequential(List.of(layers));
  }

  @Override
  public Tensor call(Tensor x) {
    for (Layer layer : layers) {
      x = layer.call(x);
    }
    return x;
  }
}
