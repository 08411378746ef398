@org.jspecify.annotations.NullMarked
module telos.rl {
  requires static transitive org.jspecify;
  requires transitive telos.nn;
  requires ojalgo;

  exports telos.rl;
  exports telos.rl.environment;
  exports telos.rl.offline;
  exports telos.rl.tabular;
  exports telos.rl.vector;

  opens telos.rl to
      telos.tensor;
  opens telos.rl.offline to
      telos.tensor;
}
