package telos.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import telos.tensor.Recorder;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// A rule that moves the parameters of a model against a gradient: a pure function of model, gradient
/// and state.
///
///     Optimizer.State state = optimizer.init(model);
///     Optimizer.Step<Gpt> next = optimizer.step(model, gradient, state);
///     model = next.model();
///     state = next.state();
///
/// A step **consumes** the state it is given: its memory is used for the next one and later use
/// throws, also where the step failed half-way. [State#copy] makes a snapshot. While operations are
/// recorded the old state stays, for the derivative through the step needs it. Leaves without a
/// gradient (absent, integer, fixed) stay as they are, and so does their state.
public sealed interface Optimizer permits Sgd, AdamW, Lion, Adafactor, Muon {
  /// The rate of each step.
  Schedule rate();

  /// The state before the first step: zeros for every parameter of the model.
  default State init(Object model) {
    return init(model, _ -> true);
  }

  /// The state before the first step of a model of which only some parameters move, those whose
  /// path `moved` accepts: what is frozen needs no memory here.
  State init(Object model, Predicate<String> moved);

  /// One step.
  ///
  /// @param gradient a model of the same structure, as `Grad` returns it
  /// @param state from [#init] or the step before
  <M> Step<M> step(M model, M gradient, State state);

  /// The model and the state after a step.
  record Step<M>(M model, State state) {}

  /// What an optimizer remembers: a tree of tensors, so that it can be saved like a model.
  ///
  /// @param steps I32 scalar, how many steps were taken
  /// @param first by path: mean of the gradients ([AdamW], [Lion], [Muon]), velocity ([Sgd]), or
  ///   mean squares of the rows of a gradient ([Adafactor])
  /// @param second by path: mean of the squared gradients ([AdamW]) or of their columns
  ///   ([Adafactor])
  record State(Tensor steps, Map<String, Tensor> first, Map<String, Tensor> second) {
    static State zero(Map<String, Tensor> first, Map<String, Tensor> second) {
      return new State(Tensor.scalar(0), first, second);
    }

    /// How many steps were taken.
    public int count() {
      return (int) steps.item();
    }

    /// The same values in memory of their own.
    public State copy() {
      return Tree.map(this, tensor -> tensor.mul(tensor.onesLike()));
    }

    /// The state after one more step in which these parameters moved; theirs is consumed.
    State next(Map<String, Tensor> movedFirst, Map<String, Tensor> movedSecond) {
      State next = new State(steps.add(1), merged(first, movedFirst), merged(second, movedSecond));
      consume(steps);
      return next;
    }

    private static Map<String, Tensor> merged(Map<String, Tensor> old, Map<String, Tensor> moved) {
      Map<String, Tensor> merged = new LinkedHashMap<>(old);
      moved.forEach((path, tensor) -> {
        Tensor consumed = merged.put(path, tensor);
        if (consumed != null) {
          consume(consumed);
        }
      });
      return merged;
    }

    private static void consume(Tensor tensor) {
      if (!Recorder.active()) {
        tensor.storage().consume();
      }
    }

    /// The state of one parameter.
    static Tensor of(Map<String, Tensor> tensors, String path) {
      Tensor tensor = tensors.get(path);
      if (tensor == null) {
        throw new IllegalArgumentException(
            "optimizer: the state has nothing for '"
                + path
                + "'; make it with init of a model of this structure");
      }
      return tensor;
    }
  }
}
