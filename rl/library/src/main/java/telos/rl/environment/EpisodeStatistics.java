package telos.rl.environment;

import java.util.LinkedHashMap;
import java.util.Map;
import telos.tensor.Rng;

/// Sums up each episode: at its last step, `info` holds an [Episode] under the name `episode`.
///
/// @param <O> observations
/// @param <A> actions
public final class EpisodeStatistics<O, A> implements Wrapper.Alike<O, A> {
  /// The name in `info`.
  public static final String KEY = "episode";

  /// @param total sum of the rewards, without discount
  /// @param length steps taken
  public record Episode(double total, long length) {}

  private final Environment.Restorable<O, A> inner;
  private double total;
  private long length;

  public EpisodeStatistics(Environment.Restorable<O, A> inner) {
    this.inner = inner;
  }

  /// The running episode so far, or the last one.
  public Episode episode() {
    return new Episode(total, length);
  }

  @Override
  public Environment.Restorable<O, A> inner() {
    return inner;
  }

  @Override
  public O reset(Rng key) {
    total = 0;
    length = 0;
    return inner.reset(key);
  }

  @Override
  public Step<O> step(A action) {
    Step<O> step = inner.step(action);
    total += step.reward();
    length++;
    if (!step.done()) {
      return step;
    }
    Map<String, Object> info = new LinkedHashMap<>(step.info());
    info.put(KEY, episode());
    return new Step<>(
        step.observation(), step.reward(), step.terminated(), step.truncated(), Map.copyOf(info));
  }

  @Override
  public State state() {
    return inner.state().with(new State(new double[] {total}, new long[] {length}));
  }

  @Override
  public O restore(State state) {
    State own = state.last(1, 1);
    O observation = inner.restore(state.without(1, 1));
    total = own.values()[0];
    length = own.counters()[0];
    return observation;
  }
}
