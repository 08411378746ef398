package telos.nn;

import telos.tensor.Fixed;
import telos.tensor.Tensor;

/// Batch normalisation (Ioffe and Szegedy 2015) of each channel of `[B, C, ...]`, as a value: to
/// train, [#train] normalises by the batch and also gives the next record, whose running statistics
/// have moved; to infer, [#call] is a function of the record alone.
///
///     var step = Grad.valueAndGradWith(
///         m -> { var y = m.norm().train(m.in().call(x));
///                return loss(m.out().call(y.output())).with(new Net(m.in(), y.next(), m.out())); },
///         net);
///     net = optimizer.step(step.aux(), step.step().grad(), state).model();
///
/// In training a row's result depends on its batch, by definition; in inference it does not.
///
/// @param gain `[C]`
/// @param bias `[C]`
/// @param mean `[C]`, running
/// @param variance `[C]`, running, of `n - 1` degrees of freedom as in PyTorch
/// @param momentum how far the running statistics move to those of a batch
public record BatchNorm(
    Tensor gain,
    Tensor bias,
    @Fixed Tensor mean,
    @Fixed Tensor variance,
    double eps,
    double momentum)
    implements Layer {
  /// What a batch becomes, and the record after it.
  public record Trained(Tensor output, BatchNorm next) {}

  /// Gain one, bias zero, running mean zero and variance one; eps 1e-5, momentum 0.1.
  public static BatchNorm init(int channels) {
    return new BatchNorm(
        Tensor.ones(channels),
        Tensor.zeros(channels),
        Tensor.zeros(channels),
        Tensor.ones(channels),
        1e-5,
        0.1);
  }

  /// Normalised by the running statistics.
  ///
  /// @param x `[B, C, ...]`
  @Override
  public Tensor call(Tensor x) {
    Channels.require("batchNorm", gain.dim(0), x);
    return scaled(x.sub(Channels.along(mean, x)), variance);
  }

  /// Normalised by the batch's own mean and (biased) variance.
  ///
  /// @param x `[B, C, ...]` with at least two numbers a channel
  public Trained train(Tensor x) {
    Channels.require("batchNorm", gain.dim(0), x);
    int count = x.size() / gain.dim(0);
    if (count < 2) {
      throw new IllegalArgumentException(
          "batchNorm: " + x.shape() + " has no variance; needs two numbers a channel");
    }
    Tensor batchMean = sums(x).div(count);
    Tensor centred = x.sub(Channels.along(batchMean, x));
    Tensor squares = sums(centred.square());
    return new Trained(
        scaled(centred, squares.div(count)),
        moved(batchMean.stopGradient(), squares.stopGradient().div(count - 1)));
  }

  private BatchNorm moved(Tensor batchMean, Tensor batchVariance) {
    return new BatchNorm(
        gain,
        bias,
        mean.lerp(batchMean, momentum),
        variance.lerp(batchVariance, momentum),
        eps,
        momentum);
  }

  private Tensor scaled(Tensor centred, Tensor by) {
    Tensor factor = by.add(eps).rsqrt().mul(gain);
    return centred.mul(Channels.along(factor, centred)).add(Channels.along(bias, centred));
  }

  private static Tensor sums(Tensor x) {
    return x.reshape(x.dim(0), x.dim(1), -1).sum(-1).sum(0);
  }
}
