package telos.rl.offline;

import java.util.Optional;
import telos.rl.Policy;
import telos.rl.UnitBox;
import telos.rl.environment.Space;
import telos.tensor.Tensor;

/// The coordinates in which networks act: of a box those of [UnitBox]; discrete actions as they
/// are.
///
/// @param width A: how many actions there are, or how many numbers an action has
/// @param box empty for discrete actions
record UnitActions(int width, Optional<UnitBox> box) {
  /// @throws IllegalArgumentException for spaces that are neither discrete nor a bounded box of
  ///   rank 1
  static UnitActions of(Space<?> actions) {
    return switch (actions) {
      case Space.Discrete discrete -> new UnitActions(discrete.n(), Optional.empty());
      default -> {
        UnitBox box = UnitBox.of(actions);
        yield new UnitActions(box.size(), Optional.of(box));
      }
    };
  }

  boolean discrete() {
    return box.isEmpty();
  }

  /// Actions of the environment in these coordinates.
  Tensor inward(Tensor actions) {
    return box.map(each -> each.inward(actions)).orElse(actions);
  }

  /// A policy of these coordinates as one of the environment.
  Policy outward(Policy policy) {
    return box.map(each -> each.outward(policy)).orElse(policy);
  }
}
