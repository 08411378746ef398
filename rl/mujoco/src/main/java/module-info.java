/// Environments whose physics the MuJoCo library computes.
@org.jspecify.annotations.NullMarked
module telos.rl.mujoco {
  requires static transitive org.jspecify;
  requires transitive telos.rl;
}
