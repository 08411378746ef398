package telos.gradcheck;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Gelu;
import telos.tensor.fused.Softmax;

/// A random computation: inputs and steps, each of which uses one or two earlier values. It is
/// smooth everywhere and stays within ±2 or so for inputs within ±2, however deep it is. Printed,
/// it is a little program.
///
/// @param inputs the point
/// @param nodes the steps, the last of which is the result
public record Graph(List<Tensor> inputs, List<Node> nodes) {
  /// One step. Operands count backwards: 0 is the latest value, 1 the one before.
  ///
  /// @param second ignored by steps of one operand
  public record Node(Step step, int first, int second) {}

  /// The kinds of step, simplest first.
  public enum Step {
    NEG,
    ADD,
    SUB,
    MUL,
    DIV,
    SIN,
    COS,
    TANH,
    SIGMOID,
    ERF,
    EXP,
    LOG,
    RSQRT,
    POW,
    GELU,
    SOFTMAX,
    MEAN,
    CUMSUM,
    GRAM,
    TRANSPOSE,
    FLIP,
    SLICE,
    PAD,
    CONCAT,
    GATHER,
    SCATTER,
    WHERE;

    boolean pair() {
      return this == ADD || this == SUB || this == MUL || this == DIV || this == WHERE;
    }

    private Tensor apply(Tensor a, Tensor b) {
      return switch (this) {
        case NEG -> a.neg();
        case ADD -> a.add(b).mul(0.5);
        case SUB -> a.sub(b).mul(0.5);
        case MUL -> a.mul(b).mul(0.5);
        case DIV -> a.div(b.square().add(1));
        case SIN -> a.sin();
        case COS -> a.cos();
        case TANH -> a.tanh();
        case SIGMOID -> a.sigmoid();
        case ERF -> a.erf();
        case EXP -> a.exp().mul(0.25);
        case LOG -> a.square().add(0.5).log();
        case RSQRT -> a.square().add(0.5).rsqrt();
        case POW -> a.square().add(0.5).pow(0.7).mul(0.5);
        case GELU -> new Gelu(a).result();
        case SOFTMAX -> a.rank() == 0 ? a : new Softmax(a).result();
        case MEAN -> a.rank() == 0 ? a : a.mean(0);
        case CUMSUM -> a.rank() == 0 ? a : a.cumSum(-1).div(a.dim(-1));
        case GRAM -> gram(a);
        case TRANSPOSE -> a.rank() < 2 ? a : a.transpose(0, -1);
        case FLIP -> a.rank() == 0 ? a : a.flip(-1);
        case SLICE -> a.rank() == 0 ? a : a.slice(0, 0, (a.dim(0) + 1) / 2);
        case PAD -> a.rank() == 0 || a.size() > 30 ? a : a.pad(-1, 1, 0);
        case CONCAT -> a.rank() == 0 || a.size() > 30 ? a : Tensor.concat(0, List.of(a, a.neg()));
        case GATHER -> a.rank() == 0 || a.dim(0) == 0 ? a : a.gather(0, ends(a));
        case SCATTER -> a.rank() == 0 ? a : a.scatterAdd(0, folded(a), (a.dim(0) + 1) / 2).mul(0.5);
        case WHERE -> stripes(a).where(a, b.tanh());
      };
    }

    /// `A A^T` of the rows, averaged.
    private static Tensor gram(Tensor a) {
      if (a.rank() < 2 || a.size() > 30) {
        return a;
      }
      Tensor rows = a.reshape(a.dim(0), a.size() / Math.max(1, a.dim(0)));
      return rows.matMul(rows, false, true).div(2.0 * Math.max(1, rows.dim(1)));
    }

    /// Last, first, last.
    private static Tensor ends(Tensor a) {
      int last = a.dim(0) - 1;
      return a.device().with(() -> Tensor.of(last, 0, last));
    }

    private static Tensor folded(Tensor a) {
      int[] index = IntStream.range(0, a.dim(0)).map(i -> i / 2).toArray();
      return a.device().with(() -> Tensor.of(index));
    }

    private static Tensor stripes(Tensor a) {
      boolean[] mask = new boolean[a.size()];
      for (int i = 0; i < mask.length; i += 2) {
        mask[i] = true;
      }
      return a.device().with(() -> Tensor.of(mask, a.shape().dims()));
    }
  }

  public Graph {
    inputs = List.copyOf(inputs);
    nodes = List.copyOf(nodes);
  }

  /// The result for other values of the inputs.
  public Tensor apply(List<Tensor> values) {
    List<Tensor> known = new ArrayList<>(values);
    for (Node node : nodes) {
      Tensor a = known.get(position(node.first(), known.size()));
      Tensor b = known.get(position(node.second(), known.size()));
      known.add(node.step().apply(a, fits(b.shape(), a.shape()) ? b : b.mean()));
    }
    return known.getLast();
  }

  private static int position(int back, int size) {
    return size - 1 - back % size;
  }

  private static boolean fits(Shape b, Shape a) {
    if (b.rank() != a.rank()) {
      return b.rank() == 0 || b.rank() == 1 && a.rank() > 1 && b.dim(0) == a.dim(-1);
    }
    return IntStream.range(0, a.rank()).allMatch(i -> b.dim(i) == a.dim(i) || b.dim(i) == 1);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < inputs.size(); i++) {
      text.append("v").append(i).append(" = ").append(inputs.get(i)).append('\n');
    }
    int size = inputs.size();
    for (Node node : nodes) {
      text.append("v").append(size).append(" = ").append(node.step());
      text.append("(v").append(position(node.first(), size));
      if (node.step().pair()) {
        text.append(", v").append(position(node.second(), size));
      }
      text.append(")\n");
      size++;
    }
    return text.toString();
  }
}
