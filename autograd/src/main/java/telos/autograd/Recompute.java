package telos.autograd;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Recorder;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// Activation checkpointing (Chen et al. 2016): memory for time.
///
///     Tensor y = Recompute.of(() -> block.call(x));
///
/// While a gradient is being recorded, only what the body reads from outside and what it returns
/// stay in memory; the backward sweep runs the body again. Everything that the body captures
/// (parameters, inputs, constants) gets the gradient it would have without `Recompute`, to the bit
/// (higher derivatives to rounding: they add the same terms in another order).
/// The body must do the same each time: random numbers come from a captured [telos.tensor.Rng] key.
///
/// **The trade.** With every block of a stack of `L` in a body of its own, `L` inputs and the
/// activations of one block stay in place of the activations of `L`; every body runs twice, and as a
/// backward pass has twice the operations of its forward pass, the time is at most 4/3. The
/// gradient of a GPT (6 blocks of width 384, 8 x 256 tokens, F32) takes 122 MiB at its peak beside
/// weights and moments, in place of 360, and the training step 1.2 to 1.3 times as long (two
/// threads of the cpu device).
public final class Recompute {
  private Recompute() {}

  /// What `body` returns: a tensor, or anything that [Tree] can walk.
  public static <R> R of(Supplier<R> body) {
    Recorder recorder = Recorder.CURRENT.isBound() ? Recorder.CURRENT.get() : null;
    if (recorder == null) {
      return Scope.call("recompute", body);
    }
    Captures captures = new Captures(recorder);
    R result =
        ScopedValue.where(Recorder.CURRENT, null)
            .call(() ->
                Scope.call(
                    "recompute",
                    () -> ScopedValue.where(Recorder.CURRENT, captures).call(body::get)));
    List<Tensor> outputs = tensors(result);
    if (!outputs.isEmpty()) {
      Segment segment = new Segment(captures.alive(), outputs, () -> tensors(body.get()));
      recorder.record(segment, outputs);
    }
    return result;
  }

  private static List<Tensor> tensors(Object tree) {
    List<Tensor> tensors = new ArrayList<>();
    Tree.forEachTensor(tree, tensors::add);
    return tensors;
  }

  /// Notes what the body reads that it has not made.
  private static final class Captures implements Recorder {
    private final Recorder outer;
    private final Set<Tensor> made = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Tensor> read = new ArrayList<>();

    Captures(Recorder outer) {
      this.outer = outer;
    }

    @Override
    public void record(Op op, List<Tensor> outputs) {
      for (Tensor input : op.inputs()) {
        if (!made.contains(input) && seen.add(input)) {
          read.add(input);
        }
      }
      made.addAll(outputs);
    }

    @Override
    public String whereabouts(Op op) {
      return outer.whereabouts(op);
    }

    /// Without the constants that the body made itself: they are dead by now.
    List<Tensor> alive() {
      return read.stream().filter(tensor -> tensor.storage().alive()).toList();
    }
  }

  /// The body as one operation.
  record Segment(List<Tensor> inputs, List<Tensor> results, Supplier<List<Tensor>> body)
      implements Op.Fused {
    @Override
    public String name() {
      return "recompute";
    }

    @Override
    public Segment with(List<Tensor> in) {
      throw new IllegalArgumentException("recompute: reads what its body captured, nothing else");
    }

    @Override
    public Shape shape() {
      return results.getFirst().shape();
    }

    @Override
    public DType dtype() {
      return results.getFirst().dtype();
    }

    @Override
    public int resultCount() {
      return results.size();
    }

    @Override
    public List<Tensor> definition() {
      return body.get();
    }
  }
}
