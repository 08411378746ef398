package telos.devices.opencl;

/// How many items a kernel runs for, and in work-groups of how many. One dimension: some drivers
/// limit the others to 65 535 groups.
///
/// @param items a multiple of `group`; a kernel guards the last ones
record Range(long items, int group) {
  /// At least so many items, in groups of `group`.
  static Range of(long items, int group) {
    return new Range(Math.max(1, (items + group - 1) / group) * group, group);
  }

  /// So many groups, such as one for each row.
  static Range groups(long groups, int group) {
    return new Range(Math.max(1, groups) * group, group);
  }
}
