@org.jspecify.annotations.NullMarked
module telos.devices.opencl {
  requires static transitive org.jspecify;
  requires transitive telos.tensor;
  requires jocl;

  exports telos.devices.opencl;

  provides telos.tensor.DeviceProvider with
      telos.devices.opencl.OpenClProvider;
}
