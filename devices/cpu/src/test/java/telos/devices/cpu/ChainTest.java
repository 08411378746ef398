package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.tensor.DType;
import telos.tensor.NumberCheck;
import telos.tensor.Op;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Gelu;

/// Joined definitions have the bits of their operations one by one.
final class ChainTest {
  private static final CpuDevice CPU = new CpuDevice(2);

  /// A formula of a user's own.
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

  /// A random program: each line applies a random operation to earlier lines.
  private static List<Tensor> program(long seed, int lines, List<Tensor> inputs) {
    Random random = new Random(seed);
    List<Tensor> values = new ArrayList<>(inputs);
    Shape whole = inputs.getFirst().shape();
    for (int i = 0; i < lines; i++) {
      Tensor x = values.get(random.nextInt(values.size()));
      Tensor y = values.get(random.nextInt(values.size()));
      values.add(fitting(random.nextInt(23), x, y, whole));
    }
    List<Tensor> outputs = new ArrayList<>();
    outputs.add(values.getLast());
    for (int i = 0; i < 2; i++) {
      outputs.add(values.get(inputs.size() + random.nextInt(lines)));
    }
    return outputs;
  }

  private static Tensor fitting(int choice, Tensor x, Tensor y, Shape whole) {
    try {
      return line(choice, x, y, whole);
    } catch (IllegalArgumentException _) {
      return x.neg(); // the shapes do not fit
    }
  }

  private static Tensor line(int choice, Tensor x, Tensor y, Shape whole) {
    return switch (choice) {
      case 0 -> x.add(y);
      case 1 -> x.sub(y);
      case 2 -> x.mul(y);
      case 3 -> y.mul(0.5).div(x.square().add(1));
      case 4 -> x.maximum(y);
      case 5 -> x.minimum(0.25);
      case 6 -> x.lt(y).where(x, y.neg());
      case 7 -> x.le(0.1).where(x, x.mul(0.1));
      case 8 -> x.tanh();
      case 9 -> x.sigmoid().mul(x);
      case 10 -> x.eq(y).cast(DType.F32);
      case 11 -> x.rank() == 0 ? x.neg() : x.sum(-1).unsqueeze(-1).mul(0.01);
      case 12 -> x.rank() == 0 ? x.abs() : x.max(-1).unsqueeze(-1).sub(0.5);
      case 13 -> x.rank() == 0 ? x.sign() : x.sum(0).unsqueeze(0).mul(0.01);
      case 14 -> x.mean().add(y);
      case 15 -> x.rank() == 0 ? x : x.reshape(x.size()).add(1).reshape(x.shape().dims());
      case 16 -> x.rank() == whole.rank() ? x.broadcastTo(whole) : x.floor();
      case 17 -> x.rank() < 2 ? x.cos() : x.flip(-1);
      case 18 -> new Gelu(x).result();
      case 19 -> x.abs().add(0.1).log().mul(y.sin());
      case 20 -> x.mul(0.5).erf();
      case 21 -> x.gt(y).and(y.gt(0)).where(x, y);
      default -> x.abs().add(1).rsqrt();
    };
  }

  private static void assertSameBits(Formula formula, boolean joins) {
    CPU.with(() ->
        NumberCheck.suspended(() ->
            Scope.call(() -> {
              List<Tensor> joined = Chain.joined(CPU, formula);
              if (joins) {
                assertNotNull(joined, "nothing was joined");
              }
              List<Tensor> apart = formula.definition();
              for (int i = 0; joined != null && i < apart.size(); i++) {
                assertEquals(apart.get(i).shape(), joined.get(i).shape());
                assertEquals(apart.get(i).dtype(), joined.get(i).dtype());
                float[] expected = apart.get(i).cast(DType.F32).toFloats();
                assertArrayEquals(
                    expected, joined.get(i).cast(DType.F32).toFloats(), "output " + i);
              }
              return true;
            })));
  }

