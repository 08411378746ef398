package telos.rl.online;

import java.util.List;
import telos.autograd.Grad;
import telos.autograd.Loss;
import telos.autograd.Step;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Layer;
import telos.nn.Losses;
import telos.nn.Optimizer;
import telos.rl.Hyperparameters;
import telos.rl.Networks;
import telos.rl.Transitions;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// The intrinsic curiosity module (Pathak et al. 2017): the bonus of a transition is by how much a
/// model errs about what follows, `1/2 ||f(phi(s), a) - phi(s')||^2` (eq. 6), in features phi from
/// which the action can be told: what the agent has no influence on does not count.
///
/// @param actions a discrete space or a box
public record Icm(Config config, Model model, Optimizer.State optimizer, Space<?> actions)
    implements Curiosity {
  private static final Hyperparameters REQUIRE = new Hyperparameters("icm");

  /// @param hidden widths of the hidden layers of each network; ReLU between them
  /// @param features how many numbers phi gives
  /// @param forwardShare beta, how much the forward model's loss counts against the inverse one's
  /// @param rate step size of Adam
  public record Config(List<Integer> hidden, int features, double forwardShare, double rate) {
    public Config {
      REQUIRE.atLeast(1, "features", features);
      REQUIRE.share("forwardShare", forwardShare);
      REQUIRE.positive("rate", rate);
    }

    /// The paper's beta and rate; its phi is convolutional, with 288 features.
    public static Config defaults() {
      return new Config(List.of(64), 32, 0.2, 1e-3);
    }
  }

  /// Three networks.
  ///
  /// @param features phi, observations to `[B, F]`
  /// @param inverse g, `[B, 2 F]` to the logits of the action between, or to the action
  /// @param forward f, `[B, F + A]` to the features that follow
  public record Model(Layer features, Layer inverse, Layer forward) {}

  /// Before anything was seen.
  public static Icm init(Config config, Space<?> observations, Space<?> actions, Rng key) {
    var networks = Networks.orthogonal(config.hidden, Activation.RELU, 1);
    int features = config.features;
    int width = width(actions);
    Model model =
        new Model(
            networks.of(observations, features, key.fold("features")),
            networks.mlp(2 * features, width, key.fold("inverse")),
            networks.mlp(features + width, features, key.fold("forward")));
    return new Icm(config, model, optimizer(config).init(model), actions);
  }

  private static int width(Space<?> actions) {
    return switch (actions) {
      case Space.Discrete discrete -> discrete.n();
      case Space.Box box -> box.size();
      default -> throw new IllegalArgumentException("icm: it knows no actions of " + actions);
    };
  }

  private static Optimizer optimizer(Config config) {
    return AdamW.adam(config.rate);
  }

  @Override
  public Tensor bonus(Transitions batch) {
    Tensor before = model.features.call(batch.observations());
    Tensor after = model.features.call(batch.next());
    return errors(model, batch, before, after);
  }

  /// Eq. 6, `[B]`.
  private Tensor errors(Model by, Transitions batch, Tensor before, Tensor after) {
    Tensor action =
        actions instanceof Space.Discrete discrete
            ? batch.actions().oneHot(discrete.n())
            : batch.actions();
    Tensor predicted = by.forward.call(Tensor.concat(1, List.of(before, action)));
    return predicted.sub(after).square().sum(1).mul(0.5);
  }

  /// `(1 - beta) L_I + beta L_F` (eq. 7 without the policy's loss). Where an episode terminated the
  /// observation that followed is as good as any other.
  @Override
  public Icm update(Transitions batch) {
    Step<Model> step = Grad.valueAndGrad(own -> loss(own, batch), model);
    var next = optimizer(config).step(model, step.grad(), optimizer);
    return new Icm(config, next.model(), next.state(), actions);
  }

  private Loss loss(Model own, Transitions batch) {
    Tensor before = own.features.call(batch.observations());
    Tensor after = own.features.call(batch.next());
    Tensor guess = own.inverse.call(Tensor.concat(1, List.of(before, after)));
    Loss inverse =
        actions instanceof Space.Discrete
            ? Losses.crossEntropy(guess, batch.actions())
            : Losses.mean(guess.sub(batch.actions()).square().sum(1));
    Loss forward = Losses.mean(errors(own, batch, before, after));
    Tensor sum =
        inverse.sum().mul(1 - config.forwardShare).add(forward.sum().mul(config.forwardShare));
    return new Loss(sum, inverse.weight());
  }
}
