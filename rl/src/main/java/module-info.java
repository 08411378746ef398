@org.jspecify.annotations.NullMarked
module telos.rl {
  requires static transitive org.jspecify;
  requires transitive telos.nn;

  exports telos.rl;

  opens telos.rl to
      telos.tensor;
}
