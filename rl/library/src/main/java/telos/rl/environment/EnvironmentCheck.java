package telos.rl.environment;

import java.util.List;

/// What an [Environment] does wrong, by the rules of Gymnasium's checker and those that the
/// interface adds.
///
/// @param faults what must be mended, one sentence each; none where all is well
/// @param advice what often makes learning harder, one sentence each
public record EnvironmentCheck(List<String> faults, List<String> advice) {
  public EnvironmentCheck {
    faults = List.copyOf(faults);
    advice = List.copyOf(advice);
  }

  /// Acts at random for some hundred steps, then closes the environment.
  public static EnvironmentCheck of(Environment<?, ?> environment) {
    return new Inspection<>(environment).check();
  }
}
