package telos.study;

/// A small environment whose reward is known exactly, shared by studies.
public interface World {
  /// The name in reports.
  String name();

  /// What happens in it, in a sentence or two.
  String description();

  /// The mean exact reward of behaviour that does not care (the score 0 % in comparisons).
  double randomScore();

  /// The mean exact reward of the best behaviour (the score 100 %).
  double bestScore();

  /// Checks that the world is what its description says; quick, run before every study.
  ///
  /// @throws IllegalStateException naming the property that does not hold
  void selfTest();
}
