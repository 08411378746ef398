package telos.conformance;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import telos.gradcheck.Conformance;
import telos.gradcheck.OpSpec;
import telos.tensor.DType;
import telos.tensor.Device;

/// The opencl device means what the reference device means, in results and derivatives, for every
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
    Device device = OpenCl.device();
    return OpSpec.all().stream()
        .map(spec ->
            DynamicTest.dynamicTest(
                spec.name(), () -> Conformance.require(device, spec, floats, 11)));
  }
}
