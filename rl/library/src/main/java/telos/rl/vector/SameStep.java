package telos.rl.vector;

import java.util.List;
import telos.rl.environment.Environment;
import telos.tensor.Tensor;

/// Where an episode ends the next one begins within the same step: `observations` are the first of
/// the new episode there, `next` the last of the old one.
public final class SameStep extends VectorEnvironment {
  /// Stepped by the thread that calls.
  public <O, A> SameStep(List<? extends Environment<O, A>> environments) {
    this(environments, 1);
  }

  /// @param threads that step the environments; more than one pays for slow ones
  public <O, A> SameStep(List<? extends Environment<O, A>> environments, int threads) {
    super(new Members<>(environments, threads));
  }

  @Override
  public VectorStep step(Tensor actions) {
    boolean[] all = members.running();
    Members.Outcome outcome = members.step(actions, all);
    Tensor next = current();
    Tensor observations = next;
    if (!outcome.finished().isEmpty()) {
      members.reset(outcome.ended());
      observations = current();
    }
    return step(outcome, observations, next, all);
  }
}
