package telos.devices.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Op;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Attention;
import telos.tensor.fused.AttentionGrad;
import telos.tensor.fused.CachedAttention;
import telos.tensor.fused.Linear;
import telos.tensor.fused.MaximumGrad;
import telos.tensor.fused.NarrowLinear;
import telos.tensor.fused.SquareSums;

/// Prints a table of hashes of what every kernel computes from fixed inputs. The text must not
/// depend on vector width, threads or JIT: [SameBitsTest] runs this in fresh JVMs and compares.
///
/// `SameBits table SIZE THREADS...` prints the table for `small` (fit for the interpreter) or
/// `large` inputs (that are split between threads), once for each number of threads; `SameBits warm
/// CALLS` prints each name whose hash after so many calls differs from that of the first call, then
/// how many it tried.
final class SameBits {
  /// A named computation on inputs made before.
  record Case(String name, Supplier<List<Tensor>> body) {
    long hash() {
      return Scope.call(() -> new Hash(body.get())).value();
    }
  }

  /// A hash of the outputs in which all NaNs are one.
  private record Hash(long value) {
    Hash(List<Tensor> outputs) {
      this(of(outputs));
    }

    private static long of(List<Tensor> outputs) {
      long hash = 17;
      for (Tensor output : outputs) {
        for (float value : output.cast(DType.F32).toFloats()) {
          hash = hash * 0x100000001B3L ^ Float.floatToIntBits(value);
        }
      }
      return hash;
    }
  }

  private SameBits() {}

  static List<Case> cases(boolean large) {
    List<Case> cases = new ArrayList<>();
    elementwise(cases, large ? 100_003 : 45);
    broadcasts(cases, large ? 300 : 3, large ? 1037 : 37);
    reductions(cases, large);
    indices(cases, large ? 500 : 9, large ? 200 : 21);
    products(cases, large);
    packed(cases, large);
    narrow(cases, large);
    cached(cases, large);
    movement(cases, large ? 70 : 5, large ? 130 : 9);
    integers(cases, large ? 100_003 : 45);
    formulas(cases, large ? 700 : 140);
    for (Shape shape : rows(large)) {
      for (Op.Fused op : Samples.fused(shape)) {
        cases.add(new Case(op.name() + op.inputs().getFirst().shape(), op::outputs));
      }
    }
    return cases;
  }

  private static List<Shape> rows(boolean large) {
    return large
        ? List.of(Shape.of(700, 130), Shape.of(5, 9001), Shape.of(9, 64, 32))
        : List.of(Shape.of(2, 37), Shape.of(3, 5));
  }

  private static void add(List<Case> cases, String name, Supplier<Tensor> body) {
    cases.add(new Case(name, () -> List.of(body.get())));
  }

  private static void elementwise(List<Case> cases, int n) {
    Tensor x = Samples.tensor(21, 8, Shape.of(n));
    Tensor wide = x.mul(x).mul(x).mul(0.2);
    Tensor positive = wide.abs();
    add(cases, "neg", x::neg);
    add(cases, "recip", x::recip);
    add(cases, "exp", wide::exp);
    add(cases, "log", positive::log);
    add(cases, "log1p", positive::log1p);
    add(cases, "sqrt", positive::sqrt);
    add(cases, "rsqrt", positive::rsqrt);
    add(cases, "sin", () -> wide.mul(3000).sin());
    add(cases, "cos", () -> wide.mul(3000).cos());
    add(cases, "tanh", x::tanh);
    add(cases, "sigmoid", wide::sigmoid);
    add(cases, "erf", x::erf);
    add(cases, "abs", x::abs);
    add(cases, "sign", x::sign);
    add(cases, "floor", wide::floor);
    add(cases, "cast", () -> wide.cast(DType.I32).cast(DType.F32));
    add(cases, "pow", () -> positive.pow(x));
    add(cases, "neg", x::neg);
    add(cases, "relu", x::relu);
    add(cases, "bool", () -> x.floor().cast(DType.BOOL));
    add(cases, "integers", () -> wide.cast(DType.I32).mul(7).maximum(x.cast(DType.I32)));
    add(cases, "logic", () -> x.lt(0).and(wide.lt(1)).eq(x.lt(wide)).where(x, wide));
  }

