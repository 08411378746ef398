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
import telos.tensor.fused.AdamW;
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
    var error =
        assertThrows(IllegalStateException.class, () -> check.fused(new Softmax(x), () -> wrong));
    assertTrue(error.getMessage().startsWith("softmax: "), error.getMessage());
  }

  /// A step of AdamW writes over the moments it is given.
  @Test
  void soIsWhatGivesItsInputsUp() {
    List<Tensor> ones = device.with(() -> List.of(Tensor.of(1f, 1f)));
    List<Tensor> moments = device.with(() -> List.of(Tensor.of(0.5f, 0.5f)));
    List<Tensor> squares = device.with(() -> List.of(Tensor.of(0.25f, 0.25f)));
    var rates = new AdamW.Rates(0.1, 0.9, 0.999, 1e-8, List.of(0.0), 1);
    var step = new AdamW(ones, ones, moments, squares, rates, true);
    var error =
        assertThrows(
            IllegalStateException.class,
            () ->
                check.fused(
                    step,
                    () -> {
                      moments.getFirst().storage().consume();
                      return device.with(
                          () -> List.of(Tensor.of(9f, 9f), ones.getFirst(), ones.getFirst()));
                    }));
    assertTrue(error.getMessage().startsWith("adamW: "), error.getMessage());
  }

  @Test
  void aDeviceThatIsRightComputesAsEver() {
    System.setProperty("telos.opencl.check", "true");
    try (OpenClDevice checked = Installed.device()) {
      Tensor y = checked.with(() -> new Softmax(Tensor.of(0f, 0f).exp()).result());
      assertEquals(List.of(0.5, 0.5), List.of(y.toDoubles()[0], y.toDoubles()[1]));
      List<Tensor> x = checked.with(() -> List.of(Tensor.of(1f, 2f)));
      List<Tensor> zeros = checked.with(() -> List.of(Tensor.zeros(2)));
      List<Tensor> more = checked.with(() -> List.of(Tensor.zeros(2)));
      var rates = new AdamW.Rates(0.5, 0.9, 0.999, 1e-8, List.of(0.0), 1);
      double[] moved = new AdamW(x, x, zeros, more, rates, true).outputs().getFirst().toDoubles();
      assertEquals(0.5, moved[0], 1e-6);
      assertEquals(1.5, moved[1], 1e-6);
    } finally {
      System.clearProperty("telos.opencl.check");
    }
  }
}
