package telos.study;

import org.jspecify.annotations.Nullable;

/// Where a logged number comes from; absent parts are left out of `metrics.jsonl`.
public record Tags(@Nullable String stage, @Nullable String arm, @Nullable Long seed) {
  /// A run that has one source only.
  public static final Tags NONE = new Tags(null, null, null);
}
