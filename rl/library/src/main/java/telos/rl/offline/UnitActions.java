package telos.rl.offline;

import java.util.stream.IntStream;
import telos.rl.Policy;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// The coordinates in which networks act: each number of a box from -1 at its lower to 1 at its
/// upper bound; discrete actions as they are.
record UnitActions(Space<?> space) {
  UnitActions {
    boolean fits =
        space instanceof Space.Discrete
            || space instanceof Space.Box box && box.shape().size() == 1 && isBounded(box);
    if (!fits) {
      throw new IllegalArgumentException(
          "offline: no policy here acts in "
              + space
              + "; it needs a discrete space or a bounded"
              + " box of rank 1");
    }
  }

  private static boolean isBounded(Space.Box box) {
    return IntStream.range(0, box.size())
        .allMatch(
            i -> Float.isFinite(box.high()[i] - box.low()[i]) && box.low()[i] < box.high()[i]);
  }

  boolean discrete() {
    return space instanceof Space.Discrete;
  }

  /// A: how many actions there are, or how many numbers an action has.
  int width() {
    return switch (space) {
      case Space.Discrete discrete -> discrete.n();
      case Space.Box box -> box.size();
      default -> throw new IllegalStateException();
    };
  }

  /// Actions of the environment in these coordinates.
  Tensor of(Tensor actions) {
    return space instanceof Space.Box box ? actions.sub(middle(box)).div(reach(box)) : actions;
  }

  /// The actions of the environment at these coordinates, of which those outside count as the
  /// nearest inside.
  Tensor actions(Tensor unit) {
    return space instanceof Space.Box box
        ? unit.clamp(-1, 1).mul(reach(box)).add(middle(box))
        : unit;
  }

  private static Tensor middle(Space.Box box) {
    float[] middle = new float[box.size()];
    for (int i = 0; i < middle.length; i++) {
      middle[i] = (box.low()[i] + box.high()[i]) / 2;
    }
    return Tensor.of(middle, middle.length);
  }

  private static Tensor reach(Space.Box box) {
    float[] reach = new float[box.size()];
    for (int i = 0; i < reach.length; i++) {
      reach[i] = (box.high()[i] - box.low()[i]) / 2;
    }
    return Tensor.of(reach, reach.length);
  }

  /// A policy of these coordinates as one of the environment.
  Policy within(Policy policy) {
    return discrete() ? policy : new Within(this, policy);
  }

  private record Within(UnitActions units, Policy policy) implements Policy {
    @Override
    public Agent begin(int rows) {
      return new Scaled(units, policy.begin(rows));
    }

    @Override
    public Policy greedy() {
      return new Within(units, policy.greedy());
    }
  }

  private record Scaled(UnitActions units, Policy.Agent agent) implements Policy.Agent {
    @Override
    public Tensor act(Tensor observations, boolean[] begins, Rng key) {
      return units.actions(agent.act(observations, begins, key));
    }

    @Override
    public void rewarded(double[] rewards) {
      agent.rewarded(rewards);
    }
  }
}
