package telos.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.devices.cpu.CpuDevice;
import telos.tensor.DType;
import telos.tensor.Op;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// A user's formula without kernel or derivative: large batches are evaluated block by block, small
/// ones operation by operation, and a row's gradient has the same bits in both.
class FormulaGradientTest {
  private static final int WIDTH = 130;

  record Gate(Tensor x, Tensor y, Tensor gain) implements Op.Fused {
    @Override
    public List<Tensor> inputs() {
      return List.of(x, y, gain);
    }

    @Override
    public Gate with(List<Tensor> in) {
      return new Gate(in.get(0), in.get(1), in.get(2));
    }

    @Override
    public Shape shape() {
      return x.shape();
    }

    @Override
    public DType dtype() {
      return x.dtype();
    }

    @Override
    public List<Tensor> definition() {
      Tensor centred = x.sub(x.mean(-1).unsqueeze(-1));
      Tensor h = centred.mul(centred.square().mean(-1).add(0.1).rsqrt().unsqueeze(-1)).mul(gain);
      return List.of(y.add(h.mul(h.mul(1.7).sigmoid())).sub(h.square().mul(0.1)));
    }
  }

  private static List<Tensor> gradient(Tensor x, Tensor y, Tensor gain) {
    return Grad.grad(
        in -> new Gate(in.get(0), in.get(1), gain).result().square().sum(), List.of(x, y));
  }

  @Test
  void rowsHaveTheSameBitsInEveryBatch() {
    try (var cpu = new CpuDevice(2)) {
      cpu.with(() -> {
        Tensor x = Rng.of(1).normal(Shape.of(300, WIDTH));
        Tensor y = Rng.of(2).normal(Shape.of(300, WIDTH));
        Tensor gain = Rng.of(3).normal(Shape.of(WIDTH));
        List<Tensor> joined = gradient(x, y, gain);
        List<Tensor> apart = gradient(x.slice(0, 40, 90), y.slice(0, 40, 90), gain);
        for (int i = 0; i < 2; i++) {
          assertArrayEquals(apart.get(i).toFloats(), joined.get(i).slice(0, 40, 90).toFloats());
        }
        return null;
      });
    }
  }
}
