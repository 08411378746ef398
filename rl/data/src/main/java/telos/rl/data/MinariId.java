package telos.rl.data;

import java.nio.file.Path;
import java.util.regex.Pattern;

/// The name of a Minari dataset, `(namespace/)*(env/)name(-vN)`, which is also its directory below
/// the root. It has words and slashes only, so it leads nowhere else.
///
/// @param id the whole of it
record MinariId(String id) {
  private static final Pattern GRAMMAR =
      Pattern.compile("(?:[-\\w]+/)*[-\\w]+", Pattern.UNICODE_CHARACTER_CLASS);

  /// @throws IllegalArgumentException when it is no such name
  MinariId {
    if (!GRAMMAR.matcher(id).matches()) {
      throw new IllegalArgumentException(
          "\"%s\" names no Minari dataset; needs namespace/environment/name-v0, of letters, digits, - and _"
              .formatted(id));
    }
  }

  /// Where the dataset lies.
  Path below(Path root) {
    return root.resolve(id);
  }
}
