package telos.study;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/// What the caller of a study asks for.
///
/// @param seeds the number of seeds; empty for the plan's own
/// @param data a file of real data, for studies that take one
public record Request(Profile profile, OptionalInt seeds, Optional<Path> data) {
  /// A profile with the plan's own number of seeds and no data file.
  public static Request of(Profile profile) {
    return new Request(profile, OptionalInt.empty(), Optional.empty());
  }
}
