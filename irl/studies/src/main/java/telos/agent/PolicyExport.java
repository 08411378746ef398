package telos.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import telos.nn.format.OnnxExport;
import telos.rl.Policy;
import telos.rl.environment.Space;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// How an agent acts, for other runtimes.
public final class PolicyExport {
  private PolicyExport() {}

  /// `observations [batch, ...]` to `actions`, INT64 `[batch]` or F32 `[batch, A]`: the policy
  /// without chance.
  ///
  /// @throws IllegalArgumentException for a policy that remembers, or observations that are neither
  ///   in a box nor one of several
  public static OnnxExport of(Policy policy, Space<?> observations) {
    if (policy.remembers()) {
      throw new IllegalArgumentException(
          "the policy remembers its episode; an ONNX file holds one that looks at the last observation only");
    }
    Policy greedy = policy.greedy();
    return new OnnxExport(
        greedy,
        List.of(input(observations)),
        in -> Map.of("actions", acted(greedy, in.getFirst())),
        OnnxExport.DEFAULT_OPSET);
  }

  private static Tensor acted(Policy policy, Tensor observations) {
    int rows = observations.dim(0);
    return policy.begin(rows).act(observations, new boolean[rows], Rng.of(0));
  }

  private static OnnxExport.Input input(Space<?> observations) {
    List<OnnxExport.Dim> dims = new ArrayList<>(List.of(OnnxExport.Axis.of("batch")));
    return switch (observations) {
      case Space.Box box -> {
        box.shape().forEach(extent -> dims.add(OnnxExport.Dim.of(extent)));
        yield new OnnxExport.Input("observations", DType.F32, dims, 0, 1);
      }
      case Space.Discrete(int n, _) -> new OnnxExport.Input("observations", DType.I32, dims, 0, n);
      default ->
          throw new IllegalArgumentException(
              "observations in " + observations + " have no form in an ONNX file");
    };
  }
}
