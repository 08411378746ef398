package telos.rl.environment;

import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import telos.rl.environment.Environment.Restorable;
import telos.rl.environment.Environment.State;
import telos.tensor.Rng;

/// One look at one environment; see [EnvironmentCheck].
final class Inspection<O, A> {
  private static final int EPISODES = 3;
  private static final int STEPS = 250;
  private static final int STEPS_BEFORE_STATE = 3;
  private static final float HUGE = 1e6f;
  private static final Rng KEY = Rng.of(0).fold("inspection");

  private final Environment<O, A> environment;
  private final Set<String> faults = new LinkedHashSet<>();
  private final Set<String> advice = new LinkedHashSet<>();

  /// One moment as a value.
  private record Moment(Object seen, double reward, boolean terminated, boolean truncated) {}

  Inspection(Environment<O, A> environment) {
    this.environment = environment;
  }

  EnvironmentCheck check() {
    attempt("asking for the spaces", this::spaces);
    if (faults.isEmpty()) {
      attempt("acting", this::episodes);
      wrongActions();
      attempt("drawing", () -> environment.scene().ifPresent(scene -> scene.image(32)));
      if (environment instanceof Restorable<O, A> restorable) {
        attempt("going back to a state", () -> restoring(restorable));
      }
    }
    attempt(
        "closing twice",
        () -> {
          environment.close();
          environment.close();
        });
    return new EnvironmentCheck(List.copyOf(faults), List.copyOf(advice));
  }

  private void attempt(String what, Runnable part) {
    try {
      part.run();
    } catch (RuntimeException e) {
      faults.add(what + " failed: " + e);
    }
  }

  private void require(boolean holds, String fault) {
    if (!holds) {
      faults.add(fault);
    }
  }

  private void spaces() {
    require(
        environment.observations().equals(environment.observations())
            && environment.actions().equals(environment.actions()),
        "the spaces differ from one call to the next; they must stay");
    if (environment.observations() instanceof Space.Box box && unbounded(box)) {
      advice.add("observations in " + box + " have no useful bounds; normalise them");
    }
    if (environment.actions() instanceof Space.Box box && !box.equals(normal(box))) {
      advice.add("actions in " + box + " are not in [-1, 1]; RescaleAction or ClipAction helps");
    }
  }

  private static boolean unbounded(Space.Box box) {
    for (int i = 0; i < box.size(); i++) {
      if (box.low()[i] < -HUGE || box.high()[i] > HUGE) {
        return true;
      }
    }
    return false;
  }

  private static Space.Box normal(Space.Box box) {
    float[] high = new float[box.size()];
    float[] low = new float[box.size()];
    Arrays.fill(high, 1);
    Arrays.fill(low, -1);
    return new Space.Box(low, high, box.shape());
  }

  // --- episodes ---

  private void episodes() {
    List<List<Object>> traces = new ArrayList<>();
    for (int episode = 0; episode < EPISODES; episode++) {
      traces.add(trace(KEY.fold(episode)));
    }
    for (int episode = 0; episode < EPISODES; episode++) {
      compare(traces.get(episode), trace(KEY.fold(episode)), "equal keys and actions");
    }
    if (traces.stream().distinct().count() == 1) {
      advice.add("episodes do not depend on their key; is that so?");
    }
  }

  private void compare(List<Object> first, List<Object> second, String what) {
    for (int i = 0; i < Math.min(first.size(), second.size()); i++) {
      if (!first.get(i).equals(second.get(i))) {
        faults.add(
            "%s gave something else at step %d; all randomness must come from the key"
                .formatted(what, i));
        return;
      }
    }
    require(first.size() == second.size(), what + " gave episodes of different length");
  }

  private List<Object> trace(Rng key) {
    return trace(environment.reset(key));
  }

  /// Acts from an observation on, the same way each time.
  ///
  /// @return what was seen, one moment after the other
  private List<Object> trace(O first) {
    List<O> handed = new ArrayList<>();
    List<Object> moments = new ArrayList<>();
    sound(first);
    handed.add(first);
    moments.add(frozen(first));
    boolean done = false;
    for (int i = 0; i < STEPS && !done; i++) {
      Step<O> step = environment.step(action(i));
      sound(step);
      handed.add(step.observation());
      moments.add(frozen(step));
      done = step.done();
    }
    for (int i = 0; i < moments.size(); i++) {
      Object then = moments.get(i) instanceof Moment moment ? moment.seen() : moments.get(i);
      require(
          then.equals(frozen(handed.get(i))),
          "an observation changed after it was handed out; each step needs one of its own");
    }
    if (done) {
      refused(
          IllegalStateException.class,
          "a step after the end of an episode",
          () -> environment.step(action(0)));
    }
    return moments;
  }

