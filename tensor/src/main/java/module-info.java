@org.jspecify.annotations.NullMarked
module telos.tensor {
  requires static transitive org.jspecify;

  exports telos.tensor;
  exports telos.tensor.fused;

  uses telos.tensor.DeviceProvider;
}
