package telos.tensor;

/// The storage of a leaf that has no value: a gradient nobody asked for. Any operation on it throws
/// with the reason.
final class Absent extends Storage {
  private final String reason;

  Absent(String reason) {
    this.reason = reason;
  }

  String reason() {
    return reason;
  }

  @Override
  public boolean alive() {
    return false;
  }

  @Override
  protected void release() {}
}