  private static void broadcasts(List<Case> cases, int rows, int n) {
    Tensor x = Samples.tensor(31, 2, Shape.of(rows, n));
    List<Tensor> others =
        List.of(
            Samples.tensor(32, 2, Shape.of(rows, n)),
            Samples.tensor(33, 2, Shape.of(n)),
            Samples.tensor(34, 2, Shape.of(rows, 1)),
            Tensor.scalar(0.75f));
    for (Tensor y : others) {
      String shape = y.shape().toString();
      cases.add(new Case("maximumGrad" + shape, () -> new MaximumGrad(y, x, x).outputs()));
      add(cases, "add" + shape, () -> x.add(y));
      add(cases, "sub" + shape, () -> y.sub(x));
      add(cases, "mul" + shape, () -> x.mul(y));
      add(cases, "div" + shape, () -> y.div(x));
      add(cases, "maximum" + shape, () -> x.maximum(y));
      add(cases, "minimum" + shape, () -> y.minimum(x));
      add(cases, "where" + shape, () -> x.lt(y).where(x, y));
      add(cases, "compare" + shape, () -> x.le(y).cast(DType.F32).add(x.eq(y).cast(DType.F32)));
    }
  }

  private static void reductions(List<Case> cases, boolean large) {
    List<Shape> shapes =
        large
            ? List.of(Shape.of(3, 20_000, 1), Shape.of(1000, 70, 1), Shape.of(2, 1300, 40))
            : List.of(Shape.of(2, 130, 1), Shape.of(1, 4170, 1), Shape.of(2, 260, 3));
    for (Shape shape : shapes) {
      Tensor x = Samples.tensor(41, 1, shape);
      add(cases, "sum" + shape, () -> x.sum(1));
      add(cases, "max" + shape, () -> x.max(1));
      add(cases, "argMax" + shape, () -> x.argMax(1).cast(DType.F32));
      add(cases, "cumSum" + shape, () -> x.cumSum(1));
    }
  }

  private static void indices(List<Case> cases, int rows, int width) {
    Tensor x = Samples.tensor(51, 1, Shape.of(rows, width));
    Tensor index = Tensor.of(Samples.ints(52, 3 * rows, rows));
    Tensor source = Samples.tensor(53, 1, Shape.of(3 * rows, width));
    add(cases, "gather", () -> x.gather(0, index));
    add(cases, "scatterAdd", () -> source.scatterAdd(0, index, rows));
    add(cases, "permute", () -> x.permute(1, 0));
    Tensor stack = x.reshape(rows, width).slice(1, 0, width / 4 * 4).reshape(rows, width / 4, 4);
    add(cases, "permute102", () -> stack.permute(1, 0, 2));
    add(cases, "permute120", () -> stack.permute(1, 2, 0));
    add(cases, "gatherLast", () -> stack.permute(2, 1, 0).gather(2, index));
    add(cases, "scatterAddLast", () -> source.permute(1, 0).scatterAdd(1, index, rows));
    add(cases, "expand", () -> x.slice(0, 1, 2).expand(7, width));
    add(
        cases,
        "move",
        () -> Tensor.concat(1, List.of(x.flip(1), x.slice(1, 2, width).pad(1, 1, 1))));
  }

