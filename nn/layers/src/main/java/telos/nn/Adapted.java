package telos.nn;

import java.util.List;
import java.util.Optional;
import telos.tensor.DType;
import telos.tensor.Fixed;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A frozen projection with changes of low rank that are trained in its stead (LoRA, Hu et al.
/// 2021): `y = base(x) + scale x A B`.
///
/// @param base what stays; it has no gradient
/// @param adapters the changes, none of which reaches beyond the outputs of the base
/// @param noise dropout of the changes' inputs for one training step, see [Lora#noisy]
public record Adapted(@Fixed Projection base, List<LowRank> adapters, Optional<Noise> noise)
    implements Projection {
  /// Which inputs are dropped: a value, since models have no train flag.
  public record Noise(Dropout dropout, Rng key) {}

  public Adapted {
    adapters = List.copyOf(adapters);
    for (LowRank adapter : adapters) {
      if (adapter.down().dim(-2) != base.in()
          || adapter.first() + adapter.up().dim(-1) > base.out()) {
        throw new IllegalArgumentException(
            "adapter: "
                + adapter.down().shape()
                + " and "
                + adapter.up().shape()
                + " from output "
                + adapter.first()
                + " do not fit a projection ["
                + base.in()
                + ", "
                + base.out()
                + "]");
      }
    }
  }

  @Override
  public int in() {
    return base.in();
  }

  @Override
  public int out() {
    return base.out();
  }

  /// @param x `[..., in]`
  /// @return `[..., out]`
  @Override
  public Tensor call(Tensor x) {
    Tensor y = base.call(x);
    for (int i = 0; i < adapters.size(); i++) {
      y = y.add(adapters.get(i).change(noised(x, i), out()));
    }
    return y;
  }

  private Tensor noised(Tensor x, int adapter) {
    return noise.map(n -> n.dropout().call(x, n.key().fold(adapter))).orElse(x);
  }

  /// One linear map that gives the same: `W + scale A B`, where W is what the base merges into if
  /// it is adapted itself.
  ///
  /// @throws IllegalArgumentException if there are no weights to add to, being quantised
  public Linear merged() {
    Linear below =
        switch (base) {
          case Linear linear when !linear.weight().dtype().isStorageOnly() -> linear;
          case Adapted adapted -> adapted.merged();
          case Linear linear -> throw narrow(linear.weight().dtype());
          case Int8Linear _ -> throw narrow(DType.I8);
        };
    Tensor weight = below.weight();
    for (LowRank adapter : adapters) {
      weight = weight.add(adapter.matrix(out()));
    }
    return new Linear(weight, below.bias());
  }

  private static IllegalArgumentException narrow(DType dtype) {
    return new IllegalArgumentException(
        "adapter: cannot be merged into weights kept as %s; load the model with its full weights"
            .formatted(dtype));
  }
}
