package telos.study;

/// What the measurements say about a claim; all three are honest outcomes.
public enum Verdict {
  /// The whole interval lies on the right side of the threshold.
  REACHED("reached"),
  /// The interval straddles the threshold, or there is none.
  UNDECIDED("undecided"),
  /// The whole interval lies on the wrong side.
  NOT_REACHED("not reached");

  private final String label;

  Verdict(String label) {
    this.label = label;
  }

  /// The words in reports.
  public String label() {
    return label;
  }
}
