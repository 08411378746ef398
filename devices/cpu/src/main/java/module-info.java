@org.jspecify.annotations.NullMarked
module telos.devices.cpu {
  requires static transitive org.jspecify;
  requires transitive telos.tensor;
  requires jdk.incubator.vector;

  exports telos.devices.cpu;

  provides telos.tensor.DeviceProvider with
      telos.devices.cpu.CpuProvider;
}
