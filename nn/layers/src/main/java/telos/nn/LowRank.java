package telos.nn;

import telos.tensor.Tensor;

/// A change of low rank to some outputs of a projection (Hu et al. 2021): `scale x A B` is added to
/// the outputs `first`, `first + 1`, ...
///
/// @param down A, `[in, r]`, or `[E, in, r]` of a stack (an ensemble)
/// @param up B, `[r, out]` or `[E, r, out]`; zero at first, so that an adapted model starts as the
///   base
/// @param first the first output it changes: in a packed projection the queries, keys and values
///   have adapters of their own
/// @param scale how much it counts
public record LowRank(Tensor down, Tensor up, int first, double scale) {
  public LowRank {
    if (down.rank() < 2 || up.rank() != down.rank() || down.dim(-1) != up.dim(-2) || first < 0) {
      throw new IllegalArgumentException(
          "low-rank change: "
              + down.shape()
              + " and "
              + up.shape()
              + " from output "
              + first
              + " do not fit; needs [in, r], [r, out] and an output of 0 or more");
    }
  }

  /// r.
  public int rank() {
    return down.dim(-1);
  }

  /// What is added to the outputs of a projection that has `outputs` of them.
  ///
  /// @param x `[..., in]`
  /// @return `[..., outputs]`, zero where it changes nothing
  Tensor change(Tensor x, int outputs) {
    Tensor narrow = new telos.tensor.fused.Linear(x, down, null).result();
    return placed(new telos.tensor.fused.Linear(narrow, up, null).result(), outputs);
  }

  /// The matrix `[in, outputs]` that does the same.
  Tensor matrix(int outputs) {
    return placed(down.matMul(up), outputs);
  }

  private Tensor placed(Tensor product, int outputs) {
    Tensor change = product.mul(scale);
    int after = outputs - first - up.dim(-1);
    return first == 0 && after == 0 ? change : change.pad(change.rank() - 1, first, after);
  }
}
