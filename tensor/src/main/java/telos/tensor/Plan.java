package telos.tensor;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import telos.tensor.Trace.Value;

/// For devices: how to run the definition of a fused operation that has no kernel. Neighbouring
/// operations are joined in [Group]s of the device's making, each of which passes over memory once;
/// the others run one by one.
public final class Plan {
  /// Neighbouring operations that run together.
  public interface Group {
    /// Adds a value if it fits.
    boolean takes(Value value);

    /// Whether the value needs a member.
    boolean feeds(Value value);

    List<Value> members();

    /// Computes all members; those that `stored` accepts get memory.
    void run(Predicate<Value> stored);
  }

  private final Device device;
  private final Trace trace;
  private final Function<Value, @Nullable Group> begin;

  /// A group, or a value that runs alone.
  private final List<Object> steps = new ArrayList<>();

  private @Nullable Group open;

  private Plan(Device device, Trace trace, Function<Value, @Nullable Group> begin) {
    this.device = device;
    this.trace = trace;
    this.begin = begin;
  }

  /// Runs the definition, or returns null where nothing can be joined: then it may as well run as
  /// it stands.
  ///
  /// @param begin a group that begins with a value, or null where it cannot be part of one
  public static @Nullable List<Tensor> run(
      Device device, Op.Fused op, Function<Value, @Nullable Group> begin) {
    Trace trace = Trace.of(device, op);
    if (trace == null) {
      return null;
    }
    var plan = new Plan(device, trace, begin);
    plan.divide();
    try {
      return plan.joins() ? plan.run() : null;
    } finally {
      trace.forgetConstants();
    }
  }

  private boolean joins() {
    return steps.stream()
        .anyMatch(step -> step instanceof Group group && group.members().size() > 1);
  }

  private void divide() {
    for (Value value : trace.steps()) {
      if (open == null || !open.takes(value)) {
        alone(value);
      }
    }
    close();
  }

  /// Begins a new group, or runs the value for itself: before the open group if it does not need
  /// it.
  private void alone(Value value) {
    Group group = begin.apply(value);
    if (group != null || (open != null && open.feeds(value))) {
      close();
    }
    if (group != null) {
      open = group;
    } else {
      steps.add(value);
    }
  }

  private void close() {
    if (open != null) {
      steps.add(open);
      open = null;
    }
  }

  private List<Tensor> run() {
    Map<Value, Integer> last = lastUses();
    for (int i = 0; i < steps.size(); i++) {
      int now = i;
      switch (steps.get(i)) {
        case Group group -> group.run(value -> last.getOrDefault(value, now) > now);
        case Value value -> value.become(device.run(value.maker(), value.shape()));
        default -> throw new IllegalStateException("a plan has groups and values");
      }
      last.forEach((value, step) -> {
        if (step == now && value.op != null && value.known()) {
          value.forget();
        }
      });
    }
    return trace.outputs().stream().map(this::output).toList();
  }

  /// An input that is an output too is copied: results are the caller's to give back.
  private Tensor output(Tensor traced) {
    Tensor input = Trace.of(traced).source;
    Storage memory =
        input == null
            ? Trace.of(traced).memory()
            : device.run(new Op.Expand(input, input.shape()), input.shape());
    return Tensor.wrap(device, memory, traced.shape(), traced.dtype());
  }

  /// The step that needs each value last; outputs are needed after all.
  private Map<Value, Integer> lastUses() {
    Map<Value, Integer> last = new IdentityHashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      List<Value> values =
          steps.get(i) instanceof Group group ? group.members() : List.of((Value) steps.get(i));
      for (Value value : values) {
        last.put(value, i);
        for (Tensor operand : value.maker().inputs()) {
          last.put(Trace.of(operand), i);
        }
      }
    }
    trace.outputs().forEach(output -> last.put(Trace.of(output), steps.size()));
    return last;
  }
}
