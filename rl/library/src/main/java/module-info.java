@org.jspecify.annotations.NullMarked
module telos.rl {
  requires static transitive org.jspecify;
  requires transitive telos.nn;
  requires ojalgo;
  requires transitive java.desktop;

  exports telos.rl;
  exports telos.rl.environment;
  exports telos.rl.offline;
  exports telos.rl.online;
  exports telos.rl.scene;
  exports telos.rl.tabular;
  exports telos.rl.vector;

  uses telos.rl.environment.EnvironmentProvider;

  opens telos.rl to
      telos.tensor;
  opens telos.rl.offline to
      telos.tensor;
  opens telos.rl.online to
      telos.tensor;
  opens telos.rl.tabular to
      telos.tensor;
}
