@org.jspecify.annotations.NullMarked
module telos.rl {
  requires static org.jspecify;
  requires transitive telos.nn;

  exports telos.rl;

  opens telos.rl to
      telos.tensor;
}
