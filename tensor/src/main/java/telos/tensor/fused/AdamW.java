package telos.tensor.fused;

import java.util.ArrayList;
import java.util.List;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// One AdamW step (Loshchilov and Hutter 2019) over all leaves at once; `Adam` is weight decay
/// zero.
///
/// `m' = b1 m + (1 - b1) g`, `v' = b2 v + (1 - b2) g^2`, `w' = w (1 - lr decay) - lr / (1 - b1^t)
/// m' / (sqrt(v' / (1 - b2^t)) + eps)`.
///
/// Results: all `w'`, then all `m'`, then all `v'`. A device may take a moment below the smallest
/// normal number for zero.
///
/// @param owned whether the caller alone holds the moments and gives them up: a device may then
///   write the new ones to their memory, and the old ones are dead, also where the step fails. What
///   a [telos.tensor.Recorder] sees stays, for the derivative needs it
public record AdamW(
    List<Tensor> weights,
    List<Tensor> gradients,
    List<Tensor> firstMoments,
    List<Tensor> secondMoments,
    Rates rates,
    boolean owned)
    implements Op.Fused {
  /// Into memory of its own.
  public AdamW(
      List<Tensor> weights,
      List<Tensor> gradients,
      List<Tensor> firstMoments,
      List<Tensor> secondMoments,
      Rates rates) {
    this(weights, gradients, firstMoments, secondMoments, rates, false);
  }

  /// The numbers of one step.
  ///
  /// @param step t, counted from 1
  /// @param decay one per leaf
  public record Rates(
      double learningRate, double beta1, double beta2, double eps, List<Double> decay, long step) {
    public Rates {
      decay = List.copyOf(decay);
    }

    /// `lr / (1 - beta1^t)`.
    public double stepSize() {
      return learningRate / (1 - StrictMath.pow(beta1, (double) step));
    }

    /// `1 / sqrt(1 - beta2^t)`.
    public double secondCorrection() {
      return 1 / Math.sqrt(1 - StrictMath.pow(beta2, (double) step));
    }
  }

  public AdamW {
    weights = List.copyOf(weights);
    gradients = List.copyOf(gradients);
    firstMoments = List.copyOf(firstMoments);
    secondMoments = List.copyOf(secondMoments);
  }

  @Override
  public List<Tensor> inputs() {
    List<Tensor> inputs = new ArrayList<>(weights);
    inputs.addAll(gradients);
    inputs.addAll(firstMoments);
    inputs.addAll(secondMoments);
    return inputs;
  }

  /// Whose moments are nobody's to give up.
  @Override
  public AdamW with(List<Tensor> in) {
    int n = weights.size();
    return new AdamW(
        in.subList(0, n),
        in.subList(n, 2 * n),
        in.subList(2 * n, 3 * n),
        in.subList(3 * n, 4 * n),
        rates);
  }

  @Override
  public int resultCount() {
    return 3 * weights.size();
  }

  @Override
  public Shape shape() {
    return weights.getFirst().shape();
  }

  @Override
  public DType dtype() {
    return weights.getFirst().dtype();
  }

  @Override
  public List<Tensor> definition() {
    List<Tensor> next = new ArrayList<>();
    List<Tensor> first = new ArrayList<>();
    List<Tensor> second = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      Tensor g = gradients.get(i);
      Tensor m = firstMoments.get(i).mul(rates.beta1()).add(g.mul(1 - rates.beta1()));
      Tensor v = secondMoments.get(i).mul(rates.beta2()).add(g.square().mul(1 - rates.beta2()));
      Tensor scale = v.sqrt().mul(rates.secondCorrection()).add(rates.eps());
      double shrink = 1 - rates.learningRate() * rates.decay().get(i);
      next.add(weights.get(i).mul(shrink).sub(m.mul(rates.stepSize()).div(scale)));
      first.add(m);
      second.add(v);
    }
    next.addAll(first);
    next.addAll(second);
    return next;
  }
}
