package telos.devices.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Softmax;

/// A driver that computes wrongly shows itself by the name of the operation, on its first use.
final class CheckTest {
  private OpenClDevice device;
  private Check check;

  @BeforeEach
  void open() {
    device = Installed.device();
    check = new Check(device);
  }

  @AfterEach
  void close() {
    if (device != null) {
      device.close();
    }
  }

  private OpenClStorage results(float... values) {
    return (OpenClStorage) device.upload(values, DType.F32, values.length);
  }

  @Test
  void aWrongResultIsNamed() {
    Tensor x = device.with(() -> Tensor.of(1f, 2f));
    Op add = new Op.Add(x, x);
    var wrong =
        assertThrows(
            IllegalStateException.class, () -> check.ordinary(add, Shape.of(2), results(2, 5)));
    assertTrue(wrong.getMessage().startsWith("add: "), wrong.getMessage());
    assertTrue(wrong.getMessage().contains("computes 5.0 at element 1, where 4.0 is right"));
    check.ordinary(add, Shape.of(2), results(2, 5)); // the first result alone is compared
    check.ordinary(new Op.Mul(x, x), Shape.of(2), results(1, 4));
  }

  @Test
  void fusedOperationsToo() {
    Tensor x = device.with(() -> Tensor.of(0f, 0f));
    List<Tensor> wrong = device.with(() -> List.of(Tensor.of(0.5f, 0.6f)));
    var error = assertThrows(IllegalStateException.class, () -> check.fused(new Softmax(x), wrong));
    assertTrue(error.getMessage().startsWith("softmax: "), error.getMessage());
  }

  @Test
  void aDeviceThatIsRightComputesAsEver() {
    System.setProperty("telos.opencl.check", "true");
    try (OpenClDevice checked = Installed.device()) {
      Tensor y = checked.with(() -> new Softmax(Tensor.of(0f, 0f).exp()).result());
      assertEquals(List.of(0.5, 0.5), List.of(y.toDoubles()[0], y.toDoubles()[1]));
    } finally {
      System.clearProperty("telos.opencl.check");
    }
  }
}
