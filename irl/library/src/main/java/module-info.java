@org.jspecify.annotations.NullMarked
module telos.irl {
  requires static transitive org.jspecify;
  requires transitive telos.nn.text;
  requires transitive telos.rl;

  exports telos.irl;

  opens telos.irl to
      telos.tensor;
}
