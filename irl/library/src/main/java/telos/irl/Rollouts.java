package telos.irl;

import java.util.Arrays;
import java.util.List;
import telos.tensor.Tensor;

/// Sampled responses with what a policy update needs to know of them.
///
/// @param sequences prompts with their responses, `[B]`
/// @param prompts tokens of each prompt, `[B]`
/// @param logProbs of each response token when it was sampled, `[B][response]`, as are those below
/// @param values at rollout time
/// @param advantages whitened
/// @param targets of the value function
/// @param reward mean score of the sequences
/// @param kl mean divergence from the reference, nats per sequence
record Rollouts(
    List<int[]> sequences,
    int[] prompts,
    double[][] logProbs,
    double[][] values,
    double[][] advantages,
    double[][] targets,
    double reward,
    double kl) {

  /// Some rows as tensors, all F32 `[B, T-1]`.
  record Minibatch(
      TokenBatch tokens, Tensor logProbs, Tensor values, Tensor advantages, Tensor targets) {}

  /// The rows of these numbers.
  Minibatch minibatch(int[] rows) {
    TokenBatch tokens =
        TokenBatch.of(
            Arrays.stream(rows).mapToObj(sequences::get).toList(),
            Arrays.stream(rows).map(row -> prompts[row]).toArray());
    return new Minibatch(
        tokens,
        tokens.spread(pick(logProbs, rows)),
        tokens.spread(pick(values, rows)),
        tokens.spread(pick(advantages, rows)),
        tokens.spread(pick(targets, rows)));
  }

  private static double[][] pick(double[][] numbers, int[] rows) {
    return Arrays.stream(rows).mapToObj(row -> numbers[row]).toArray(double[][]::new);
  }
}
