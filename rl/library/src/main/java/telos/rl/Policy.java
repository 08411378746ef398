package telos.rl;

import java.util.Optional;
import java.util.function.BiFunction;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// A rule for acting: from what was observed to a distribution over actions. A record like every
/// model: what was learnt are its leaves ([telos.tensor.Tree]), by which it is saved and loaded;
/// functions in it are rules without numbers of their own.
public interface Policy {
  /// Begins to act in `rows` environments at once.
  Agent begin(int rows);

  /// The same rule without chance: the mode of every distribution.
  Policy greedy();

  /// Whether an action depends on more than the last observation.
  default boolean remembers() {
    return false;
  }

  /// Someone who acts: what a policy with a memory needs between two observations is here.
  interface Agent {
    /// Chooses.
    ///
    /// @param observations `[N, ...]`
    /// @param begins whether an episode begins with the observation, `[N]`: nothing is remembered
    ///   across it
    /// @param key of this moment; row i draws from it what it would draw alone in row i
    /// @return I32 `[N]` or F32 `[N, A]`
    Tensor act(Tensor observations, boolean[] begins, Rng key);

    /// As [#act(Tensor, boolean[], Rng)] where only some actions make sense: who can restricts
    /// itself to them, others do not look.
    ///
    /// @param allowed BOOL `[N, A]`, at least one in each row; empty where all make sense
    default Tensor act(Tensor observations, boolean[] begins, Optional<Tensor> allowed, Rng key) {
      return act(observations, begins, key);
    }

    /// Tells what the last actions earned, before it acts again: for those whose actions depend on
    /// what was earned so far. Most do not listen.
    ///
    /// @param rewards `[N]`
    default void rewarded(double[] rewards) {}
  }

  /// A rule that looks at the last observation only, and at which of several actions make sense.
  ///
  /// @param model what was learnt
  /// @param distribution of the actions by a model, given observations `[N, ...]`
  record Memoryless<M>(M model, BiFunction<M, Tensor, ? extends Distribution> distribution)
      implements Policy {
    @Override
    public Agent begin(int rows) {
      return new Chooser<>(this, false);
    }

    @Override
    public Policy greedy() {
      return new Modal<>(this);
    }

    private Distribution among(Tensor observations, Optional<Tensor> allowed) {
      Distribution all = distribution.apply(model, observations);
      return all instanceof Categorical several ? several.among(allowed) : all;
    }
  }

  /// A rule whose chance is taken away.
  record Modal<M>(Memoryless<M> rule) implements Policy {
    @Override
    public Agent begin(int rows) {
      return new Chooser<>(rule, true);
    }

    @Override
    public Policy greedy() {
      return this;
    }
  }

  /// Nothing but its rule.
  ///
  /// @param modal whether it takes the mode of each distribution instead of a draw
  record Chooser<M>(Memoryless<M> rule, boolean modal) implements Agent {
    @Override
    public Tensor act(Tensor observations, boolean[] begins, Rng key) {
      return act(observations, begins, Optional.empty(), key);
    }

    @Override
    public Tensor act(Tensor observations, boolean[] begins, Optional<Tensor> allowed, Rng key) {
      Distribution choice = rule.among(observations, allowed);
      return modal ? choice.mode() : choice.sample(key);
    }
  }

  /// A function from observations to actions.
  ///
  /// @param model what was learnt
  /// @param action of a model, given observations `[N, ...]`
  record Deterministic<M>(M model, BiFunction<M, Tensor, Tensor> action) implements Policy {
    @Override
    public Agent begin(int rows) {
      return (observations, _, _) -> action.apply(model, observations);
    }

    @Override
    public Policy greedy() {
      return this;
    }
  }
}
