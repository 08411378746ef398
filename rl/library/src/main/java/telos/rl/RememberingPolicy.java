package telos.rl;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A policy with a memory.
///
/// @param actor of what the memory makes of an episode so far
/// @param modal whether it takes the mode of each distribution instead of a draw
public record RememberingPolicy(Memory memory, Actor actor, boolean modal) implements Policy {
  @Override
  public Walker begin(int rows) {
    return new Walker(this, null);
  }

  /// Goes on from a state `[N, S]`.
  public Walker begin(Tensor state) {
    return new Walker(this, state.toFloats());
  }

  @Override
  public boolean remembers() {
    return true;
  }

  @Override
  public RememberingPolicy greedy() {
    return new RememberingPolicy(memory, actor, true);
  }

  /// Someone who acts and remembers. What it remembers outlives the scopes it acts in.
  public static final class Walker implements Agent {
    private final RememberingPolicy policy;

    /// `[N S]`, null before the first act.
    private float @Nullable [] state;

    private Walker(RememberingPolicy policy, float @Nullable [] state) {
      this.policy = policy;
      this.state = state;
    }

    @Override
    public Tensor act(Tensor observations, boolean[] begins, Rng key) {
      return act(observations, begins, Optional.empty(), key);
    }

    @Override
    public Tensor act(Tensor observations, boolean[] begins, Optional<Tensor> allowed, Rng key) {
      Memory memory = policy.memory;
      Tensor next = memory.states(observations, goesOn(begins), state(begins.length));
      state = next.toFloats();
      ExponentialFamily choice = policy.actor.call(memory.output(next), allowed);
      return policy.modal ? choice.mode() : choice.sample(key);
    }

    /// What it remembers now, `[N, S]`.
    public Tensor state(int rows) {
      float[] held = state;
      return held == null
          ? policy.memory.start(rows)
          : Tensor.of(held, rows, policy.memory.stateWidth());
    }
  }

  /// 0 where an episode begins, else 1; `[B, 1]`.
  public static Tensor goesOn(boolean[] begins) {
    float[] goesOn = new float[begins.length];
    for (int i = 0; i < goesOn.length; i++) {
      goesOn[i] = begins[i] ? 0 : 1;
    }
    return Tensor.of(goesOn, goesOn.length, 1);
  }
}
