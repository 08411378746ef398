package telos.autograd;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.NumberCheck;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.Tree;

/// A function around a point, with its derivative by the rules and by differences.
///
/// The difference quotient is the five-point one, `(8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h`,
/// exact to `h^4`. Of the steps tried, the one counts that agrees best with its neighbour, so that
/// a large step across a kink or out of the domain, and a small one lost in rounding, both lose.
final class Probe<M> {
  private static final int SMALL = 64;
  private static final int DIRECTIONS = 2;
  private static final double[] STEPS = {1e-2, 2e-3, 4e-4, 8e-5};
  private static final Device REFERENCE = Device.of("reference");

  private final String what;
  private final int order;
  private final Function<M, Tensor> function;
  private final M at;
  private final GradCheck check;
  private final List<String> paths = new ArrayList<>();
  private final List<Tensor> leaves = new ArrayList<>();
  private final double[] combination;
  private final List<GradCheck.Mismatch> mismatches = new ArrayList<>();
  private int compared;

  private Probe(String what, int order, Function<M, Tensor> function, M at, GradCheck check) {
    this.what = what;
    this.order = order;
    this.function = function;
    this.at = at;
    this.check = check;
    Tree.forEachLeaf(
        at,
        (path, leaf, fixed) -> {
          boolean present = leaf.dtype().isFloat() && !fixed && !leaf.isAbsent();
          if (present && check.paths().test(path)) {
            paths.add(path);
            leaves.add(leaf);
          }
        });
    this.combination = random(value(at).length, 0);
  }

  /// @param at of any float dtype and on any device
  static <M> Probe<M> of(
      String what, int order, Function<M, Tensor> function, M at, GradCheck check) {
    M exact = Tree.map(at, Probe::exact);
    return REFERENCE.with(() -> new Probe<>(what, order, function, exact, check));
  }

  private static Tensor exact(Tensor leaf) {
    return leaf.isAbsent()
        ? leaf
        : leaf.dtype().isFloat() ? leaf.to(REFERENCE).cast(DType.F64) : leaf.to(REFERENCE);
  }

  String path(int leaf) {
    return paths.get(leaf);
  }

  /// The function `m -> <gradient of the combined results, random numbers>`.
  Probe<M> derivative() {
    Function<M, Tensor> slope =
        m -> {
          M gradient = Grad.grad(this::combined, m, check.paths());
          List<Tensor> products = new ArrayList<>();
          Tree.forEachLeaf(
              gradient,
              (_, leaf, _) -> {
                if (!leaf.isAbsent()) {
                  double[] numbers = random(leaf.size(), products.size() + 1);
                  products.add(leaf.mul(Tensor.of(numbers, leaf.shape().dims())).sum());
                }
              });
          return Tensor.stack(0, products).sum();
        };
    return of(what, order + 1, slope, at, check);
  }

  private Tensor combined(M m) {
    Tensor y = function.apply(m);
    return y.mul(Tensor.of(combination, y.shape().dims())).sum();
  }

