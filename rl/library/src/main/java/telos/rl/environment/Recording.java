package telos.rl.environment;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import telos.rl.scene.Images;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// Keeps what happens: of each episode the observations, actions and steps, and how it looked where
/// that can be drawn. It is a look from outside and no part of the state: after [#restore] a new
/// episode is kept that begins there.
///
/// @param <O> observations
/// @param <A> actions
public final class Recording<O, A> implements Wrapper.Alike<O, A> {
  private final Environment.Restorable<O, A> inner;
  private final List<Episode<O, A>> episodes = new ArrayList<>();

  /// @param first the observation it begins with
  /// @param actions one a step
  /// @param scenes one more than steps, or none
  public record Episode<O, A>(O first, List<A> actions, List<Step<O>> steps, List<Scene> scenes) {
    /// As animated GIF.
    ///
    /// @param width in pixels
    public void gif(Path file, int width) throws IOException {
      Images.gif(file, scenes, width);
    }
  }

  public Recording(Environment.Restorable<O, A> inner) {
    this.inner = inner;
  }

  /// So far, the running one included.
  public List<Episode<O, A>> episodes() {
    return episodes.stream()
        .map(e ->
            new Episode<>(
                e.first(),
                List.copyOf(e.actions()),
                List.copyOf(e.steps()),
                List.copyOf(e.scenes())))
        .toList();
  }

  @Override
  public Environment.Restorable<O, A> inner() {
    return inner;
  }

  @Override
  public O reset(Rng key) {
    return begun(inner.reset(key));
  }

  private O begun(O first) {
    var episode = new Episode<O, A>(first, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    inner.scene().ifPresent(episode.scenes()::add);
    episodes.add(episode);
    return first;
  }

  @Override
  public Step<O> step(A action) {
    Step<O> step = inner.step(action);
    Episode<O, A> episode = episodes.getLast();
    episode.actions().add(action);
    episode.steps().add(step);
    inner.scene().ifPresent(episode.scenes()::add);
    return step;
  }

  @Override
  public O restore(State state) {
    return begun(inner.restore(state));
  }
}
