/// Environments whose physics the MuJoCo library computes.
@org.jspecify.annotations.NullMarked
module telos.rl.mujoco {
  requires static transitive org.jspecify;
  requires java.desktop;
  requires transitive telos.rl;

  exports telos.rl.mujoco;

  provides telos.rl.environment.EnvironmentProvider with
      telos.rl.mujoco.Mujoco;
}
