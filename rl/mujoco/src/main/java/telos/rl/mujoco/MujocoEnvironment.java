package telos.rl.mujoco;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.rl.environment.Step;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// The environment of a [Task].
///
/// Where the simulation diverges, which MuJoCo answers by putting the mechanism back to its
/// beginning, the step did not happen: the episode is truncated in the state before it, with reward
/// 0 and MuJoCo's words as `unstable` in the step's information.
public final class MujocoEnvironment implements Environment.Restorable<float[], float[]> {
  private static final long[] NO_COUNTERS = {};

  private final Task task;
  private final Physics physics;
  private final Space.Box observations;
  private final Space.Box actions;
  private final double[] before;
  private boolean started;
  private boolean running;

  /// @throws IllegalStateException in one sentence, where there is no MuJoCo
  public MujocoEnvironment(Task task) {
    this.task = task;
    this.physics = task.load();
    this.observations =
        Space.Box.of(
            Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, task.observe(physics).length);
    this.actions = physics.controls();
    this.before = new double[physics.stateSize()];
  }

  @Override
  public Space<float[]> observations() {
    return observations;
  }

  @Override
  public Space<float[]> actions() {
    return actions;
  }

  @Override
  public float[] reset(Rng key) {
    task.start(physics, key);
    started = true;
    running = true;
    return task.observe(physics);
  }

  @Override
  public Step<float[]> step(float[] action) {
    requireRunning();
    actions.require("action", action);
    physics.state(before);
    Step<float[]> step = task.act(physics, action);
    Optional<String> divergence = physics.divergence();
    if (divergence.isPresent()) {
      physics.restore(before);
      step =
          new Step<>(task.observe(physics), 0, false, true, Map.of("unstable", divergence.get()));
    }
    running = !step.done();
    return step;
  }

  /// After the start there is no chance.
  @Override
  public float[] restore(State from, Rng chance) {
    return restore(from);
  }

  /// The state of the physics; see [Physics#state].
  @Override
  public State state() {
    requireRunning();
    physics.state(before);
    return new State(Arrays.copyOf(before, before.length), NO_COUNTERS);
  }

  @Override
  public float[] restore(State state) {
    physics.restore(state.require(physics.stateSize(), 0).values());
    started = true;
    running = true;
    return task.observe(physics);
  }

  /// The mechanism as it stands.
  @Override
  public Optional<Scene> scene() {
    return started
        ? Optional.of(new Picture(physics.shapes(), task.view(physics), seconds()))
        : Optional.empty();
  }

  private double seconds() {
    return task.substeps() * physics.timestep();
  }

  private record Picture(List<Shape> shapes, View view, double seconds) implements Scene {
    @Override
    public BufferedImage image(int width) {
      return Drawing.of(shapes, view, width, width);
    }
  }

  /// The mechanism itself.
  public Physics physics() {
    return physics;
  }

  private void requireRunning() {
    if (!running) {
      throw new IllegalStateException("environment: no episode is running; reset it first");
    }
  }

  @Override
  public void close() {
    physics.close();
  }
}
