package telos.nn;

import java.util.List;
import java.util.stream.IntStream;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// A transformer with a scalar head: a value function where it is read at every position, a reward
/// model where it is read at the last valid one.
///
/// An ensemble of E is one such model and gives `[E, ...]`. Either all of it is a stack
/// ([Ensemble#stack]): members that learn each for themselves (Coste et al. 2023), or each its own
/// adapters on one base (Zhai et al. 2023), which is fixed and held once. Or the head alone is
/// ([#init(Gpt, int, Rng)]): members that share a trunk, which is run once; that is nearly free,
/// but such members err together (Eisenstein et al. 2023).
///
/// @param trunk its own head is not used
/// @param head `[D, 1]` or `[E, D, 1]`
public record ValueModel(Gpt trunk, Linear head) {
  private static final Init HEAD = Init.normal(0.02);

  public ValueModel {
    if (head.out() != 1) {
      throw new IllegalArgumentException(
          "valueModel: the head " + head.weight().shape() + " must be [D, 1]");
    }
  }

  /// A trunk, often a copy of a language model, with a new head: normal with standard deviation
  /// 0.02, no bias.
  public static ValueModel init(Gpt trunk, Rng key) {
    return new ValueModel(trunk, head(trunk, key));
  }

  /// An ensemble of new heads on one trunk.
  ///
  /// @param members E
  public static ValueModel init(Gpt trunk, int members, Rng key) {
    List<Linear> heads =
        IntStream.range(0, members).mapToObj(i -> head(trunk, key.fold(i))).toList();
    return new ValueModel(trunk, Ensemble.stack(heads));
  }

  private static Linear head(Gpt trunk, Rng key) {
    return Linear.init(trunk.config().width(), 1, false, HEAD, key);
  }

  /// A value at every position.
  ///
  /// @param ids I32 `[B, T]`, for a stack also `[E, B, T]`, each member's own
  /// @return `[B, T]`
  public Tensor values(Tensor ids) {
    return read(trunk.hidden(ids));
  }

  /// The value at the last valid position of every row; padding after it changes nothing.
  ///
  /// @param ids as for [#values]
  /// @param lengths I32 `[B]`, each in `[1, T]`; `[E, B]` where the members' ids are their own
  /// @return `[B]`
  public Tensor last(Tensor ids, Tensor lengths) {
    Tensor hidden = trunk.hidden(ids);
    Shape rows = hidden.shape().slice(0, hidden.rank() - 2);
    Tensor all = lengths.rank() < rows.rank() ? lengths.unsqueeze(0).broadcastTo(rows) : lengths;
    Tensor last =
        Rows.last(
            hidden.reshape(rows.size(), hidden.dim(-2), hidden.dim(-1)), all.reshape(all.size()));
    return read(last.reshape(rows.concat(Shape.of(hidden.dim(-1)))));
  }

  /// @param hidden `[..., D]`; what members share is read by every head
  private Tensor read(Tensor hidden) {
    boolean shared = head.weight().rank() == 3 && !trunk.tokens().isStack();
    Tensor each =
        shared
            ? hidden.unsqueeze(0).broadcastTo(hidden.shape().insert(0, head.weight().dim(0)))
            : hidden;
    return head.call(each).squeeze(-1);
  }
}
