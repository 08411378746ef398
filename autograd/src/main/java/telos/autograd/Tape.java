package telos.autograd;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import telos.tensor.Op;
import telos.tensor.Recorder;
import telos.tensor.Scope;
import telos.tensor.Tensor;

/// The operations downstream of the leaves of one [Grad] call, in order, and their reverse sweep.
///
/// **Nesting.** A tape passes everything it sees to the recorder that was bound outside it, so an
/// operation inside an inner loss is on the inner and on every outer tape. The inner sweep runs
/// with only the outer ones bound: the rules' operations are theirs to differentiate.
///
/// **Fused operations.** With no outer recorder the derivative that a fused operation brings is
/// used, or the [DefinitionGrad] of one that brings none. Under an outer recorder (residuals have
/// no derivative of their own) the operation is *spliced*: its definition runs again on this tape
/// in its place, and the sweep goes on through it.
///
/// **Memory.** With no outer recorder a storage goes back to the device as soon as no entry still
/// to be swept, no pending cotangent and no result needs it.
final class Tape implements Recorder {
  /// What the tape knows of a tensor downstream of a leaf.
  private static final class Slot extends Recorder.Note {
    final int leaf;
    final int distance;
    @Nullable Tensor cotangent;

    Slot(Tape tape, int leaf, int distance) {
      super(tape);
      this.leaf = leaf;
      this.distance = distance;
    }
  }

  /// One operation. A slot is null where no derivative flows.
  private record Entry(
      Op op,
      List<Tensor> inputs,
      List<Tensor> outputs,
      @Nullable Slot[] from,
      @Nullable Slot[] to) {}

  private final @Nullable Recorder outer;
  private final Scope scope;
  private final List<String> paths = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();

  /// @param outer the recorder bound where the tape begins
  /// @param scope the scope in which it lives
  Tape(@Nullable Recorder outer, Scope scope) {
    this.outer = outer;
    this.scope = scope;
  }

  /// Makes a tensor a leaf: what is computed from it is recorded.
  void watch(Tensor leaf, String path) {
    new Slot(this, paths.size(), 0).attach(leaf);
    paths.add(path);
  }

  private @Nullable Slot slot(Tensor tensor) {
    return (Slot) Recorder.Note.of(tensor, this);
  }

  // --- forward ---

  @Override
  public void record(Op op, List<Tensor> outputs) {
    if (outer != null) {
      outer.record(op, outputs);
    }
    if (!Vjp.flows(op)) {
      return;
    }
    List<Tensor> inputs = op.inputs();
    @Nullable Slot[] from = new Slot[inputs.size()];
    Slot nearest = null;
    for (int i = 0; i < from.length; i++) {
      Slot slot = slot(inputs.get(i));
      from[i] = slot;
      if (slot != null && (nearest == null || slot.distance < nearest.distance)) {
        nearest = slot;
      }
    }
    if (nearest != null) {
      append(op, inputs, outputs, from, nearest);
    }
  }

  private void append(
      Op op, List<Tensor> inputs, List<Tensor> outputs, @Nullable Slot[] from, Slot nearest) {
    @Nullable Slot[] to = new Slot[op instanceof Op.Fused fused ? fused.resultCount() : 1];
    for (int i = 0; i < to.length; i++) {
      Tensor result = outputs.get(i);
      if (result.dtype().isFloat() && slot(result) == null) {
        Slot slot = new Slot(this, nearest.leaf, nearest.distance + 1);
        slot.attach(result);
        to[i] = slot;
      }
    }
    hold(inputs);
    hold(outputs);
    entries.add(new Entry(op, inputs, outputs, from, to));
  }

  @Override
  public String whereabouts(Op op) {
    Slot nearest = null;
    for (Tensor input : op.inputs()) {
      Slot slot = slot(input);
      if (slot != null && (nearest == null || slot.distance < nearest.distance)) {
        nearest = slot;
      }
    }
    if (nearest != null) {
      return paths.get(nearest.leaf);
    }
    return outer == null ? "" : outer.whereabouts(op);
  }

  // --- backward ---

  /// Gives every leaf its cotangent, given that of `result`. Runs with only the outer recorder
  /// bound; the tape is empty afterwards.
  void sweep(Tensor result, Tensor seed) {
    sweep(List.of(result), List.of(seed));
  }

  /// Of several results.
  void sweep(List<Tensor> results, List<Tensor> seeds) {
    for (int i = 0; i < results.size(); i++) {
      Slot end = slot(results.get(i));
      if (end != null) {
        accumulate(end, seeds.get(i));
      }
    }
    while (!entries.isEmpty()) {
      Entry entry = entries.removeLast();
      if (reached(entry)) {
        propagate(entry);
      }
      drop(entry);
    }
  }

  /// Leaves the cotangent of a leaf to whoever has it now.
  void hand(Tensor leaf) {
    Slot slot = slot(leaf);
    if (slot != null && slot.cotangent != null) {
      drop(slot.cotangent);
    }
  }

  /// What the sweep found for a leaf, zeros where the result does not depend on it.
  Tensor cotangent(Tensor leaf) {
    Slot slot = slot(leaf);
    Tensor found = slot == null ? null : slot.cotangent;
    return found == null ? leaf.zerosLike() : found;
  }

