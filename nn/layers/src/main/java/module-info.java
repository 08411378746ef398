@org.jspecify.annotations.NullMarked
module telos.nn {
  requires static transitive org.jspecify;
  requires transitive telos.autograd;

  exports telos.nn;

  opens telos.nn to
      telos.tensor;
}
