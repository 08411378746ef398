/// Trajectories in files: Minari and D4RL (HDF5), and records of telos' own.
@org.jspecify.annotations.NullMarked
module telos.rl.data {
  requires static transitive org.jspecify;
  requires transitive telos.rl;
  requires transitive telos.nn.text;
  requires com.fasterxml.jackson.core;
  requires com.google.protobuf;
  requires io.jhdf;
  requires java.desktop;

  exports telos.rl.data;
}
