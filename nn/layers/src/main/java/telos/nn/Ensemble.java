package telos.nn;

import java.util.List;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// E networks of one shape evaluated as one batched network: critics, reward models. Each gives, to
/// the bit, what it gives alone, and gets the gradient it gets alone.
///
/// It works for layers made of [Linear], [LayerNorm], [RmsNorm] and whatever acts on elements,
/// whose parameters may carry a leading axis E; other layers refuse a stack. An ensemble of models
/// with such layers, of a [Gpt] or a [Conv2d], is a list, evaluated member by member.
///
/// @param members the networks as one, see [Tree#stack]: every leaf is `[E, ...]`
public record Ensemble<M extends Layer>(M members) implements Layer {
  /// From networks of one shape.
  public static <M extends Layer> Ensemble<M> of(List<M> members) {
    return new Ensemble<>(Tree.stack(members));
  }

  /// E.
  public int size() {
    return Tree.leaves(members).firstEntry().getValue().dim(0);
  }

  /// Every member on the same input.
  ///
  /// @param x `[..., in]`
  /// @return `[E, ..., out]`
  @Override
  public Tensor call(Tensor x) {
    return each(x.unsqueeze(0).broadcastTo(x.shape().insert(0, size())));
  }

  /// Every member on an input of its own.
  ///
  /// @param x `[E, ..., in]`
  /// @return `[E, ..., out]`
  public Tensor each(Tensor x) {
    if (x.rank() < 2 || x.dim(0) != size()) {
      throw new IllegalArgumentException(
          "ensemble: input " + x.shape() + " is not one a member, [" + size() + ", ..., in]");
    }
    return members.call(x);
  }

  /// The members one by one.
  public List<M> unstacked() {
    return Tree.unstack(members);
  }
}
