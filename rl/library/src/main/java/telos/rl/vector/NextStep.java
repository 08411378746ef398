package telos.rl.vector;

import java.util.List;
import telos.rl.environment.Environment;
import telos.tensor.Tensor;

/// Where an episode has ended the next step ignores the action and begins a new one: a row that is
/// no transition, and not `valid`.
public final class NextStep extends VectorEnvironment {
  /// Stepped by the thread that calls.
  public <O, A> NextStep(List<? extends Environment<O, A>> environments) {
    this(environments, 1);
  }

  /// @param threads that step the environments; more than one pays for slow ones
  public <O, A> NextStep(List<? extends Environment<O, A>> environments, int threads) {
    super(new Members<>(environments, threads));
  }

  @Override
  public VectorStep step(Tensor actions) {
    boolean[] running = members.running();
    boolean[] over = members.over();
    Members.Outcome outcome = members.step(actions, running);
    members.reset(over);
    Tensor next = current();
    return step(outcome, next, next, running);
  }
}
