package telos.rl.environment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import telos.rl.environment.Environment.Restorable;
import telos.rl.scene.Scene;
import telos.tensor.Rng;

/// Makes any environment [Restorable] whose state nobody can read: going back to a state means to
/// begin with the same key and take the same actions again, which gives the same bits. A state is
/// as long as the episode so far, and so is the time that going back takes.
///
/// @param <O> observations
/// @param <A> actions
public final class Replayed<O, A> implements Restorable<O, A> {
  private final Environment<O, A> inner;
  private final Code<A> code;
  private final List<A> actions = new ArrayList<>();
  private @Nullable Rng key;

  /// How actions are written as numbers.
  ///
  /// @param size numbers of an action
  private record Code<A>(int size, Function<A, double[]> write, Function<double[], A> read) {
    @SuppressWarnings("unchecked") // elements of the space are of A
    static <A> Code<A> of(Space<A> space) {
      return (Code<A>)
          switch (space) {
            case Space.Discrete _ ->
                new Code<Integer>(1, a -> new double[] {a}, numbers -> (int) numbers[0]);
            case Space.Box box -> new Code<float[]>(box.size(), Code::wide, Numbers::floats);
            default ->
                throw new IllegalArgumentException(
                    "replayed: actions in " + space + " are neither one of several nor vectors");
          };
    }

    private static double[] wide(float[] action) {
      double[] numbers = new double[action.length];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = action[i];
      }
      return numbers;
    }
  }

  public Replayed(Environment<O, A> inner) {
    this.inner = inner;
    this.code = Code.of(inner.actions());
  }

  @Override
  public Space<O> observations() {
    return inner.observations();
  }

  @Override
  public Space<A> actions() {
    return inner.actions();
  }

  @Override
  public O reset(Rng episode) {
    O first = inner.reset(episode);
    actions.clear();
    key = episode;
    return first;
  }

  @Override
  public Step<O> step(A action) {
    Step<O> step = inner.step(action);
    // A copy: whoever acts may use the array again.
    actions.add(code.read().apply(code.write().apply(action)));
    key = step.done() ? null : key;
    return step;
  }

  @Override
  public State state() {
    Rng begun = key;
    if (begun == null) {
      throw new IllegalStateException("environment: no episode is running; reset it first");
    }
    double[] numbers = actions.stream().map(code.write()).flatMapToDouble(Arrays::stream).toArray();
    return new State(numbers, new long[] {begun.key(), begun.stream(), actions.size()});
  }

  @Override
  public O restore(State state) {
    int steps = state.values().length / code.size();
    long[] begun = state.require(steps * code.size(), 3).counters();
    if (begun[2] != steps) {
      throw new IllegalArgumentException(
          "state: actions of %d steps where %d were taken".formatted(steps, begun[2]));
    }
    O seen = reset(new Rng(begun[0], begun[1]));
    for (int i = 0; i < steps; i++) {
      double[] action = Arrays.copyOfRange(state.values(), i * code.size(), (i + 1) * code.size());
      seen = step(code.read().apply(action)).observation();
    }
    return seen;
  }

  @Override
  public Optional<boolean[]> allowed() {
    return inner.allowed();
  }

  @Override
  public Optional<Scene> scene() {
    return inner.scene();
  }

  @Override
  public void close() {
    inner.close();
  }
}
