package telos.devices.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.devices.opencl.Product.Mask;
import telos.devices.opencl.Product.Matrix;
import telos.devices.opencl.Product.Place;
import telos.tensor.DType;
import telos.tensor.fused.Attention;

/// Every way to cut a product gives the product, also those that this machine's device would not
/// choose.
@AddLifecycleHook(NeedsOpenCl.class)
final class ProductsTest {
  /// Relative to the sum of absolute terms.
  private static final double TOLERANCE = 2e-6;

  private static final Optional<OpenClDevice> DEVICE = NeedsOpenCl.opened();

  @BeforeAll
  static void needsOpenCl() {
    assumeTrue(DEVICE.isPresent(), NeedsOpenCl.REASON);
  }

  private static List<Scheme> schemes(Class<? extends Scheme> kind) {
    return Scheme.of(DEVICE.orElseThrow().hardware()).stream().filter(kind::isInstance).toList();
  }

  @Property(tries = 25)
  void panelsMultiply(
      @ForAll int seed,
      @ForAll @IntRange(min = 1, max = 150) int m,
      @ForAll @IntRange(min = 1, max = 150) int n,
      @ForAll @IntRange(min = 1, max = 70) int k,
      @ForAll @IntRange(min = 1, max = 3) int items) {
    OpenClDevice device = DEVICE.orElseThrow();
    var random = new SplittableRandom(seed);
    boolean biased = random.nextBoolean();
    Case product = new Case(device, random, m, n, k, items);
    for (Scheme scheme : schemes(Scheme.Panels.class)) {
      product.check(scheme.name(), biased, p -> scheme.run(device, p));
    }
    product.check("as chosen", biased, p -> Products.run(device, p));
  }

  /// Few cases, since each is a program that a driver takes a second to compile.
  @Test
  void tilesMultiply() {
    OpenClDevice device = DEVICE.orElseThrow();
    var random = new SplittableRandom(1);
    List<Scheme> tiles = schemes(Scheme.Tiles.class);
    for (int i = 0; i < 4; i++) {
      Scheme scheme = tiles.get(i % tiles.size());
      boolean turnedA = i % 2 == 1;
      boolean turnedB = i / 2 == 1;
      new Case(device, random, 132, 136, 44, 2, turnedA, turnedB)
          .check(scheme.name(), i < 2, p -> scheme.run(device, p));
      new Case(device, random, 131, 70, 37, 2, !turnedA, turnedB)
          .check(scheme.name(), i >= 2, p -> scheme.run(device, p));
    }
  }

  @Property(tries = 12)
  void fewRowsMultiply(
      @ForAll int seed,
      @ForAll @IntRange(min = 1, max = 8) int m,
      @ForAll @IntRange(min = 1, max = 200) int n,
      @ForAll @IntRange(min = 1, max = 300) int k) {
    OpenClDevice device = DEVICE.orElseThrow();
    var random = new SplittableRandom(seed);
    Case product = new Case(device, random, m, n, k, 1, false, random.nextBoolean());
    product.check("few", random.nextBoolean(), p -> Products.few(device, p));
  }

  @Property(tries = 12)
  void partsAddUp(
      @ForAll int seed,
      @ForAll @IntRange(min = 1, max = 40) int m,
      @ForAll @IntRange(min = 1, max = 40) int n,
      @ForAll @IntRange(min = 1, max = 3) int items,
      @ForAll @IntRange(min = 0, max = 3) int halvings) {
    OpenClDevice device = DEVICE.orElseThrow();
    int parts = 1 << halvings;
    Case product = new Case(device, new SplittableRandom(seed), m, n, 12 * parts, items);
    product.check("parts", false, p -> Products.inParts(device, p, parts));
  }

  /// What a mask spares is not read or not written, the rest is right: the operand holds zeros
  /// where the kernels rely on them.
  @Property(tries = 8)
  void masksSpareOnlyZeros(
      @ForAll int seed,
      @ForAll @IntRange(min = 1, max = 200) int length,
      @ForAll @IntRange(min = 1, max = 40) int width,
      @ForAll @IntRange(min = 1, max = 300) int columns) {
    OpenClDevice device = DEVICE.orElseThrow();
    var random = new SplittableRandom(seed);
    int window = columns > length ? Attention.ALL : columns;
    Where unseen = (query, key) -> key > query || query - key >= window;
    for (Scheme scheme :
        List.of(schemes(Scheme.Panels.class).getFirst(), schemes(Scheme.Tiles.class).getFirst())) {
      new Case(device, random, length, length, width, 2, false, true)
          .masked(Mask.RESULT, window, p -> scheme.run(device, p));
      new Case(device, random, length, width, length, 2, false, false)
          .zero(unseen)
          .masked(Mask.ABOVE, window, p -> scheme.run(device, p));
      new Case(device, random, length, width, length, 2, true, false)
          .zero((key, query) -> unseen.is(query, key))
          .masked(Mask.BELOW, window, p -> scheme.run(device, p));
    }
  }

  /// A model's bits must not depend on how many rows it is given, nor on what was measured.
  @Test
  void everyWayHasTheSameBits() {
    OpenClDevice device = DEVICE.orElseThrow();
    for (boolean turned : new boolean[] {false, true}) {
      Case product = new Case(device, new SplittableRandom(5), 3, 77, 600, 1, false, turned);
      float[] expected = product.result(p -> Products.few(device, p));
      List<Scheme> schemes = new ArrayList<>(schemes(Scheme.Panels.class));
      schemes.add(schemes(Scheme.Tiles.class).getFirst());
      for (Scheme scheme : schemes) {
        float[] got = product.result(p -> scheme.run(device, p));
        assertArrayEquals(expected, got, scheme.name());
      }
    }
  }

