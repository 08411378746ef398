package telos.conformance;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import telos.gradcheck.Conformance;
import telos.gradcheck.OpSpec;
import telos.tensor.DType;
import telos.tensor.Device;

/// Every opencl device means what the reference device means, in results and derivatives, for every
/// row of the table of operations. Skipped, with the reason, where no OpenCL is installed.
class OpenClConformanceTest {
  @TestFactory
  Stream<DynamicTest> single() {
    return rows(DType.F32);
  }

  @TestFactory
  Stream<DynamicTest> exact() {
    return rows(DType.F64);
  }

  private static Stream<DynamicTest> rows(DType floats) {
    List<Device> devices = OpenCl.devices();
    if (devices.isEmpty()) {
      return Stream.of(DynamicTest.dynamicTest("opencl", OpenCl::device)); // a skip that is counted
    }
    return devices.stream()
        .flatMap(device ->
            OpSpec.all().stream()
                .map(spec ->
                    DynamicTest.dynamicTest(
                        spec.name() + " on " + device.name(),
                        () -> Conformance.require(device, spec, floats, 11))));
  }
}
