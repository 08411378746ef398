/// Trajectories in files: Minari and D4RL (HDF5), and records of telos' own.
@org.jspecify.annotations.NullMarked
module telos.rl.data {
  requires static transitive org.jspecify;
  requires transitive telos.rl;
}
