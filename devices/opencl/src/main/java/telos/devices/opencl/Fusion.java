package telos.devices.opencl;

import java.util.List;
import org.jspecify.annotations.Nullable;
import telos.tensor.Op;
import telos.tensor.Plan;
import telos.tensor.Tensor;

/// Which fused operation has which kernel; the others run by their definition, whose elementwise
/// operations are joined in generated kernels.
final class Fusion {
  private Fusion() {}

  static @Nullable List<Tensor> run(OpenClDevice device, Op.Fused op) {
    return Plan.run(device, op, value -> Pass.from(device, value));
  }
}
