package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class PrinterTest {
  private static String shown(Supplier<Tensor> tensor) {
    return Device.of("reference").with(() -> tensor.get().toString());
  }

  @Test
  void scalarsAndVectorsStandOnOneLine() {
    assertEquals("F32[] 3.5", shown(() -> Tensor.scalar(3.5f)));
    assertEquals("I32[3] [ 1, -2, 30]", shown(() -> Tensor.of(1, -2, 30)));
    assertEquals("BOOL[2] [ true, false]", shown(() -> Tensor.of(true, false)));
    assertEquals("F64[0] []", shown(() -> Tensor.of(new double[0])));
  }

  @Test
  void matricesAreAligned() {
    assertEquals(
        """
        F32[2, 3]
        [[ 1.000, -2.500,  0.125],
         [10.000,    nan,   -inf]]\
        """,
        shown(() ->
            Tensor.of(
                new float[] {1, -2.5f, 0.125f, 10, Float.NaN, Float.NEGATIVE_INFINITY}, 2, 3)));
  }

  @Test
  void stacksHaveEmptyLinesBetweenMatrices() {
    assertEquals(
        """
        I32[2, 1, 2]
        [[[0, 1]],

         [[2, 3]]]\
        """,
        shown(() -> Tensor.arange(0, 4).reshape(2, 1, 2)));
    assertEquals("I32[2, 0]\n[[],\n []]", shown(() -> Tensor.full(0, DType.I32, Shape.of(2, 0))));
  }

  @Test
  void farMagnitudesArePrintedInPowersOfTen() {
    assertEquals("F64[2] [1.0000e+00, 2.5000e-09]", shown(() -> Tensor.of(1, 2.5e-9)));
    assertEquals("F32[1] [0.1]", shown(() -> Tensor.of(0.1f)));
  }

  @Test
  void longAxesAreShortened() {
    assertEquals(
        "I32[101] [  0,   1,   2, ...,  98,  99, 100]", shown(() -> Tensor.arange(0, 101)));
    String square = shown(() -> Tensor.arange(0, 400).reshape(20, 20));
    assertTrue(square.contains("\n ...,\n"), square);
    assertEquals(8, square.lines().count());
    assertTrue(square.endsWith("[380, 381, 382, ..., 397, 398, 399]]"), square);
    String tall = shown(() -> Tensor.arange(0, 120).reshape(60, 2));
    assertTrue(tall.contains("[  0,   1]"), tall);
  }

  @Test
  void storageTypesArePrinted() {
    short[] halves = {Float.floatToFloat16(1.5f)};
    short[] brain = {(short) (Float.floatToIntBits(-2f) >>> 16)};
    Shape one = Shape.of(1);
    assertEquals("F16[1] [1.5]", shown(() -> Tensor.of(halves, DType.F16, one)));
    assertEquals("BF16[1] [-2.0]", shown(() -> Tensor.of(brain, DType.BF16, one)));
    assertEquals("I8[1] [-7]", shown(() -> Tensor.of(new byte[] {-7}, DType.I8, one)));
    assertEquals(
        "I64[1] [9000000000]", shown(() -> Tensor.of(new long[] {9000000000L}, DType.I64, one)));
  }

  @Test
  void whatHasNoValuePrintsWithoutThrowing() {
    assertEquals(
        "F32[2, 3] absent (not asked for)",
        Tensor.absent(Shape.of(2, 3), DType.F32, "not asked for").toString());
    Tensor[] leaked = new Tensor[1];
    Scope.call(
        "a step",
        () -> {
          leaked[0] = Tensor.of(1f);
          return 0;
        });
    assertEquals("F32[1] dead (made in 'a step')", leaked[0].toString());
    Tensor consumed = Tensor.of(1f);
    consumed.storage().consume();
    assertEquals("F32[1] dead", consumed.toString());
  }
}