  private A action(int step) {
    return environment.actions().sample(KEY.fold("actions").fold(step));
  }

  private void sound(O observation) {
    String fault = environment.observations().fault(observation);
    require(
        fault.isEmpty(),
        "an observation is not in its space " + environment.observations() + ": " + fault);
  }

  private void sound(Step<O> step) {
    sound(step.observation());
    require(
        Double.isFinite(step.reward()), "a reward is " + step.reward() + "; needs a finite number");
    require(step.info() != null, "a step has no info; an empty map does");
  }

  private void refused(Class<? extends RuntimeException> kind, String what, Runnable act) {
    try {
      act.run();
      faults.add(what + " was taken; it needs an " + kind.getSimpleName());
    } catch (RuntimeException e) {
      require(kind.isInstance(e), what + " gave " + e + "; it needs an " + kind.getSimpleName());
    }
  }

  // --- what must be refused ---

  @SuppressWarnings("unchecked") // actions of these spaces are what is given here
  private void wrongActions() {
    List<?> wrong =
        switch (environment.actions()) {
          case Space.Discrete(int n, int start) -> List.of(start - 1, start + n);
          case Space.Box box -> List.of(new float[box.size() + 1], nan(box.size()));
          case Space.MultiDiscrete(int[] n, int[] start) ->
              List.of(new int[n.length + 1], above(n, start));
          default -> List.of();
        };
    for (Object action : wrong) {
      attempt("beginning an episode", () -> environment.reset(KEY));
      refused(
          IllegalArgumentException.class,
          "the action " + text(action) + " outside of its space",
          () -> environment.step((A) action));
    }
  }

  private static String text(Object action) {
    return switch (action) {
      case float[] numbers -> Arrays.toString(numbers);
      case int[] numbers -> Arrays.toString(numbers);
      default -> action.toString();
    };
  }

  private static int[] above(int[] n, int[] start) {
    return IntStream.range(0, n.length).map(i -> start[i] + n[i]).toArray();
  }

  private static float[] nan(int size) {
    float[] numbers = new float[size];
    Arrays.fill(numbers, Float.NaN);
    return numbers;
  }

  // --- states ---

  private void restoring(Restorable<O, A> restorable) {
    for (int before = 0; before <= STEPS_BEFORE_STATE; before++) {
      O seen = restorable.reset(KEY);
      boolean done = false;
      for (int i = 0; i < before && !done; i++) {
        Step<O> step = restorable.step(action(i));
        seen = step.observation();
        done = step.done();
      }
      if (done) {
        return;
      }
      restoring(restorable, seen);
    }
  }

  private void restoring(Restorable<O, A> restorable, O seen) {
    Object now = frozen(seen);
    State state = restorable.state();
    State kept = new State(state.values().clone(), state.counters().clone());
    List<Object> first = trace(seen);
    require(
        Arrays.equals(kept.values(), state.values())
            && Arrays.equals(kept.counters(), state.counters()),
        "a state changed after it was handed out; it needs arrays of its own");
    O again = restorable.restore(kept);
    require(
        now.equals(frozen(again)),
        "going back to a state shows something else than was seen there");
    compare(first, trace(again), "going on twice from one state");
    State larger = kept.with(new State(new double[1], new long[0]));
    refused(
        IllegalArgumentException.class,
        "a state of another size",
        () -> restorable.restore(larger));
  }

  // --- values ---

  private Moment frozen(Step<O> step) {
    return new Moment(
        frozen(step.observation()), step.reward(), step.terminated(), step.truncated());
  }

  /// A value that is equal to another one if what is observed is, and stays as it is.
  private static Object frozen(Object observation) {
    return switch (observation) {
      case float[] numbers -> FloatBuffer.wrap(numbers.clone());
      case int[] numbers -> IntBuffer.wrap(numbers.clone());
      case boolean[] bits -> Arrays.toString(bits);
      case List<?> parts -> parts.stream().map(Inspection::frozen).toList();
      case Map<?, ?> parts -> {
        Map<Object, Object> frozen = new LinkedHashMap<>();
        parts.forEach((name, part) -> frozen.put(name, frozen(part)));
        yield frozen;
      }
      default -> observation;
    };
  }
}
