package telos.study;

/// One of the procedures a study compares. Measurements are filed under [#name].
public record Arm(String name, String description, Role role) {

  /// What the arm is there for.
  public enum Role {
    /// What the paper proposes, or a variant of it.
    METHOD,
    /// Something that must fail (or must not win) if the method works for the stated reason.
    CONTROL,
    /// A yardstick: the best that can be reached, or what there was before.
    REFERENCE
  }

  /// A method under test.
  public static Arm method(String name, String description) {
    return new Arm(name, description, Role.METHOD);
  }

  /// A control.
  public static Arm control(String name, String description) {
    return new Arm(name, description, Role.CONTROL);
  }

  /// A yardstick.
  public static Arm reference(String name, String description) {
    return new Arm(name, description, Role.REFERENCE);
  }
}
