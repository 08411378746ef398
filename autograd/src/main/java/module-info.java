@org.jspecify.annotations.NullMarked
module telos.autograd {
  requires static transitive org.jspecify;
  requires transitive telos.tensor;

  exports telos.autograd;
}
