package telos.rl.vector;

import java.util.Optional;
import telos.rl.Snapshot;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// N environments of one kind, stepped together. Observations and actions are tensors with the
/// environments along the first axis: F32 `[N, ...]` of a [Space.Box], I32 `[N]` of a
/// [Space.Discrete] (counted from zero, whatever its start), I32 `[N, K]` of a
/// [Space.MultiDiscrete].
///
/// Episode number e of environment i begins with the key `key.fold(i).fold(e)`, so what happens in
/// an environment depends neither on how many others there are nor on the threads that step them.
public abstract sealed class VectorEnvironment implements AutoCloseable
    permits SameStep, NextStep, Disabled {
  final Members<?, ?> members;

  VectorEnvironment(Members<?, ?> members) {
    this.members = members;
  }

  /// N.
  public final int count() {
    return members.count();
  }

  /// Where an observation of one environment lies.
  public final Space<?> observationSpace() {
    return members.observationSpace();
  }

  /// Where an action in one environment lies.
  public final Space<?> actionSpace() {
    return members.actionSpace();
  }

  /// The observations to act on now, `[N, ...]`: a tensor of the scope that asks.
  ///
  /// @throws IllegalStateException before the first reset
  public final Tensor current() {
    return members.current();
  }

  /// Which actions make sense now, BOOL `[N, A]`; empty where all do everywhere, see
  /// [telos.rl.environment.Environment#allowed].
  public final Optional<Tensor> allowed() {
    return members.allowed();
  }

  /// Where an episode begins with what is observed now, `[N]`.
  public final boolean[] begins() {
    return members.begins();
  }

  /// Begins the first episode in every environment.
  ///
  /// @return the observations, `[N, ...]`
  public final Tensor reset(Rng key) {
    members.begin(key);
    return current();
  }

  /// Acts once in every environment.
  ///
  /// @param actions `[N]` or `[N, A]`; those of a box are moved to its nearest point
  /// @throws IllegalArgumentException for actions of another shape or that are no numbers, and when
  ///   an environment gives a reward or an observation that is no finite number
  public abstract VectorStep step(Tensor actions);

  final VectorStep step(
      Members.Outcome outcome, Tensor observations, Tensor next, boolean[] valid) {
    return new VectorStep(
        observations,
        outcome.rewards(),
        outcome.terminated(),
        outcome.truncated(),
        next,
        outcome.allowed(),
        outcome.nextAllowed(),
        valid,
        outcome.finished());
  }

  /// How many steps were taken so far, in all environments together; what was ignored is not
  /// counted.
  public final long interactions() {
    return members.interactions();
  }

  /// Everything that the future depends on.
  ///
  /// @throws IllegalArgumentException when an environment cannot say its state
  public final Snapshot snapshot() {
    return members.snapshot();
  }

  /// Goes on from a snapshot of an equal one.
  public final void restore(Snapshot snapshot) {
    members.restore(snapshot);
  }

  @Override
  public final void close() {
    members.close();
  }
}
