package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NumberCheckTest {
  private static final Device REFERENCE = Device.of("reference");

  @BeforeEach
  void onlyWhereTheCheckIsOn() {
    assumeTrue(NumberCheck.on(), "-Dtelos.check=true is given by the build");
  }

  private static Tensor t(float... values) {
    return REFERENCE.with(() -> Tensor.of(values));
  }

  @Test
  void namesOperationElementAndRow() {
    Tensor x = t(1, 2, 3, 4, 0, 6).reshape(3, 2);
    var thrown = assertThrows(ArithmeticException.class, x::recip);
    assertEquals(
        "recip: made Infinity from finite inputs at element 4 (row 2) of a result of shape [3, 2]",
        thrown.getMessage());
    var scalar = assertThrows(ArithmeticException.class, () -> t(-1).sum().sqrt());
    assertTrue(scalar.getMessage().contains("sqrt: made NaN"), scalar.getMessage());
    assertTrue(scalar.getMessage().contains("(row 0)"), scalar.getMessage());
  }

  @Test
  void namesTheNearestLeaf() {
    Recorder recorder =
        new Recorder() {
          @Override
          public void record(Op op, List<Tensor> outputs) {}

          @Override
          public String whereabouts(Op op) {
            return "blocks.3.mlp.up.weight";
          }
        };
    var thrown =
        assertThrows(
            ArithmeticException.class,
            () -> ScopedValue.where(Recorder.CURRENT, recorder).run(() -> t(1000).exp()));
    assertTrue(
        thrown.getMessage().endsWith(", downstream of blocks.3.mlp.up.weight"),
        thrown.getMessage());
  }

  @Test
  void blamesOnlyTheFirst() {
    Tensor infinite = t(1, Float.POSITIVE_INFINITY);
    assertEquals(Double.POSITIVE_INFINITY, infinite.add(1).max().item());
    double[] wide = {1, Double.NaN};
    assertTrue(Double.isNaN(REFERENCE.with(() -> Tensor.of(wide)).mul(2).toDoubles()[1]));
  }

  @Test
  void sixteenBitInputsAreLookedAt() {
    for (DType half : new DType[] {DType.BF16, DType.F16}) {
      Tensor infinite = NumberCheck.suspended(() -> t(1, Float.NEGATIVE_INFINITY).cast(half));
      assertEquals(Double.NEGATIVE_INFINITY, infinite.cast(DType.F32).min().item());
      assertEquals(1, t(1).cast(half).cast(DType.F32).item());
    }
  }

  @Test
  void checksDoublesToo() {
    Tensor zero = REFERENCE.with(() -> Tensor.of(0.0));
    assertThrows(ArithmeticException.class, zero::log);
  }

  @Test
  void isSuspendedWhereInfinitiesAreMeant() {
    assertEquals(Double.NEGATIVE_INFINITY, NumberCheck.suspended(() -> t(0).log()).item());
  }
}