  private double[] random(int size, int stream) {
    SplittableRandom random = new SplittableRandom(check.seed() * 31 + stream);
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      double value = random.nextDouble(0.5, 1.5);
      values[i] = random.nextBoolean() ? value : -value;
    }
    return values;
  }

  /// Compares everything worth comparing.
  GradCheck.Report report() {
    return REFERENCE.with(() -> {
      int inputs = leaves.stream().mapToInt(Tensor::size).sum();
      if (inputs <= SMALL && combination.length <= SMALL) {
        jacobian();
      } else {
        directions();
      }
      return new GradCheck.Report(what, compared, List.copyOf(mismatches));
    });
  }

  // --- by the rules ---

  /// Of the combined results, by each leaf.
  List<double[]> gradient() {
    return REFERENCE.with(() -> gradient(this::combined));
  }

  private List<double[]> gradient(Function<M, Tensor> scalar) {
    M gradient = Grad.grad(scalar, at, check.paths());
    Map<Tensor, Tensor> byLeaf = new IdentityHashMap<>();
    Tree.zip(
        at,
        gradient,
        (leaf, cotangent) -> {
          byLeaf.put(leaf, cotangent);
          return leaf;
        });
    return leaves.stream().map(leaf -> found(byLeaf.get(leaf))).toList();
  }

  private double[] found(@Nullable Tensor cotangent) {
    if (cotangent == null) {
      throw new IllegalStateException(what + ": a leaf has no gradient");
    }
    return cotangent.toDoubles();
  }

  private Tensor element(M m, int output) {
    Tensor y = function.apply(m);
    return y.reshape(y.size()).at(0, output);
  }

  // --- by differences ---

  private double[] value(M m) {
    return NumberCheck.suspended(() -> Scope.call(() -> function.apply(m)).toDoubles());
  }

  private double[] value(int leaf, double[] direction, double step) {
    Tensor moved = leaves.get(leaf);
    double[] values = moved.toDoubles();
    for (int i = 0; i < values.length; i++) {
      values[i] += step * direction[i];
    }
    Tensor replacement = Tensor.of(values, moved.shape().dims());
    return value(Tree.map(at, tensor -> tensor == moved ? replacement : tensor));
  }

  /// The derivative of every result element along a direction in a leaf.
  private double[] differences(int leaf, double[] direction) {
    double[][] quotients = new double[STEPS.length][];
    for (int s = 0; s < STEPS.length; s++) {
      quotients[s] = quotient(leaf, direction, STEPS[s]);
    }
    double[] best = new double[quotients[0].length];
    for (int j = 0; j < best.length; j++) {
      best[j] = steadiest(quotients, j);
    }
    return best;
  }

  private double[] quotient(int leaf, double[] direction, double h) {
    double[] near = value(leaf, direction, h);
    double[] nearBack = value(leaf, direction, -h);
    double[] far = value(leaf, direction, 2 * h);
    double[] farBack = value(leaf, direction, -2 * h);
    double[] quotient = new double[near.length];
    for (int j = 0; j < quotient.length; j++) {
      quotient[j] = (8 * (near[j] - nearBack[j]) - (far[j] - farBack[j])) / (12 * h);
    }
    return quotient;
  }

  private static double steadiest(double[][] quotients, int j) {
    double best = quotients[STEPS.length - 1][j];
    double least = Double.POSITIVE_INFINITY;
    for (int s = 1; s < STEPS.length; s++) {
      double change = Math.abs(quotients[s][j] - quotients[s - 1][j]);
      if (change < least) {
        least = change;
        best = quotients[s][j];
      }
    }
    return best;
  }

  // --- comparison ---

  private void jacobian() {
    List<List<double[]>> rows = new ArrayList<>();
    for (int j = 0; j < combination.length; j++) {
      int output = j;
      rows.add(gradient(m -> element(m, output)));
    }
    double scale = rows.stream().flatMap(List::stream).mapToDouble(Probe::largest).max().orElse(0);
    for (int leaf = 0; leaf < leaves.size(); leaf++) {
      for (int i = 0; i < leaves.get(leaf).size(); i++) {
        double[] column = differences(leaf, unit(leaves.get(leaf).size(), i));
        for (int j = 0; j < column.length; j++) {
          compare(leaf, i, j, rows.get(j).get(leaf)[i], column[j], scale);
        }
      }
    }
  }

  private void directions() {
    List<double[]> gradient = gradient(this::combined);
    for (int leaf = 0; leaf < leaves.size(); leaf++) {
      int before = mismatches.size();
      for (int d = 0; d < DIRECTIONS; d++) {
        double[] direction = random(leaves.get(leaf).size(), 100 + d);
        direction(leaf, -1, direction, gradient.get(leaf));
      }
      if (mismatches.size() > before) {
        mismatches.subList(before, mismatches.size()).clear();
        everyElement(leaf, gradient.get(leaf));
      }
    }
  }

  /// Where a direction disagrees: which elements do.
  private void everyElement(int leaf, double[] gradient) {
    for (int i = 0; i < gradient.length; i++) {
      direction(leaf, i, unit(gradient.length, i), gradient);
    }
  }

  private void direction(int leaf, int element, double[] direction, double[] gradient) {
    double analytic = 0;
    double scale = 0;
    for (int i = 0; i < direction.length; i++) {
      analytic += gradient[i] * direction[i];
      scale = Math.max(scale, Math.abs(gradient[i]));
    }
    double numeric = 0;
    double[] differences = differences(leaf, direction);
    for (int j = 0; j < combination.length; j++) {
      numeric += combination[j] * differences[j];
    }
    compare(leaf, element, -1, analytic, numeric, scale);
  }

  /// Differences below the rounding of the quotients (1e-9) are no differences.
  private void compare(
      int leaf, int element, int output, double analytic, double numeric, double scale) {
    compared++;
    double size = Math.max(scale, Math.max(Math.abs(analytic), Math.abs(numeric)));
    double allowed = check.tolerance() * Math.max(1e-3, size);
    if (!(Math.abs(analytic - numeric) <= allowed)) {
      mismatches.add(
          new GradCheck.Mismatch(
              what, order, paths.get(leaf), element, output, analytic, numeric, allowed));
    }
  }

  private static double largest(double[] values) {
    double largest = 0;
    for (double value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static double[] unit(int size, int at) {
    double[] unit = new double[size];
    unit[at] = 1;
    return unit;
  }
}