  private static void products(List<Case> cases, boolean large) {
    int m = large ? 67 : 3;
    int k = large ? 600 : 5;
    int n = large ? 83 : 18;
    Tensor a = Samples.tensor(61, 1, Shape.of(m, k));
    Tensor b = Samples.tensor(62, 1, Shape.of(k, n));
    Tensor at = a.permute(1, 0);
    Tensor bt = b.permute(1, 0);
    Tensor bias = Samples.tensor(63, 1, Shape.of(n));
    add(cases, "matMul", () -> a.matMul(b));
    add(cases, "matMulTransposedLeft", () -> at.matMul(b, true, false));
    add(cases, "matMulTransposedRight", () -> a.matMul(bt, false, true));
    add(cases, "matMulTransposedBoth", () -> at.matMul(bt, true, true));
    add(cases, "matMulOneRow", () -> a.slice(0, 1, 2).matMul(b));
    add(cases, "linear", () -> new Linear(a, b, bias).result());
    int time = large ? 130 : 3;
    int head = large ? 32 : 4;
    Tensor qkv = Samples.tensor(64, 1, Shape.of(2, time, 4, head));
    Tensor g = Samples.tensor(65, 1, Shape.of(2, time, 2, head));
    var attention = new Attention(qkv, 2, 1, 0.3f);
    cases.add(new Case("attention", attention::outputs));
    List<Tensor> outputs = attention.outputs();
    var grad = new AttentionGrad(attention, outputs.get(0), outputs.get(1), g);
    cases.add(new Case("attentionGrad", grad::outputs));
    Tensor many = Samples.tensor(68, 1, Shape.of(large ? 20 : 16, large ? 70 : 2, 8, head));
    var sliding = new Attention(qkv, 2, 1, 0.3f, 70);
    cases.add(new Case("attentionWindow", sliding::outputs));
    cases.add(new Case("attentionManyHeads", new Attention(many, 4, 2, 0.3f)::outputs));
    Tensor images = Samples.tensor(66, 1, large ? Shape.of(3, 4, 13, 11) : Shape.of(1, 2, 4, 3));
    Tensor filters = Samples.tensor(67, 1, large ? Shape.of(7, 4, 3, 3) : Shape.of(2, 2, 2, 2));
    add(cases, "conv2d", () -> images.conv2d(filters, 2, 1));
  }

  /// Right operands that are used again, and so from their packed copy; batches; few rows.
  private static void packed(List<Case> cases, boolean large) {
    int k = large ? 600 : 5;
    int n = large ? 300 : 18;
    Tensor b = Samples.tensor(82, 1, Shape.of(k, n));
    Tensor bt = Samples.tensor(83, 1, Shape.of(n, k));
    for (int m : large ? new int[] {1, 2, 9, 200} : new int[] {1, 3}) {
      Tensor a = Samples.tensor(81, 1, Shape.of(m, k));
      for (int use = 1; use <= 2; use++) {
        String name = "matMul " + m + " rows, use " + use;
        add(cases, name, () -> a.matMul(b));
        add(cases, name + ", transposed", () -> a.matMul(bt, false, true));
      }
      add(cases, "linear " + m, () -> new Linear(a, b, null).result());
    }
    int size = large ? 66 : 4;
    Tensor left = Samples.tensor(84, 1, Shape.of(5, size, 33));
    Tensor right = Samples.tensor(85, 1, Shape.of(5, 33, size));
    add(cases, "matMulBatched", () -> left.matMul(right));
    add(cases, "matMulBatchedTransposed", () -> right.matMul(left, true, true));
  }

  /// Weights of one and two bytes: one row and several, as they lie and from their copy.
  private static void narrow(List<Case> cases, boolean large) {
    int k = large ? 600 : 5;
    int n = large ? 1100 : 18;
    Tensor scale = Samples.tensor(86, 1, Shape.of(n));
    for (DType dtype : List.of(DType.BF16, DType.I8)) {
      Tensor w = Samples.tensor(87, 127, Shape.of(k, n)).cast(dtype);
      Tensor across = Samples.tensor(88, 127, Shape.of(n, k)).cast(dtype);
      for (int m : large ? new int[] {1, 2, 9, 200} : new int[] {1, 3}) {
        Tensor x = Samples.tensor(89, 1, Shape.of(m, k));
        for (int use = 1; use <= 2; use++) {
          String name = "narrowLinear " + dtype + " " + m + " rows, use " + use;
          add(cases, name, () -> new NarrowLinear(x, w, scale, scale, false).result());
          add(
              cases,
              name + ", transposed",
              () -> new NarrowLinear(x, across, scale, null, true).result());
        }
      }
    }
  }

