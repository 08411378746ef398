package telos.rl.offline;

import java.util.Arrays;
import java.util.Optional;
import telos.nn.Dropout;
import telos.rl.Categorical;
import telos.rl.Policy;
import telos.tensor.Fixed;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// The policy of a [DecisionModel] that asks for a return: at first for all of it, then for what is
/// left of it after the rewards.
///
/// @param discrete whether the model's outputs are logits
/// @param target the return asked for, F64 `[1]`
/// @param likeliest whether the likeliest of discrete actions is taken, none drawn
record Conditioned(
    DecisionModel model,
    DecisionTransformer.Config config,
    boolean discrete,
    @Fixed Tensor target,
    boolean likeliest)
    implements Policy {
  @Override
  public Agent begin(int rows) {
    return new Remembering(rows);
  }

  @Override
  public boolean remembers() {
    return true;
  }

  @Override
  public Policy greedy() {
    return new Conditioned(model, config, discrete, target, true);
  }

  /// The same, for another return.
  Conditioned asking(double other) {
    return new Conditioned(model, config, discrete, Tensor.of(other), likeliest);
  }

  /// @param said by the model, `[N, A]`
  private Tensor choice(Tensor said, Optional<Tensor> allowed, Rng key) {
    if (!discrete) {
      return said.tanh();
    }
    Categorical distribution = Categorical.ofLogits(said).among(allowed);
    return likeliest ? distribution.mode() : distribution.sample(key);
  }

  /// Remembers the last K steps of each row, as far as they belong to its episode.
  private final class Remembering implements Agent {
    private final int rows;
    private final double asked = target.item();
    private final Recent returns = new Recent(config.context());
    private final Recent observations = new Recent(config.context());
    private final Recent actions = new Recent(config.context());
    private final Recent times = new Recent(config.context());

    /// What is left of the return, the time since the beginning, and how many steps of its episode
    /// are remembered, of each row.
    private final double[] toGo;

    private final int[] time;
    private final int[] held;

    Remembering(int rows) {
      this.rows = rows;
      toGo = new double[rows];
      time = new int[rows];
      held = new int[rows];
      for (int i = 0; i < rows; i++) {
        begin(i);
      }
    }

    private void begin(int row) {
      toGo[row] = asked;
      time[row] = -1;
      held[row] = 0;
    }

    @Override
    public Tensor act(Tensor seen, boolean[] begins, Rng key) {
      return act(seen, begins, Optional.empty(), key);
    }

    @Override
    public Tensor act(Tensor seen, boolean[] begins, Optional<Tensor> allowed, Rng key) {
      for (int i = 0; i < rows; i++) {
        if (begins[i]) {
          begin(i);
        }
        time[i] = Math.min(time[i] + 1, config.longest() - 1);
        held[i] = Math.min(held[i] + 1, config.context());
      }
      remember(seen);
      Tensor chosen = choice(said(), allowed, key);
      actions.replaceLast(chosen);
      return chosen;
    }

    private void remember(Tensor seen) {
      float[] scaled = new float[rows];
      for (int i = 0; i < rows; i++) {
        scaled[i] = (float) (toGo[i] / config.scale());
      }
      returns.add(Tensor.of(scaled, rows));
      observations.add(seen);
      times.add(Tensor.of(time, Shape.of(rows)));
      actions.add(
          discrete
              ? Tensor.of(new int[rows], Shape.of(rows))
              : Tensor.zeros(rows, model.head().out()));
    }

    /// What the model says to the last step of each row, `[N, A]`. The steps of a row stand at the
    /// beginning, as in learning; its last is repeated up to the length of the longest.
    private Tensor said() {
      int length = Arrays.stream(held).max().orElse(0);
      int[] index = new int[rows * length];
      int[] last = new int[rows];
      for (int i = 0; i < rows; i++) {
        last[i] = i * length + held[i] - 1;
        for (int t = 0; t < length; t++) {
          int moment = returns.size() - held[i] + Math.min(t, held[i] - 1);
          index[i * length + t] = moment * rows + i;
        }
      }
      Tensor all = Tensor.of(index, Shape.of(rows, length));
      var context =
          new DecisionModel.Context(
              returns.all().gather(0, all),
              observations.all().gather(0, all),
              actions.all().gather(0, all),
              times.all().gather(0, all));
      Tensor said = model.call(context, new Dropout(0), Rng.of(0));
      return said.reshape(rows * length, said.dim(-1)).gather(0, Tensor.of(last));
    }

    @Override
    public void rewarded(double[] rewards) {
      for (int i = 0; i < rows; i++) {
        toGo[i] -= rewards[i];
      }
    }
  }
}
