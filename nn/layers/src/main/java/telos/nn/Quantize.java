package telos.nn;

import java.util.function.BiFunction;
import telos.tensor.DType;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Models with weights of fewer bytes, for inference: what a token costs at batch 1 is reading
/// them.
///
/// The matrices of all [Linear] layers and the embeddings of tokens become BF16, or I8 with a scale
/// for each output (for an embedding: each token; so a head tied to it has a scale for each output
/// too). Position embeddings, norms and biases stay as they are, and so does every activation. The
/// model keeps its type and all its uses: its weights are constants, but a gradient flows through
/// it, so that adapters can be trained on top (Dettmers et al. 2023). A weight that is small beside
/// the largest of its channel loses most.
///
/// A layer that is declared as [Linear] itself, such as the head of a [ValueModel], cannot be
/// another: quantise the trunk.
///
/// Only weights are quantised (Dettmers et al. 2022 call this absmax): activations would need
/// calibration, and at batch 1 gain nothing.
public final class Quantize {
  private Quantize() {}

  /// I8: each weight to the nearest of 255 multiples of its channel's scale, `max|w| / 127`, ties
  /// to even.
  ///
  /// @throws IllegalArgumentException for a stack of layers, or a weight that is not finite
  public static <M> M int8(M model) {
    return replaced(model, Int8Linear::of, Embedding::int8);
  }

  /// BF16: each weight to the nearest float with 8 significant bits, ties to even.
  public static <M> M bf16(M model) {
    return replaced(
        model,
        (_, layer) -> new Linear(layer.weight().cast(DType.BF16), layer.bias()),
        (_, table) -> new Embedding(table.weight().cast(DType.BF16)));
  }

  /// F32 again: the model that a quantised one stands for.
  public static <M> M f32(M model) {
    return Scope.call(
        "f32",
        () ->
            Tree.replace(
                Tree.replace(model, Projection.class, (_, layer) -> widened(layer)),
                Embedding.class,
                (_, table) -> table.widened()));
  }

  private static Projection widened(Projection layer) {
    return switch (layer) {
      case Linear(Tensor weight, var bias) when weight.dtype() == DType.BF16 ->
          new Linear(weight.cast(DType.F32), bias);
      case Int8Linear int8 -> int8.widened();
      default -> layer;
    };
  }

  private static <M> M replaced(
      M model,
      BiFunction<String, Linear, Projection> linear,
      BiFunction<String, Embedding, Embedding> embedding) {
    return Scope.call(
        "quantize",
        () -> {
          M layers =
              Tree.replace(
                  model,
                  Projection.class,
                  (path, layer) ->
                      layer instanceof Linear plain ? linear.apply(path, plain) : layer);
          return Tree.replace(
              layers,
              Embedding.class,
              (path, table) ->
                  path.endsWith("positions") || table.scale().isPresent()
                      ? table
                      : embedding.apply(path, table));
        });
  }
}
