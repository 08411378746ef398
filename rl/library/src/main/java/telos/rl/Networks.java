package telos.rl;

import java.util.ArrayList;
import java.util.List;
import telos.nn.Activation;
import telos.nn.Conv2d;
import telos.nn.Flatten;
import telos.nn.Init;
import telos.nn.Layer;
import telos.nn.Linear;
import telos.nn.Mlp;
import telos.nn.Projection;
import telos.nn.Sequential;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Networks that read observations, whatever their space.
///
/// @param hidden widths of the hidden layers
/// @param activation between layers
/// @param weights of the hidden layers; biases are zero
/// @param last weights of the last layer
public record Networks(List<Integer> hidden, Activation activation, Init weights, Init last) {
  public Networks {
    hidden = List.copyOf(hidden);
    if (hidden.stream().anyMatch(width -> width < 1)) {
      throw new IllegalArgumentException("networks: hidden widths " + hidden + " must be positive");
    }
  }

  /// Orthogonal weights of gain sqrt(2), the last layer's of `gain`: what on-policy methods use
  /// (Andrychowicz et al. 2021 compare).
  public static Networks orthogonal(List<Integer> hidden, Activation activation, double gain) {
    return new Networks(hidden, activation, Init.orthogonal(Math.sqrt(2)), Init.orthogonal(gain));
  }

  /// Weights uniform within `1 / sqrt(in)` everywhere, as PyTorch's linear layers begin and most
  /// off-policy code with them.
  public static Networks uniform(List<Integer> hidden, Activation activation) {
    Init init = (key, dims) -> Init.uniform(1 / Math.sqrt(dims[dims.length - 2])).draw(key, dims);
    return new Networks(hidden, activation, init, init);
  }

  /// A network from observations `[N, ...]` to `[N, outputs]`: of a discrete space one-hot rows, of
  /// images `[C, H, W]` the convolutions of Mnih et al. 2015 in front.
  public Layer of(Space<?> observations, int outputs, Rng key) {
    return switch (observations) {
      case Space.Discrete discrete ->
          Sequential.of(new OneHot(discrete.n()), mlp(discrete.n(), outputs, key));
      case Space.Box box when box.shape().size() == 1 -> mlp(box.size(), outputs, key);
      case Space.Box box when box.shape().size() == 3 -> convolutional(box, outputs, key);
      default ->
          throw new IllegalArgumentException(
              "networks: no network reads " + observations + "; flatten it to a box first");
    };
  }

  /// From `[..., in]` to `[..., out]`.
  public Mlp mlp(int in, int out, Rng key) {
    List<Projection> layers = new ArrayList<>();
    int from = in;
    for (int i = 0; i < hidden.size(); i++) {
      layers.add(Linear.init(from, hidden.get(i), true, weights, key.fold(i)));
      from = hidden.get(i);
    }
    layers.add(Linear.init(from, out, true, last, key.fold(hidden.size())));
    return new Mlp(layers, activation);
  }

  private Layer convolutional(Space.Box image, int outputs, Rng key) {
    int[] sizes = {8, 4, 3};
    int[] strides = {4, 2, 1};
    int[] channels = {image.shape().getFirst(), 32, 64, 64};
    List<Layer> layers = new ArrayList<>();
    int height = image.shape().get(1);
    int width = image.shape().get(2);
    for (int i = 0; i < sizes.length; i++) {
      layers.add(
          Conv2d.init(channels[i], channels[i + 1], sizes[i], strides[i], 0, key.fold("conv" + i)));
      layers.add(Activation.RELU);
      height = (height - sizes[i]) / strides[i] + 1;
      width = (width - sizes[i]) / strides[i] + 1;
    }
    layers.add(new Flatten());
    layers.add(mlp(channels[3] * height * width, outputs, key));
    return new Sequential(layers);
  }

  /// F32 rows with a one at the number of each state, I32 `[N]` to `[N, n]`.
  public record OneHot(int n) implements Layer {
    @Override
    public Tensor call(Tensor states) {
      return states.oneHot(n);
    }
  }
}