  private static Tensor tensor(int seed, int... dims) {
    return CPU.with(() -> Samples.tensor(seed, 2, Shape.of(dims)));
  }

  @Property(tries = 300)
  void chainsHaveTheBitsOfTheirOperations(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 14) int lines,
      @ForAll @IntRange(min = 0, max = 5) int shape) {
    int[] dims =
        List.of(
                new int[] {70, 60},
                new int[] {3, 20, 130},
                new int[] {5000, 1},
                new int[] {1, 9001},
                new int[] {33_333},
                new int[] {2, 1, 4099})
            .get(shape);
    int last = dims[dims.length - 1];
    int[] row = dims.clone();
    row[row.length - 1] = 1;
    int[] outer = new int[dims.length];
    java.util.Arrays.fill(outer, 1);
    outer[0] = dims[0];
    List<Tensor> inputs =
        List.of(
            tensor(1, dims),
            tensor(2, dims),
            tensor(3, last),
            tensor(4, row),
            tensor(5, outer),
            tensor(6));
    assertSameBits(new Formula(inputs, in -> program(seed, lines, in)), false);
  }

  @Test
  void blocksSpanWholeFormulas() {
    List<Tensor> inputs = List.of(tensor(1, 300, 70), tensor(2, 70));
    assertSameBits(new Formula(inputs, in -> List.of(layerNorm(in.get(0), in.get(1)))), true);
    List<Tensor> wide = List.of(tensor(1, 3, 70_001), tensor(2, 70_001));
    assertSameBits(new Formula(wide, in -> List.of(layerNorm(in.get(0), in.get(1)))), false);
    List<Tensor> row = List.of(tensor(1, 9000), tensor(2, 9000));
    assertSameBits(new Formula(row, in -> List.of(layerNorm(in.get(0), in.get(1)))), true);
  }

  private static Tensor layerNorm(Tensor x, Tensor gain) {
    Tensor centred = x.sub(x.mean(-1).unsqueeze(-1));
    Tensor rstd = centred.square().mean(-1).add(1e-5).rsqrt();
    return centred.mul(rstd.unsqueeze(-1)).mul(gain);
  }

  @Test
  void standardDefinitions() {
    for (Op.Fused op : CPU.with(() -> Samples.fused(Shape.of(70, 130)))) {
      assertSameBits(new Formula(op.inputs(), in -> op.with(in).definition()), false);
    }
  }

  /// Two numbers of the definition differ although the record is of the same class and shapes.
  @Test
  void nothingIsKeptFromCallToCall() {
    List<Tensor> inputs = List.of(tensor(1, 20_000));
    for (double factor : new double[] {0.3, 0.7}) {
      assertSameBits(new Formula(inputs, in -> List.of(in.get(0).mul(factor).exp())), true);
    }
  }

  @Test
  void definitionsThatReadValuesRunAsTheyStand() {
    Tensor x = tensor(1, 20_000);
    var formula =
        new Formula(
            List.of(x), in -> List.of(in.get(0).mul(in.get(0).max(0).item()).add(1).square()));
    assertNull(Chain.joined(CPU, formula));
    float[] expected = formula.definition().getFirst().toFloats();
    assertArrayEquals(expected, formula.result().toFloats());
  }

  @Test
  void inputsAreNotGivenAway() {
    Tensor x = tensor(1, 20_000);
    assertNull(Chain.joined(CPU, new Formula(List.of(x), in -> List.of(in.get(0)))));
    var identity = new Formula(List.of(x), in -> List.of(in.get(0), in.get(0).add(1).exp()));
    List<Tensor> both = identity.outputs();
    assertNotSame(x.storage(), both.getFirst().storage());
    assertArrayEquals(x.toFloats(), both.getFirst().toFloats());
    float[] before = x.toFloats();
    CPU.with(() -> new Formula(List.of(x), in -> List.of(in.get(0).add(1).exp().neg())).result());
    assertArrayEquals(before, x.toFloats());
  }
}