  /// Rows at positions of their own, over whole and partial blocks of keys.
  private static void cached(List<Case> cases, boolean large) {
    int blocks = large ? 5 : 1;
    int head = large ? 32 : 4;
    Tensor q = Samples.tensor(91, 1, Shape.of(2, 3, 4, head));
    List<Tensor> keys = new ArrayList<>();
    List<Tensor> values = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      keys.add(Samples.tensor(92 + i, 1, Shape.of(2, 2, head, CachedAttention.BLOCK)));
      values.add(Samples.tensor(192 + i, 1, Shape.of(2, 2, CachedAttention.BLOCK, head)));
    }
    Tensor start = Tensor.of(new int[] {0, CachedAttention.BLOCK * blocks - 4});
    var attention = new CachedAttention(q, keys, values, start, 0.3f);
    cases.add(new Case("cachedAttention", attention::outputs));
  }

  private static void movement(List<Case> cases, int rows, int width) {
    Tensor x = Samples.tensor(95, 1, Shape.of(rows, 6, width));
    Tensor index = Tensor.of(Samples.ints(96, 11, width));
    add(cases, "reshape", () -> x.reshape(6 * rows, width));
    add(cases, "permute201", () -> x.permute(2, 0, 1));
    add(cases, "permute102", () -> x.permute(1, 0, 2));
    add(cases, "expand", () -> x.slice(1, 0, 1).expand(rows, 7, width));
    add(cases, "concat0", () -> Tensor.concat(0, List.of(x, x.slice(0, 1, rows))));
    add(cases, "gatherLast", () -> x.gather(2, index));
    add(
        cases,
        "scatterAddLast",
        () -> x.slice(2, 0, 1).expand(rows, 6, 11).scatterAdd(2, index, width));
    add(cases, "stopGradient", x::stopGradient);
  }

  private static void integers(List<Case> cases, int n) {
    Tensor x = Tensor.of(Samples.ints(97, n, 1000));
    Tensor y = Tensor.of(Samples.ints(98, n, 7));
    add(cases, "addIntegers", () -> x.add(y));
    add(cases, "mulIntegers", () -> x.mul(y));
    add(cases, "whereIntegers", () -> x.lt(y).where(x, y));
  }

  /// A definition without a kernel, evaluated block by block.
  private static void formulas(List<Case> cases, int rows) {
    Tensor x = Samples.tensor(71, 1, Shape.of(rows, 130));
    Tensor gain = Samples.tensor(72, 1, Shape.of(130));
    var formula =
        new ChainTest.Formula(
            List.of(x, gain),
            in -> {
              Tensor centred = in.get(0).sub(in.get(0).mean(-1).unsqueeze(-1));
              Tensor scale = centred.square().mean(-1).add(0.1).rsqrt().unsqueeze(-1);
              return List.of(centred.mul(scale).mul(in.get(1)).erf().exp(), scale);
            });
    cases.add(new Case("formula", formula::outputs));
    cases.add(new Case("squareSums", new SquareSums(List.of(x, gain))::outputs));
  }

  private static void table(boolean large) {
    for (Case each : cases(large)) {
      System.out.printf("%-40s %016x%n", each.name, each.hash());
    }
  }

  private static void warm(int calls) {
    List<Case> cases = cases(false);
    long[] first = cases.stream().mapToLong(Case::hash).toArray();
    for (int i = 0; i < first.length; i++) {
      Case each = cases.get(i);
      for (int call = 1; call < calls; call++) {
        Scope.call(() -> each.body.get().size());
      }
      if (each.hash() != first[i]) {
        System.out.println(each.name);
      }
    }
    System.out.println(first.length);
  }

  public static void main(String[] arguments) {
    boolean warm = arguments[0].equals("warm");
    List<String> threads = warm ? List.of("1") : List.of(arguments).subList(2, arguments.length);
    for (String each : threads) {
      try (Device device = new CpuDevice(Integer.parseInt(each))) {
        device.with(() -> {
          if (warm) {
            warm(Integer.parseInt(arguments[1]));
          } else {
            table(arguments[1].equals("large"));
          }
          return null;
        });
      }
    }
  }
}
