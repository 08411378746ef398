package telos.irl;

import telos.tensor.Tensor;

/// Losses on a margin `d = R(x, y+) - R(x, y-)`, to be minimised, elementwise.
public enum MarginLoss {
  /// `-d` where `d > 0`, else `-2 d` (Joselowitz et al. 2025): unbounded below, slope -2 at zero.
  ASYMMETRIC {
    @Override
    public Tensor of(Tensor margin) {
      return margin.gt(0).where(margin, margin.mul(2)).neg();
    }
  },
  /// `max(0, 1 - d)`.
  HINGE {
    @Override
    public Tensor of(Tensor margin) {
      return margin.neg().add(1).relu();
    }
  },
  /// `-log sigmoid(d)` (Bradley and Terry 1952).
  BRADLEY_TERRY {
    @Override
    public Tensor of(Tensor margin) {
      return margin.logSigmoid().neg();
    }
  },
  /// `d^2`: pulls margins to zero; a negative control found in public code.
  SQUARED {
    @Override
    public Tensor of(Tensor margin) {
      return margin.square();
    }
  };

  /// The loss of each margin, of the margins' shape.
  public abstract Tensor of(Tensor margin);
}
