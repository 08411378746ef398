package telos.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Predicate;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Low-rank adaptation (Hu et al. 2021): only the changes [LowRank] of some projections are
/// trained.
///
///     var adapted = lora.adapt(model, path -> path.endsWith("attention.out"), key);
///     var step = Grad.valueAndGrad(loss, adapted, Lora.trained(adapted));
///     var merged = Lora.merged(trained);
///
/// @param rank r, of every change
/// @param alpha the scale is `alpha / r`
/// @param stabilised whether the scale is `alpha / sqrt(r)` (Kalajdzievski 2023), so that gradients
///   do not vanish at high rank
/// @param dropout of the changes' inputs while training
public record Lora(int rank, double alpha, boolean stabilised, double dropout) {
  public Lora {
    if (rank < 1 || !(alpha > 0) || !(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException(
          "lora: rank "
              + rank
              + ", alpha "
              + alpha
              + ", dropout "
              + dropout
              + "; needs rank >= 1, alpha > 0 and dropout in [0, 1)");
    }
  }

  /// How much a change counts.
  public double scale() {
    return alpha / (stabilised ? Math.sqrt(rank) : rank);
  }

  /// A change that is zero still: A uniform within `1 / sqrt(in)`, B zero.
  ///
  /// @param out how many outputs it changes, from `first` on
  public LowRank init(int in, int first, int out, Rng key) {
    double bound = 1 / Math.sqrt(in);
    return new LowRank(
        key.uniform(-bound, bound, Shape.of(in, rank)), Tensor.zeros(rank, out), first, scale());
  }

  /// A model of which each projection whose path `where` accepts is adapted in all its outputs.
  public <M> M adapt(M model, Predicate<String> where, Rng key) {
    return Tree.replace(
        model,
        Projection.class,
        (path, map) ->
            where.test(path) ? adapted(map, init(map.in(), 0, map.out(), key.fold(path))) : map);
  }

  /// A projection with one change more.
  public static Adapted adapted(Projection map, LowRank change) {
    List<LowRank> changes = new ArrayList<>(map instanceof Adapted a ? a.adapters() : List.of());
    changes.add(change);
    return new Adapted(map instanceof Adapted a ? a.base() : map, changes, Optional.empty());
  }

  /// The adapted projections of a model by path.
  public static SequencedMap<String, Adapted> places(Object model) {
    SequencedMap<String, Adapted> places = new LinkedHashMap<>();
    Object _ =
        Tree.replace(
            model,
            Projection.class,
            (path, map) -> {
              if (map instanceof Adapted adapted) {
                places.put(path, adapted);
              }
              return map;
            });
    return places;
  }

  /// Accepts the paths of the adapters of a model, and no others.
  public static Predicate<String> trained(Object model) {
    List<String> places =
        places(model).keySet().stream()
            .map(path -> (path.isEmpty() ? "" : path + ".") + "adapters.")
            .toList();
    return path -> places.stream().anyMatch(path::startsWith);
  }

  /// The model with every change added to the weights it changes: as fast as the base, and the same
  /// function within rounding.
  public static <M> M merged(M model) {
    return Tree.replace(
        model, Projection.class, (_, map) -> map instanceof Adapted a ? a.merged() : map);
  }

  /// The model whose adapters drop inputs as `key` decides, for the loss of one step (inside of the
  /// function whose gradient is taken). Rate 0 leaves the model as it is.
  public static <M> M noisy(M model, double rate, Rng key) {
    if (rate == 0) {
      return model;
    }
    return Tree.replace(
        model,
        Projection.class,
        (path, map) ->
            map instanceof Adapted a
                ? new Adapted(
                    a.base(),
                    a.adapters(),
                    Optional.of(new Adapted.Noise(new Dropout(rate), key.fold(path))))
                : map);
  }
}
