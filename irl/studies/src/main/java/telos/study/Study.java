package telos.study;

import java.util.List;

/// An experiment on a published system's headline claims.
///
/// Studies are found through [java.util.ServiceLoader]; constructing one must cost nothing. A study
/// says in its [#plan] what it will do and what it claims, then measures in [#run]; the harness
/// judges.
public interface Study {
  /// The name on the command line, e.g. `insights-from-the-inverse`.
  String name();

  /// The publication.
  Paper paper();

  /// What the study asks, in one line.
  String question();

  /// Whether `--data FILE` means something to this study.
  default boolean takesData() {
    return false;
  }

  /// Everything that is fixed before the run. Called again when a run is resumed.
  Plan plan(Request request);

  /// Does the work. Throws when there can be no study (say, no expert to learn from), with one
  /// sentence.
  void run(StudyRun run) throws Exception;

  /// What is fixed before the run.
  ///
  /// @param config every hyper-parameter, as a record: written to `run.json`, part of cache keys
  /// @param seeds how many seeds a stage runs, unless the caller asked for another number
  record Plan(Record config, int seeds, List<World> worlds, List<Arm> arms, List<Claim> claims) {
    public Plan {
      worlds = List.copyOf(worlds);
      arms = List.copyOf(arms);
      claims = List.copyOf(claims);
    }
  }
}
