package telos.cli;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import telos.rl.Nearest;
import telos.study.Study;

/// The studies this program knows.
final class Studies {
  private Studies() {}

  static List<Study> all() {
    var byName = new TreeMap<String, Study>();
    for (Study study : ServiceLoader.load(Study.class)) {
      byName.put(study.name(), study);
    }
    return List.copyOf(byName.values());
  }

  static Optional<Study> find(String name) {
    return all().stream().filter(s -> s.name().equals(name)).findFirst();
  }

  /// What to say about a name that is no study.
  static String unknown(String name) {
    List<String> names = all().stream().map(Study::name).toList();
    List<String> near = Nearest.names(name, names);
    String hint =
        near.isEmpty()
            ? "'telos study list' shows them all"
            : "did you mean " + String.join(" or ", near) + "?";
    return "There is no study '%s'; %s".formatted(name, hint);
  }
}
