package telos.rl.vector;

import java.util.List;
import telos.rl.environment.Environment;
import telos.tensor.Tensor;

/// Nothing follows the end of an episode: its environment waits, its rows repeat the last
/// observation and are not `valid`, until [#reset(boolean[])] begins a new episode.
public final class Disabled extends VectorEnvironment {
  /// Stepped by the thread that calls.
  public <O, A> Disabled(List<? extends Environment<O, A>> environments) {
    this(environments, 1);
  }

  /// @param threads that step the environments; more than one pays for slow ones
  public <O, A> Disabled(List<? extends Environment<O, A>> environments, int threads) {
    super(new Members<>(environments, threads));
  }

  /// Begins a new episode where `chosen`.
  ///
  /// @return the observations now, `[N, ...]`
  public Tensor reset(boolean[] chosen) {
    members.reset(chosen);
    return current();
  }

  /// Where an episode runs, `[N]`.
  public boolean[] running() {
    return members.running();
  }

  @Override
  public VectorStep step(Tensor actions) {
    boolean[] running = members.running();
    Members.Outcome outcome = members.step(actions, running);
    Tensor next = current();
    return step(outcome, next, next, running);
  }
}
