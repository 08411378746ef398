package telos.rl.online;

import java.util.List;
import java.util.Optional;
import telos.autograd.Grad;
import telos.autograd.Step;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Layer;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.rl.Hyperparameters;
import telos.rl.Networks;
import telos.rl.Standardised;
import telos.rl.Transitions;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Random network distillation (Burda et al. 2019): a predictor learns what a fixed network of
/// random weights says of observations, and the bonus of a transition is its squared error on the
/// observation that followed: large where it has learnt little.
///
/// Observations of a box are standardised and clipped to 5 deviations (section 2.4). The bonus is
/// divided by its own running deviation, where the paper takes that of its discounted sums, which
/// replay does not know.
///
/// @param seen moments of the observations; empty of a discrete space
/// @param bonuses moments of the errors
public record Rnd(
    Config config,
    Layer target,
    Layer predictor,
    Optimizer.State optimizer,
    Optional<Standardised> seen,
    Standardised bonuses)
    implements Curiosity {
  private static final Hyperparameters REQUIRE = new Hyperparameters("rnd");
  private static final double CLIP = 5;

  /// @param hidden widths of the hidden layers of both networks; ReLU between them
  /// @param features how many numbers the target gives
  /// @param rate step size of Adam
  public record Config(List<Integer> hidden, int features, double rate) {
    public Config {
      REQUIRE.atLeast(1, "features", features);
      REQUIRE.positive("rate", rate);
    }

    /// The paper's rate; its networks are convolutional, with 512 features.
    public static Config defaults() {
      return new Config(List.of(64, 64), 64, 1e-4);
    }
  }

  /// Before anything was seen.
  public static Rnd init(Config config, Space<?> observations, Rng key) {
    var networks = Networks.orthogonal(config.hidden, Activation.RELU, 1);
    Layer target = networks.of(observations, config.features, key.fold("target"));
    Layer predictor = networks.of(observations, config.features, key.fold("predictor"));
    Optional<Standardised> seen =
        observations instanceof Space.Box box
            ? Optional.of(Standardised.none(box.size()))
            : Optional.empty();
    return new Rnd(
        config, target, predictor, optimizer(config).init(predictor), seen, Standardised.none(1));
  }

  private static Optimizer optimizer(Config config) {
    return AdamW.adam(config.rate);
  }

  @Override
  public Tensor bonus(Transitions batch) {
    double deviation = Math.sqrt(bonuses.variance().toDoubles()[0] + 1e-8);
    return errors(predictor, standardised(batch.next())).div(deviation);
  }

  private Tensor standardised(Tensor observations) {
    return seen.map(moments ->
            moments.call(flat(observations)).clamp(-CLIP, CLIP).reshape(observations.shape()))
        .orElse(observations);
  }

  private static Tensor flat(Tensor observations) {
    int rows = observations.dim(0);
    return observations.reshape(rows, observations.size() / Math.max(1, rows));
  }

  /// `||predictor(s) - target(s)||^2 / features`, `[B]`.
  private Tensor errors(Layer by, Tensor observations) {
    return by.call(observations).sub(target.call(observations)).square().mean(1);
  }

  @Override
  public Rnd update(Transitions batch) {
    Optional<Standardised> more = seen.map(moments -> moments.with(batch.next()));
    Tensor observations = standardised(batch.next());
    Step<Layer> step = Grad.valueAndGrad(own -> Losses.mean(errors(own, observations)), predictor);
    Standardised errors = bonuses.with(errors(predictor, observations));
    var next = optimizer(config).step(predictor, step.grad(), optimizer);
    return new Rnd(config, target, next.model(), next.state(), more, errors);
  }
}
