@org.jspecify.annotations.NullMarked
module telos.nn.text {
  requires static transitive org.jspecify;
  requires transitive telos.nn;
  requires com.fasterxml.jackson.core;
  requires com.google.protobuf;

  exports telos.nn.text;
  exports telos.nn.format;
}
