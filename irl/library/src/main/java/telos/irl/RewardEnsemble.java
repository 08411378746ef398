package telos.irl;

import java.util.List;
import telos.nn.Linear;
import telos.nn.ValueModel;
import telos.tensor.Tensor;

/// Reward models that judge together, as one batched network (Coste et al. 2023): what a policy
/// finds where they were not taught, they do not agree on, and the ensemble is cautious there.
///
/// Members are trained like one model, by the sum of their losses ([#each] gives all their rewards);
/// pairs leave the origin of each open, so rewards are to be [#centred] before they are compared.
///
///     var ensemble = new RewardEnsemble(Ensemble.stack(trained), new Caution.Worst()).centred(texts);
///
/// @param members an ensemble, see [ValueModel]
/// @param caution how the rewards of the members become one
public record RewardEnsemble(ValueModel members, Caution caution) implements SequenceReward {
  public RewardEnsemble {
    if (members.head().weight().rank() != 3) {
      throw new IllegalArgumentException(
          "reward ensemble: the head "
              + members.head().weight().shape()
              + " is that of one model; needs [E, D, 1], see Ensemble.stack");
    }
  }

  /// How rewards `[E, B]` become one a sequence, `[B]` (Coste et al. 2023, section 3).
  public sealed interface Caution {
    Tensor of(Tensor rewards);

    /// The mean: not cautious, but less noisy than one member.
    record Mean() implements Caution {
      @Override
      public Tensor of(Tensor rewards) {
        return rewards.mean(0);
      }
    }

    /// The lowest reward, "worst-case optimisation".
    record Worst() implements Caution {
      @Override
      public Tensor of(Tensor rewards) {
        return rewards.min(0);
      }
    }

    /// The mean less the variance among the members, "uncertainty-weighted optimisation".
    ///
    /// @param weight lambda, of the variance
    record Uncertainty(double weight) implements Caution {
      public Uncertainty {
        if (!(weight >= 0)) {
          throw new IllegalArgumentException(
              "reward ensemble: the weight of the variance is "
                  + weight
                  + ", must not be negative");
        }
      }

      @Override
      public Tensor of(Tensor rewards) {
        Tensor mean = rewards.mean(0);
        Tensor variance = rewards.sub(mean.unsqueeze(0)).square().mean(0);
        return mean.sub(variance.mul(weight));
      }
    }
  }

  /// What each member gives each sequence, `[E, B]`.
  public Tensor each(TokenBatch batch) {
    return members.last(batch.ids(), batch.lengths());
  }

  /// One reward a sequence, `[B]`.
  public Tensor rewards(TokenBatch batch) {
    return caution.of(each(batch));
  }

  @Override
  public double[] of(List<int[]> sequences) {
    return RewardModel.inParts(sequences, this::rewards);
  }

  /// The same with every member's mean reward of some sequences at zero.
  public RewardEnsemble centred(List<int[]> sequences) {
    Linear head = members.head();
    Tensor mean = each(TokenBatch.of(sequences)).mean(1).unsqueeze(-1);
    Tensor bias = head.bias().map(b -> b.sub(mean)).orElseGet(mean::neg);
    return new RewardEnsemble(
        new ValueModel(members.trunk(), Linear.of(head.weight(), bias)), caution);
  }
}
