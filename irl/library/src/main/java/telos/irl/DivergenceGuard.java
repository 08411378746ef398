package telos.irl;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import telos.nn.format.Json;

/// Notices that a training run has failed: a loss or gradient that is not finite, or a loss far
/// above what it was lately. "Far" is eight standard deviations and one nat above the exponential
/// mean, once twenty losses were seen; noise of batches stays below, a diverging run does not.
///
/// @param seen how many losses
/// @param mean of the losses, exponentially weighted by 0.95
/// @param variance of the losses, weighted likewise
public record DivergenceGuard(long seen, double mean, double variance) {
  private static final double DECAY = 0.95;
  private static final long FIRST = 20;
  private static final double DEVIATIONS = 8;
  private static final double LEAST_RISE = 1;

  /// Has seen nothing.
  public static DivergenceGuard fresh() {
    return new DivergenceGuard(0, 0, 0);
  }

  /// What is wrong with a step, empty if nothing.
  public Optional<String> fault(double loss, double gradientNorm) {
    if (!Double.isFinite(loss)) {
      return Optional.of("the loss is " + loss);
    }
    if (!Double.isFinite(gradientNorm)) {
      return Optional.of("the gradient's norm is " + gradientNorm);
    }
    double limit = mean + Math.max(LEAST_RISE, DEVIATIONS * Math.sqrt(variance));
    return seen >= FIRST && loss > limit
        ? Optional.of("the loss jumped to %.3g from about %.3g".formatted(loss, mean))
        : Optional.empty();
  }

  /// After one more loss.
  public DivergenceGuard plus(double loss) {
    if (seen == 0) {
      return new DivergenceGuard(1, loss, 0);
    }
    double change = loss - mean;
    return new DivergenceGuard(
        seen + 1, mean + (1 - DECAY) * change, DECAY * (variance + (1 - DECAY) * change * change));
  }

  Json json() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("seen", seen);
    fields.put("mean", mean);
    fields.put("variance", variance);
    return Json.of(fields);
  }

  /// @throws IllegalArgumentException when it is none
  static DivergenceGuard of(Json json) {
    if (json instanceof Json.Obj guard
        && guard.at("seen") instanceof Json.Num(var seen)
        && guard.at("mean") instanceof Json.Num(var mean)
        && guard.at("variance") instanceof Json.Num(var variance)) {
      return new DivergenceGuard(
          Long.parseLong(seen), Double.parseDouble(mean), Double.parseDouble(variance));
    }
    throw new IllegalArgumentException("not the state of a divergence guard: " + json.text());
  }
}
