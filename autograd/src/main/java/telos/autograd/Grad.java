package telos.autograd;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import telos.tensor.Recorder;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Reverse-mode derivatives of functions of models.
///
///     var step = Grad.valueAndGrad(m -> Losses.crossEntropy(m.call(x), labels), model);
///     step.value();   // the mean loss
///     step.grad();    // a gradient of the model's own type
///
/// A model is a tensor, or anything that [Tree] can walk; several arguments are a record. Gradients
/// go to the float leaves that are not `@Fixed` and whose path the optional predicate accepts; the
/// others are absent in the result (see [Tensor#absent]); leaves that the loss never used get zeros.
///
/// The function gets a copy of the model over the same memory, and only that copy has gradients: a
/// captured model, such as a reference policy that happens to be the same value, is a constant.
///
/// What the function creates dies at the end of the call, except the loss, the gradient and what it
/// returns besides (see [Scope]). Calls nest to any depth: the gradient of a function of a gradient
/// is a higher derivative.
public final class Grad {
  private static final Predicate<String> ALL = _ -> true;

  private Grad() {}

  /// The loss and its gradient.
  public static <M> Step<M> valueAndGrad(Function<M, Loss> loss, M model) {
    return valueAndGrad(loss, model, ALL);
  }

  /// The loss and its gradient by the leaves whose path `paths` accepts.
  public static <M> Step<M> valueAndGrad(Function<M, Loss> loss, M model, Predicate<String> paths) {
    return differentiate(m -> loss.apply(m).with(List.<Tensor>of()), model, paths).step();
  }

  /// The loss, its gradient, and what else the function returns (`loss.with(aux)`).
  public static <M, A> Step.With<M, A> valueAndGradWith(Function<M, Loss.With<A>> loss, M model) {
    return differentiate(loss, model, ALL);
  }

  /// As [#valueAndGradWith(Function, Object)], by the leaves whose path `paths` accepts.
  public static <M, A> Step.With<M, A> valueAndGradWith(
      Function<M, Loss.With<A>> loss, M model, Predicate<String> paths) {
    return differentiate(loss, model, paths);
  }

  /// The loss and the gradient of a batch taken in micro-batches, one after the other, so that the
  /// memory of the largest suffices: the same as of the whole batch (see [Step#plus]), however it
  /// is split.
  ///
  /// @param loss of the model on one micro-batch
  /// @param batches at least one
  public static <M, B> Step<M> accumulate(
      BiFunction<M, B, Loss> loss, M model, List<B> batches, Predicate<String> paths) {
    return accumulateWith(
            (m, batch) -> loss.apply(m, batch).with(List.<Tensor>of()), model, batches, paths)
        .step();
  }

  /// As [#accumulate], with what else the function returns for each micro-batch, in order.
  public static <M, B, A> Step.With<M, List<A>> accumulateWith(
      BiFunction<M, B, Loss.With<A>> loss, M model, List<B> batches, Predicate<String> paths) {
    var first = valueAndGradWith(m -> loss.apply(m, batches.getFirst()), model, paths);
    Step<M> sum = first.step();
    List<A> aux = new ArrayList<>(List.of(first.aux()));
    for (B batch : batches.subList(1, batches.size())) {
      Step<M> before = sum;
      Step.With<M, A> after =
          Scope.call(() -> {
            var next = valueAndGradWith(m -> loss.apply(m, batch), model, paths);
            return new Step.With<>(before.plus(next.step()), next.aux());
          });
      sum = after.step();
      aux.add(after.aux());
      release(before);
    }
    return new Step.With<>(sum, List.copyOf(aux));
  }

  /// Gives back what an enclosing scope would keep to its end.
  private static void release(Step<?> step) {
    Scope scope = Scope.current();
    if (scope != null && !Recorder.active()) {
      Tree.forEachTensor(step, tensor -> scope.release(tensor.storage()));
    }
  }

  /// The gradient of a function whose value is a scalar.
  public static <M> M grad(Function<M, Tensor> function, M model) {
    return grad(function, model, ALL);
  }

  /// The gradient of a scalar function by the leaves whose path `paths` accepts.
  public static <M> M grad(Function<M, Tensor> function, M model, Predicate<String> paths) {
    return valueAndGrad(m -> Loss.of(function.apply(m)), model, paths).grad();
  }

  private static <M, A> Step.With<M, A> differentiate(
      Function<M, Loss.With<A>> function, M model, Predicate<String> paths) {
    Recorder outer = Recorder.CURRENT.isBound() ? Recorder.CURRENT.get() : null;
    return Scope.call(
        "valueAndGrad",
        () -> {
          Tape tape = new Tape(outer, Objects.requireNonNull(Scope.current()));
          Leaves<M> leaves = Leaves.of(model, paths, tape);
          return backward(tape, outer, leaves, () -> function.apply(leaves.model()));
        });
  }

  private static <M, A> Step.With<M, A> backward(
      Tape tape, @Nullable Recorder outer, Leaves<M> leaves, Supplier<Loss.With<A>> forward) {
    record Value<A>(Loss.With<A> returned, Tensor mean) {}
    Value<A> value =
        under(
            tape,
            () -> {
              Loss.With<A> returned = forward.get();
              return new Value<>(returned, returned.loss().mean());
            });
    tape.hold(value.returned.loss().sum());
    tape.hold(value.returned.loss().weight());
    Tree.forEachTensor(value.returned.aux(), tape::hold);
    return under(
        outer,
        () -> {
          tape.sweep(value.mean, value.mean.onesLike());
          M gradient = leaves.gradient(tape);
          return new Step.With<>(new Step<>(value.returned.loss(), gradient), value.returned.aux());
        });
  }

  private static <T> T under(@Nullable Recorder recorder, Supplier<T> body) {
    return ScopedValue.where(Recorder.CURRENT, recorder).call(body::get);
  }
}
