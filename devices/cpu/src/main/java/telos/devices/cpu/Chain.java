package telos.devices.cpu;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import telos.devices.cpu.Trace.Value;
import telos.tensor.Op;
import telos.tensor.Storage;
import telos.tensor.Tensor;

/// Runs the definition of a fused operation that has no kernel: neighbouring elementwise operations
/// (and sums and maxima along the last axis) are joined in a [Block], which passes over memory
/// once; the others run one by one.
///
/// The bits are those of one operation after the other, because each element goes through the same
/// loops and each row is summed in the same order.
final class Chain {
  /// Results of fewer elements are left to the definition: they stay in cache anyway.
  static final int WORTHWHILE = 16_384;

  private final CpuDevice device;
  private final Trace trace;

  /// A block, or a value that runs alone.
  private final List<Object> plan = new ArrayList<>();

  private @Nullable Block open;

  private Chain(CpuDevice device, Trace trace) {
    this.device = device;
    this.trace = trace;
  }

  /// Null where the definition may as well run as it stands.
  static @Nullable List<Tensor> run(CpuDevice device, Op.Fused op) {
    boolean large = op.inputs().stream().anyMatch(input -> input.size() >= WORTHWHILE);
    return large ? joined(device, op) : null;
  }

  /// Null where nothing can be joined.
  static @Nullable List<Tensor> joined(CpuDevice device, Op.Fused op) {
    Trace trace = Trace.of(device, op);
    if (trace == null) {
      return null;
    }
    var chain = new Chain(device, trace);
    chain.plan();
    try {
      return chain.joins() ? chain.run() : null;
    } finally {
      trace.forgetConstants();
    }
  }

  private boolean joins() {
    return plan.stream().anyMatch(step -> step instanceof Block block && block.size() > 1);
  }

  // --- plan ---

  private void plan() {
    for (Value value : trace.steps()) {
      if (open == null || !open.takes(value)) {
        alone(value);
      }
    }
    close();
  }

  /// Begins a new block, or runs the value for itself: before the open block if it does not need
  /// it.
  private void alone(Value value) {
    Block block = Block.from(value);
    if (block != null || (open != null && open.feeds(value))) {
      close();
    }
    if (block != null) {
      open = block;
    } else {
      plan.add(value);
    }
  }

  private void close() {
    if (open != null) {
      plan.add(open);
      open = null;
    }
  }

  // --- run ---

  private List<Tensor> run() {
    Map<Value, Integer> last = lastUses();
    for (int i = 0; i < plan.size(); i++) {
      int now = i;
      switch (plan.get(i)) {
        case Block block -> block.run(device, value -> last.getOrDefault(value, now) > now);
        case Value value -> value.become(device.run(value.maker(), value.shape));
        default -> throw new IllegalStateException("a plan has blocks and values");
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

  /// The step of the plan that needs each value last; outputs are needed after all.
  private Map<Value, Integer> lastUses() {
    Map<Value, Integer> last = new IdentityHashMap<>();
    for (int i = 0; i < plan.size(); i++) {
      List<Value> values =
          plan.get(i) instanceof Block block ? block.members() : List.of((Value) plan.get(i));
      for (Value value : values) {
        last.put(value, i);
        for (Tensor operand : value.maker().inputs()) {
          last.put(Trace.of(operand), i);
        }
      }
    }
    trace.outputs().forEach(output -> last.put(Trace.of(output), plan.size()));
    return last;
  }
}
