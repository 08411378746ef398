package telos.devices.cpu;

import java.util.List;
import org.jspecify.annotations.Nullable;
import telos.tensor.Op;
import telos.tensor.Plan;
import telos.tensor.Tensor;

/// Runs the definition of a fused operation that has no kernel by a [Plan]: neighbouring
/// elementwise operations (and sums and maxima along the last axis) are joined in a [Block].
///
/// The bits are those of one operation after the other, because each element goes through the same
/// loops and each row is summed in the same order.
final class Chain {
  /// Results of fewer elements are left to the definition: they stay in cache anyway.
  static final int WORTHWHILE = 16_384;

  private Chain() {}

  /// Null where the definition may as well run as it stands.
  static @Nullable List<Tensor> run(CpuDevice device, Op.Fused op) {
    boolean large = op.inputs().stream().anyMatch(input -> input.size() >= WORTHWHILE);
    return large ? joined(device, op) : null;
  }

  /// Null where nothing can be joined.
  static @Nullable List<Tensor> joined(CpuDevice device, Op.Fused op) {
    return Plan.run(device, op, value -> Block.from(device, value));
  }
}
