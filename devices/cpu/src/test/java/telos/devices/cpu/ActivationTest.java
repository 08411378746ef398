package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import telos.tensor.Device;
import telos.tensor.Op;
import telos.tensor.Tensor;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.GeluGrad;
import telos.tensor.fused.Silu;
import telos.tensor.fused.SiluGrad;

/// Activations where their gates close, beyond that, and against their formulas.
final class ActivationTest {
  private static final Device CPU = new CpuDevice(1);
  private static final float[] EDGES = {
    0f,
    -0f,
    1e-40f,
    -1e-40f,
    9.875f,
    9.8750010f,
    -9.875f,
    -9.8750010f,
    12f,
    -12f,
    87f,
    -87f,
    88f,
    -88f,
    1e13f,
    -1e13f,
    1e20f,
    -1e20f,
    Float.MAX_VALUE,
    -Float.MAX_VALUE
  };

  private static float[] kernel(Op.Fused op) {
    return ((CpuDevice) CPU).run(op).getFirst().toFloats();
  }

  @Test
  void kernelsHaveTheBitsOfTheirDefinitionsAtTheEdges() {
    CPU.with(() -> {
      Tensor x = Tensor.of(EDGES);
      Tensor g = x.mul(0).add(0.5);
      for (Op.Fused op :
          List.of(new Gelu(x), new GeluGrad(x, g), new Silu(x), new SiluGrad(x, g))) {
        assertArrayEquals(op.definition().getFirst().toFloats(), kernel(op), op.name());
      }
      return null;
    });
  }

  @Test
  void gatesAreOpenOrClosedFarOut() {
    CPU.with(() -> {
      Tensor x = Tensor.of(new float[] {1e20f, -1e15f, Float.MAX_VALUE, -200});
      Tensor g = Tensor.of(new float[] {3, 3, 3, 3});
      for (Op.Fused op : List.of(new Gelu(x), new Silu(x))) {
        float[] y = kernel(op);
        assertEquals(1e20f, y[0]);
        assertEquals(0, y[1], 1e-20);
        assertEquals(Float.MAX_VALUE, y[2]);
        assertEquals(0, y[3], 1e-30);
      }
      for (Op.Fused op : List.of(new GeluGrad(x, g), new SiluGrad(x, g))) {
        assertArrayEquals(new float[] {3, 0, 3, 0}, kernel(op), 1e-30f, op.name());
      }
      return null;
    });
  }

  @Test
  void notANumberStays() {
    CPU.with(() -> {
      float[] values = new float[37];
      java.util.Arrays.fill(values, Float.intBitsToFloat(0x7FC001FF));
      Tensor x = Tensor.of(values);
      Tensor g = Tensor.ones(37);
      for (Op.Fused op :
          List.of(new Gelu(x), new GeluGrad(x, g), new Silu(x), new SiluGrad(x, g))) {
        for (float y : kernel(op)) {
          assertTrue(Float.isNaN(y), op.name());
        }
      }
      return null;
    });
  }

  @Test
  void geluKeepsItsDigitsInTheNegativeTail() {
    CPU.with(() -> {
      float[] x = new float[1000];
      for (int i = 0; i < x.length; i++) {
        x[i] = -6 + 0.012f * i;
      }
      float[] y = kernel(new Gelu(Tensor.of(x)));
      for (int i = 0; i < x.length; i++) {
        double v = x[i];
        double exact = v / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v)));
        assertEquals(exact, y[i], 6e-6 * Math.abs(exact), "at " + v);
      }
      return null;
    });
  }
}
