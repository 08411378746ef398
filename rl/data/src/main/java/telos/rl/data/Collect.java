package telos.rl.data;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import telos.nn.format.Json;
import telos.rl.Policy;
import telos.rl.Trajectory;
import telos.rl.environment.Environment;
import telos.rl.environment.Space;
import telos.rl.vector.Disabled;
import telos.rl.vector.VectorStep;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// Makes data: a policy acts in several environments at once, and whole episodes are handed over as
/// they end.
///
/// A mixture is one policy after the other into the same file; each episode names its `source`:
///
///     Collect.random(actions, 16).into(file, hopper, 100_000, key.fold("random"));
///     new Collect("medium", policy, 16).into(file, hopper, 100_000, key.fold("medium"));
///
/// @param source what to call the policy, such as `medium`
/// @param policy who acts
/// @param together how many environments
public record Collect(String source, Policy policy, int together) {
  public Collect {
    if (together < 1) {
      throw new IllegalArgumentException("collect: needs an environment at least, not " + together);
    }
  }

  /// A policy that knows nothing: every action is a sample of its space.
  public static Collect random(Space<?> actions, int together) {
    return new Collect("random", new Uniform(actions), together);
  }

  /// What a file of episodes of an environment begins with.
  public static Header header(Environment<?, ?> environment, Json.Obj provenance) {
    return new Header(environment.observations(), environment.actions(), provenance);
  }

  /// Samples of a box or a discrete space, whatever is observed.
  private record Uniform(Space<?> actions) implements Policy {
    @Override
    public Agent begin(int rows) {
      return (observations, _, key) -> act(observations.dim(0), key);
    }

    private Tensor act(int rows, Rng key) {
      return switch (actions) {
        case Space.Box box -> {
          float[] values = new float[rows * box.size()];
          for (int i = 0; i < rows; i++) {
            System.arraycopy(box.sample(key.fold(i)), 0, values, i * box.size(), box.size());
          }
          yield Tensor.of(values, Header.rows(rows, box.shape()).dims());
        }
        case Space.Discrete(int n, _) -> {
          int[] values = new int[rows];
          Arrays.setAll(values, i -> key.fold(i).integer(n));
          yield Tensor.of(values);
        }
        default ->
            throw new IllegalArgumentException(
                "collect: actions lie in a box or a discrete space, not in " + actions);
      };
    }

    @Override
    public Policy greedy() {
      return this;
    }
  }

  /// Acts until `steps` steps were taken, and then until every episode that had begun is over:
  /// those that are handed over do not depend on their length, as they would if the running ones
  /// were dropped.
  ///
  /// @param sink takes the episodes in the order of their ends
  /// @param environment gives environments of one kind, whose episodes end
  /// @return how many steps the episodes have together, `steps` at least
  public <O, A> long into(
      Episodes.Sink sink, Supplier<? extends Environment<O, A>> environment, long steps, Rng key)
      throws IOException {
    var copies = Stream.generate(environment).limit(together).toList();
    try (var vector = new Disabled(copies)) {
      vector.reset(key.fold("environment"));
      run(vector, sink, steps, key.fold("action"));
      return vector.interactions();
    }
  }

  private void run(Disabled vector, Episodes.Sink sink, long steps, Rng key) throws IOException {
    var agent = policy.begin(together);
    var header = new Header(vector.observationSpace(), vector.actionSpace());
    List<Running> running = new ArrayList<>();
    for (int i = 0; i < together; i++) {
      running.add(new Running(header));
    }
    boolean[] begins = new boolean[together];
    Arrays.fill(begins, true);
    for (long t = 0; any(vector.running()); t++) {
      Rng now = key.fold(t);
      VectorStep step = Scope.call("collect", () -> step(vector, agent, begins, now, running));
      Arrays.fill(begins, false);
      for (var finished : step.finished()) {
        int i = finished.environment();
        sink.accept(running.get(i).episode(source, step.terminated()[i], step.truncated()[i]));
        running.set(i, new Running(header));
        begins[i] = vector.interactions() < steps;
      }
      vector.reset(begins);
    }
  }

  private static VectorStep step(
      Disabled vector, Policy.Agent agent, boolean[] begins, Rng key, List<Running> running) {
    Tensor observations = vector.current();
    Tensor actions = agent.act(observations, begins, vector.allowed(), key);
    VectorStep step = vector.step(actions);
    agent.rewarded(step.rewards());
    double[] before = observations.toDoubles();
    double[] done = actions.toDoubles();
    double[] after = step.next().toDoubles();
    for (int i = 0; i < running.size(); i++) {
      if (step.valid()[i]) {
        running.get(i).add(i, before, done, step.rewards()[i], after);
      }
    }
    return step;
  }

  private static boolean any(boolean[] flags) {
    for (boolean flag : flags) {
      if (flag) {
        return true;
      }
    }
    return false;
  }

  /// Rows of numbers, growing.
  private static final class Track {
    private double[] values = new double[64];
    private int size;

    void add(double[] from, int row, int width) {
      if (size + width > values.length) {
        values = Arrays.copyOf(values, Math.max(2 * values.length, size + width));
      }
      System.arraycopy(from, row * width, values, size, width);
      size += width;
    }

    /// The rows as elements of a space; those of a box moved to its nearest point, as the
    /// environment does with actions.
    Tensor tensor(Space<?> space) {
      if (space instanceof Space.Box box) {
        float[] floats = new float[size];
        for (int i = 0; i < size; i++) {
          int k = i % box.size();
          floats[i] = Math.clamp((float) values[i], box.low()[k], box.high()[k]);
        }
        int rows = size / Math.max(1, box.size());
        return Tensor.of(floats, Header.rows(rows, box.shape()).dims());
      }
      return Tensor.of(Arrays.stream(values, 0, size).mapToInt(value -> (int) value).toArray());
    }
  }

  /// An episode that is not over.
  private static final class Running {
    private final Header header;
    private final Track observations = new Track();
    private final Track actions = new Track();
    private final Track rewards = new Track();

    Running(Header header) {
      this.header = header;
    }

    private static int width(Space<?> space) {
      return space instanceof Space.Box box ? box.size() : 1;
    }

    void add(int row, double[] before, double[] done, double reward, double[] after) {
      int width = width(header.observations());
      if (observations.size == 0) {
        observations.add(before, row, width);
      }
      actions.add(done, row, width(header.actions()));
      rewards.add(new double[] {reward}, 0, 1);
      observations.add(after, row, width);
    }

    Episode episode(String source, boolean terminated, boolean truncated) {
      int length = rewards.size;
      float[] gained = new float[length];
      for (int t = 0; t < length; t++) {
        gained[t] = (float) rewards.values[t];
      }
      var trajectory =
          new Trajectory(
              observations.tensor(header.observations()),
              actions.tensor(header.actions()),
              Tensor.of(gained),
              terminated,
              truncated);
      return header.episode(trajectory, source);
    }
  }
}
