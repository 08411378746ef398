@org.jspecify.annotations.NullMarked
module telos.gradcheck {
  requires static transitive org.jspecify;
  requires transitive telos.autograd;
  requires transitive net.jqwik.api;

  exports telos.gradcheck;

  provides net.jqwik.api.providers.ArbitraryProvider with
      telos.gradcheck.TensorProvider;
}
