package telos.study;

import java.util.Locale;

/// Names of the files that hold what a stage of a seed measured.
final class StageFiles {
  private StageFiles() {}

  static String name(String stage, long seed) {
    String safe = stage.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    return "stages/%s-seed-%d.json".formatted(safe, seed);
  }
}
