package telos.rl.environment;

import java.util.Optional;
import java.util.SequencedCollection;

/// Adds names to [Environments]: a service, found by [java.util.ServiceLoader] in every module that
/// `provides` it.
public interface EnvironmentProvider {
  /// What a user may choose from.
  SequencedCollection<String> names();

  /// A fresh environment, its time limit included; empty for a name that is not of this provider,
  /// which may know more than it lists, such as files.
  ///
  /// @throws IllegalStateException one sentence that says what is missing on this machine
  Optional<Environment.Restorable<?, ?>> of(String name);
}
