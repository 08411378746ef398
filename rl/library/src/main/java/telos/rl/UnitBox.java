package telos.rl;

import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// The actions of a box as numbers in `[-1, 1]`: what squashed actors give and critics read, so
/// that neither depends on the units of an environment.
///
/// @param centre of the box, `[A]`
/// @param radius half of its width, `[A]`
public record UnitBox(Tensor centre, Tensor radius) {
  /// Of a space of actions.
  ///
  /// @throws IllegalArgumentException for spaces that are no vectors between finite bounds
  public static UnitBox of(Space<?> actions) {
    if (!(actions instanceof Space.Box box) || box.shape().size() != 1 || !bounded(box)) {
      throw new IllegalArgumentException(
          "actions: " + actions + " does not fit; needs vectors between finite bounds");
    }
    float[] centre = new float[box.size()];
    float[] radius = new float[box.size()];
    for (int i = 0; i < centre.length; i++) {
      centre[i] = (float) (((double) box.high()[i] + box.low()[i]) / 2);
      radius[i] = (float) (((double) box.high()[i] - box.low()[i]) / 2);
    }
    return new UnitBox(Tensor.of(centre), Tensor.of(radius));
  }

  private static boolean bounded(Space.Box box) {
    boolean bounded = true;
    for (int i = 0; i < box.size(); i++) {
      bounded &= Float.isFinite(box.low()[i]) && Float.isFinite(box.high()[i]);
    }
    return bounded;
  }

  /// A.
  public int size() {
    return centre.size();
  }

  /// From `[-1, 1]` to the box; what lies outside counts as the nearest inside.
  ///
  /// @param unit `[..., A]`
  public Tensor outward(Tensor unit) {
    return unit.clamp(-1, 1).mul(radius).add(centre);
  }

  /// From the box to `[-1, 1]`.
  ///
  /// @param actions `[..., A]`
  public Tensor inward(Tensor actions) {
    return actions.sub(centre).div(radius);
  }

  /// The policy that acts in the box as `unit` acts in `[-1, 1]`.
  public Policy outward(Policy unit) {
    return new Outward(this, unit);
  }

  /// See [UnitBox#outward(Policy)].
  private record Outward(UnitBox box, Policy unit) implements Policy {
    @Override
    public Agent begin(int rows) {
      return new Acting(box, unit.begin(rows));
    }

    @Override
    public boolean remembers() {
      return unit.remembers();
    }

    @Override
    public Policy greedy() {
      return new Outward(box, unit.greedy());
    }
  }

  private record Acting(UnitBox box, Policy.Agent unit) implements Policy.Agent {
    @Override
    public Tensor act(Tensor observations, boolean[] begins, Rng key) {
      return box.outward(unit.act(observations, begins, key));
    }

    @Override
    public void rewarded(double[] rewards) {
      unit.rewarded(rewards);
    }
  }
}