  private static boolean reached(Entry entry) {
    for (Slot slot : entry.to) {
      if (slot != null && slot.cotangent != null) {
        return true;
      }
    }
    return false;
  }

  private void propagate(Entry entry) {
    int mark = scope.mark();
    try {
      switch (entry.op) {
        case Op.Differentiable fused when outer == null -> ownRule(fused, entry);
        case Recompute.Segment segment -> splice(segment, entry);
        case Op.Fused fused when outer == null -> definitionRule(fused, entry);
        case Op.Fused fused -> splice(fused, entry);
        case Op op -> tableRule(op, entry);
      }
    } catch (ArithmeticException e) {
      throw located(e, entry);
    }
    if (outer == null) {
      scope.releaseSince(mark);
    }
  }

  /// With the operation whose derivative failed and the nearest parameter upstream of it.
  private ArithmeticException located(ArithmeticException cause, Entry entry) {
    String where = whereabouts(entry.op);
    ArithmeticException located =
        new ArithmeticException(
            cause.getMessage()
                + ", in the derivative of "
                + entry.op.name()
                + (where.isEmpty() ? "" : " downstream of '" + where + "'"));
    located.initCause(cause);
    return located;
  }

  private void tableRule(Op op, Entry entry) {
    Tensor cotangent = Objects.requireNonNull(Objects.requireNonNull(entry.to[0]).cotangent);
    for (int i = 0; i < entry.from.length; i++) {
      Slot slot = entry.from[i];
      if (slot != null) {
        Tensor contribution = Vjp.of(op, i, entry.outputs.getFirst(), cotangent);
        if (contribution != null) {
          accumulate(slot, contribution);
        }
      }
    }
  }

  private static List<@Nullable Tensor> cotangents(Entry entry) {
    List<@Nullable Tensor> cotangents = new ArrayList<>(entry.to.length);
    for (Slot slot : entry.to) {
      cotangents.add(slot == null ? null : slot.cotangent);
    }
    return cotangents;
  }

  private void definitionRule(Op.Fused op, Entry entry) {
    DefinitionGrad grad = DefinitionGrad.of(op, cotangents(entry), entry.from);
    List<Tensor> found = grad.outputs();
    for (int i = 0; i < found.size(); i++) {
      accumulate(Objects.requireNonNull(entry.from[grad.wanted().get(i)]), found.get(i));
    }
  }

  private void ownRule(Op.Differentiable op, Entry entry) {
    List<@Nullable Tensor> found =
        op.vjp(entry.outputs, cotangents(entry), input -> entry.from[input] != null);
    for (int i = 0; i < entry.from.length; i++) {
      Slot slot = entry.from[i];
      Tensor contribution = slot == null ? null : found.get(i);
      if (slot != null && contribution != null) {
        fit(op, i, contribution, entry.inputs.get(i));
        accumulate(slot, contribution);
      }
    }
  }

  private static void fit(Op op, int input, Tensor cotangent, Tensor of) {
    if (!cotangent.shape().equals(of.shape()) || cotangent.dtype() != of.dtype()) {
      throw new IllegalStateException(
          op.name()
              + ": its derivative gave a cotangent "
              + cotangent.dtype()
              + cotangent.shape()
              + " for input "
              + input
              + ", which is "
              + of.dtype()
              + of.shape());
    }
  }

  /// Puts the operations of the definition in the place of the fused operation.
  private void splice(Op.Fused op, Entry entry) {
    List<Tensor> again = ScopedValue.where(Recorder.CURRENT, this).call(op::definition);
    for (int i = 0; i < entry.to.length; i++) {
      Slot slot = entry.to[i];
      Slot target = slot(again.get(i));
      if (slot != null && slot.cotangent != null && target != null) {
        accumulate(target, slot.cotangent);
      }
    }
  }

  /// The one place where cotangents are added.
  private void accumulate(Slot slot, Tensor contribution) {
    Tensor before = slot.cotangent;
    Tensor sum = before == null ? contribution : before.add(contribution);
    hold(sum);
    if (before != null) {
      drop(before);
    }
    slot.cotangent = sum;
  }

  // --- memory ---

  /// Keeps a tensor's storage through the sweep.
  void hold(Tensor tensor) {
    if (outer == null) {
      scope.hold(tensor.storage());
    }
  }

  private void drop(Tensor tensor) {
    if (outer == null) {
      scope.drop(tensor.storage());
    }
  }

  private void hold(List<Tensor> tensors) {
    for (int i = 0; i < tensors.size(); i++) {
      hold(tensors.get(i));
    }
  }

  private void drop(List<Tensor> tensors) {
    for (int i = 0; i < tensors.size(); i++) {
      drop(tensors.get(i));
    }
  }

  private void drop(Entry entry) {
    drop(entry.inputs);
    drop(entry.outputs);
    for (Slot slot : entry.to) {
      if (slot != null && slot.cotangent != null) {
        drop(slot.cotangent);
        slot.cotangent = null;
      }
    }
  }
}
