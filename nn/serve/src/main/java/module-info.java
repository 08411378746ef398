/// Serves language models over HTTP.
@org.jspecify.annotations.NullMarked
module telos.nn.serve {
  requires static transitive org.jspecify;
  requires transitive telos.nn.text;
  requires jdk.httpserver;

  exports telos.nn.serve;
}