  /// What is measured is chosen from then on, also by the next process.
  @Test
  void measuredSchemesAreRemembered(@TempDir Path folder) {
    OpenClDevice device = DEVICE.orElseThrow();
    var cache = new ProgramCache(new CacheFolder(folder), device.hardware());
    List<String> log = new ArrayList<>();
    var tuning = new Tuning(device.hardware(), cache);
    tuning.measure(device, 6, 6, log::add);
    assertEquals(1, log.size(), log.toString());
    OpenClStorage none = device.storage(DType.F32, 1, "test");
    Matrix matrix = new Matrix(none, Place.stack(64, 0), false);
    Product small = Product.of(64, 64, 64, 1, matrix, matrix, none);
    Scheme chosen = tuning.choose(small);
    assertTrue(log.getFirst().contains(chosen.name()), log.toString());
    assertEquals(chosen, new Tuning(device.hardware(), cache).choose(small));
    none.consume();
  }

  private interface Run {
    void of(Product product);
  }

  private interface Where {
    boolean is(int row, int column);
  }

  /// Random operands, and the product in double.
  private static final class Case {
    private final OpenClDevice device;
    private final int m;
    private final int n;
    private final int k;
    private final int items;
    private final boolean turnedA;
    private final boolean turnedB;
    private final float[] a;
    private final float[] b;
    private final float[] bias;

    Case(OpenClDevice device, SplittableRandom random, int m, int n, int k, int items) {
      this(device, random, m, n, k, items, random.nextBoolean(), random.nextBoolean());
    }

    Case(
        OpenClDevice device,
        SplittableRandom random,
        int m,
        int n,
        int k,
        int items,
        boolean turnedA,
        boolean turnedB) {
      this.device = device;
      this.m = m;
      this.n = n;
      this.k = k;
      this.items = items;
      this.turnedA = turnedA;
      this.turnedB = turnedB;
      this.a = numbers(random, items * m * k);
      this.b = numbers(random, items * k * n);
      this.bias = numbers(random, items * n);
    }

    private static float[] numbers(SplittableRandom random, int size) {
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        values[i] = (float) random.nextDouble(-1, 1);
      }
      return values;
    }

    private int atA(int item, int row, int depth) {
      return item * m * k + (turnedA ? depth * m + row : row * k + depth);
    }

    private int atB(int item, int depth, int column) {
      return item * k * n + (turnedB ? column * k + depth : depth * n + column);
    }

    /// Makes elements of the left operand zero.
    Case zero(Where where) {
      for (int item = 0; item < items; item++) {
        for (int row = 0; row < m; row++) {
          for (int depth = 0; depth < k; depth++) {
            a[atA(item, row, depth)] *= where.is(row, depth) ? 0 : 1;
          }
        }
      }
      return this;
    }

    void check(String name, boolean biased, Run run) {
      compare(name, biased, Mask.NONE, Attention.ALL, run);
    }

    void masked(Mask mask, int window, Run run) {
      compare(mask.name(), false, mask, window, run);
    }

    float[] result(Run run) {
      return result(true, Mask.NONE, Attention.ALL, run);
    }

    private float[] result(boolean biased, Mask mask, int window, Run run) {
      OpenClStorage left = uploaded(a);
      OpenClStorage right = uploaded(b);
      OpenClStorage added = uploaded(bias);
      OpenClStorage result = device.storage(DType.F32, items * m * n, "test");
      Product plain =
          Product.of(
              m,
              n,
              k,
              items,
              new Matrix(left, Place.stack(turnedA ? m : k, m * k), turnedA),
              new Matrix(right, Place.stack(turnedB ? k : n, k * n), turnedB),
              result);
      run.of(plain.withBias(biased ? added : null, n).withMask(mask, window));
      float[] got = (float[]) device.download(result, DType.F32, items * m * n);
      List.of(left, right, added, result).forEach(OpenClStorage::consume);
      return got;
    }

    private void compare(String name, boolean biased, Mask mask, int window, Run run) {
      float[] got = result(biased, mask, window, run);
      boolean cut = mask == Mask.RESULT;
      for (int item = 0; item < items; item++) {
        for (int row = 0; row < m; row++) {
          int from = cut ? Math.max(0, row - window + 1) : 0;
          for (int column = from; column < (cut ? row + 1 : n); column++) {
            compare(name, biased, item, row, column, got[(item * m + row) * n + column]);
          }
        }
      }
    }

    private void compare(String name, boolean biased, int item, int row, int column, float got) {
      double sum = biased ? bias[item * n + column] : 0;
      double terms = Math.abs(sum);
      for (int depth = 0; depth < k; depth++) {
        double term = (double) a[atA(item, row, depth)] * b[atB(item, depth, column)];
        sum += term;
        terms += Math.abs(term);
      }
      assertEquals(sum, got, TOLERANCE * terms, name + " " + item + " " + row + " " + column);
    }

    private OpenClStorage uploaded(float[] values) {
      return (OpenClStorage) device.upload(values, DType.F32, values.length);
    }
  }
}
