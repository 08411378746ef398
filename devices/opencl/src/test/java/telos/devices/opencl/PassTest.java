package telos.devices.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Op;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Formulas of a user's own run in few passes and mean what they say.
final class PassTest {
  private static final int SIZE = 60 * 70;

  private OpenClDevice device;

  @BeforeEach
  void open() {
    device = Installed.device();
  }

  @AfterEach
  void close() {
    if (device != null) {
      device.close();
    }
  }

  record Formula(List<Tensor> inputs, UnaryOperator<List<Tensor>> formula) implements Op.Fused {
    @Override
    public Formula with(List<Tensor> in) {
      return new Formula(in, formula);
    }

    @Override
    public Shape shape() {
      return inputs.getFirst().shape();
    }

    @Override
    public DType dtype() {
      return inputs.getFirst().dtype();
    }

    @Override
    public List<Tensor> definition() {
      return formula.apply(inputs);
    }
  }

  private static List<Tensor> inputs() {
    Rng rng = Rng.of(3);
    return List.of(
        rng.fold(1).normal(Shape.of(60, 70)),
        rng.fold(2).normal(Shape.of(70)),
        rng.fold(3).normal(Shape.of(60, 1)),
        rng.fold(4).normal(Shape.of(60, 70)));
  }

  private void means(UnaryOperator<List<Tensor>> formula) {
    List<float[]> expected = results(Device.of("reference"), formula);
    List<float[]> found = results(device, formula);
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i), 2e-5f, "output " + i);
    }
  }

  private static List<float[]> results(Device on, UnaryOperator<List<Tensor>> formula) {
    return on.with(() ->
        Scope.call(() ->
            new Formula(inputs(), formula)
                .outputs().stream().map(y -> y.cast(DType.F32).toFloats()).toList()));
  }

  @Test
  void everyKindOfOperandIsMetInOnePass() {
    means(in -> {
      Tensor y = in.get(0).mul(in.get(1)).add(in.get(2)).tanh().mul(0.5);
      return List.of(y.gt(in.get(3)).where(y, in.get(3).neg()), y.lt(0), y.square());
    });
  }

  /// A sum between two passes, and rows that are broadcast again.
  @Test
  void sumsSeparatePasses() {
    means(in -> {
      Tensor centred = in.get(0).sub(in.get(0).mean(-1).unsqueeze(-1));
      Tensor rstd = centred.square().mean(-1).add(1e-5).rsqrt();
      return List.of(centred.mul(rstd.unsqueeze(-1)).mul(in.get(1)), rstd);
    });
  }

  @Test
  void shapesMayChangeOnTheWay() {
    means(in -> {
      Tensor flat = in.get(0).add(1).reshape(SIZE).exp();
      Tensor turned = flat.reshape(70, 60).permute(1, 0).sub(in.get(1));
      return List.of(in.get(3), turned.reshape(2, 30, 70).mul(in.get(0).reshape(2, 30, 70)));
    });
  }

  /// More operands than one kernel may have.
  @Test
  void longFormulasAreCut() {
    means(in -> {
      Tensor y = in.get(0);
      for (int i = 0; i < 40; i++) {
        y = y.mul(in.get(i % 4).tanh()).sin().add(in.get(3).mul(0.01 * i));
      }
      return List.of(y);
    });
  }

  @Test
  void whatLiesBetweenNeedsNoMemory() {
    device.with(() ->
        Scope.call(() -> {
          List<Tensor> in = inputs();
          long before = device.memory().live();
          Tensor y =
              new Formula(in, x -> List.of(x.get(0).exp().mul(x.get(3)).sin().add(x.get(1))))
                  .result();
          assertEquals(before + Memory.sizeClass(4L * SIZE), device.memory().peak());
          return y.toFloats();
        }));
  }
}
