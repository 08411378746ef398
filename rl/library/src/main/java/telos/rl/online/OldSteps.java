package telos.rl.online;

import java.util.Optional;
import telos.tensor.Tensor;

/// Steps with what the old networks make of them, each `[B]` or `[B, ...]`.
///
/// @param allowed the actions that made sense, BOOL `[B, A]`
record OldSteps(
    Tensor observations,
    Optional<Tensor> allowed,
    Tensor actions,
    Tensor logProbs,
    Tensor values,
    Tensor advantages,
    Tensor targets) {
  OldSteps rows(Tensor rows) {
    return new OldSteps(
        observations.gather(0, rows),
        allowed.map(all -> all.gather(0, rows)),
        actions.gather(0, rows),
        logProbs.gather(0, rows),
        values.gather(0, rows),
        advantages.gather(0, rows),
        targets.gather(0, rows));
  }

  /// With advantages of mean 0 and deviation 1.
  OldSteps normalised() {
    int size = advantages.size();
    Tensor centered = advantages.sub(advantages.mean());
    double deviation = Math.sqrt(centered.square().sum().item() / (size - 1));
    return new OldSteps(
        observations, allowed, actions, logProbs, values, centered.div(deviation + 1e-8), targets);
  }
}
