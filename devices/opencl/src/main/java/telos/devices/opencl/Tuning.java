package telos.devices.opencl;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import telos.devices.opencl.Product.Matrix;
import telos.devices.opencl.Product.Place;
import telos.tensor.DType;

/// Which [Scheme] multiplies fastest, by the number of elements of the result. Until somebody has
/// measured it ([#measure] takes some seconds, and is remembered on disk), the kind of device and
/// the number of its compute units say what is likely.
final class Tuning {
  private static final String ENTRY = "tuning of products, 1";

  /// Sides of the square results that are measured: powers of two with these exponents.
  private static final int SMALLEST = 6;

  private static final int LARGEST = 12;
  private static final int DEPTH = 512;
  private static final int REPEATS = 5;

  /// Tiles a compute unit should have, so that none waits long for the last one.
  private static final double SHARE = 1.4;

  private final Hardware hardware;
  private final ProgramCache cache;
  private final List<Scheme> schemes;
  private volatile Map<Integer, Scheme> measured;

  Tuning(Hardware hardware, ProgramCache cache) {
    this.hardware = hardware;
    this.cache = cache;
    this.schemes = Scheme.of(hardware);
    this.measured = remembered();
  }

  private Map<Integer, Scheme> remembered() {
    Map<String, Scheme> byName =
        schemes.stream().collect(Collectors.toMap(Scheme::name, scheme -> scheme));
    Map<Integer, Scheme> known = new TreeMap<>();
    cache
        .find(cache.key(ENTRY, ""))
        .ifPresent(bytes ->
            new String(bytes, StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.split(" "))
                .filter(words -> words.length == 2 && byName.containsKey(words[1]))
                .forEach(words -> known.put(Integer.valueOf(words[0]), byName.get(words[1]))));
    return known;
  }

  /// The scheme for a product.
  Scheme choose(Product product) {
    long elements = (long) product.m() * product.n() * product.items();
    int exponent = (63 - Long.numberOfLeadingZeros(Math.max(1, elements))) / 2;
    Scheme known = measured.get(Math.clamp(exponent, SMALLEST, LARGEST));
    return known != null ? known : likely(product);
  }

  /// On a processor panels; else the largest tiles of which every unit has its [#SHARE].
  private Scheme likely(Product p) {
    List<Scheme.Tiles> tiles =
        schemes.stream()
            .filter(Scheme.Tiles.class::isInstance)
            .map(Scheme.Tiles.class::cast)
            .sorted(Comparator.comparingInt(each -> each.tileRows() * each.tileColumns()))
            .toList();
    if (hardware.processor() || tiles.isEmpty()) {
      return new Scheme.Panels(6, hardware.lanes());
    }
    return tiles.reversed().stream()
        .filter(each -> each.groups(p.m(), p.n(), p.items()) >= SHARE * hardware.units())
        .findFirst()
        .orElse(tiles.getFirst());
  }

  /// Measures all schemes on square results and remembers the fastest.
  ///
  /// @param log takes a line for each size
  void measure(OpenClDevice device, Consumer<String> log) {
    measure(device, SMALLEST, LARGEST, log);
  }

  /// The same for sides from `2^first` to `2^last`.
  void measure(OpenClDevice device, int first, int last, Consumer<String> log) {
    Map<Integer, Scheme> fastest = new TreeMap<>();
    StringBuilder text = new StringBuilder();
    for (int exponent = first; exponent <= last; exponent++) {
      int side = 1 << exponent;
      Timed best =
          schemes.stream()
              .map(scheme -> new Timed(scheme, seconds(device, scheme, side)))
              .min(Comparator.comparingDouble(Timed::seconds))
              .orElseThrow();
      String name = best.scheme.name();
      fastest.put(exponent, best.scheme);
      text.append(exponent).append(' ').append(name).append('\n');
      log.accept(
          "%4d x %4d x %d: %s, %.0f GFLOP/s"
              .formatted(side, side, DEPTH, name, 2e-9 * side * side * DEPTH / best.seconds));
    }
    measured = fastest;
    cache.store(cache.key(ENTRY, ""), text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private record Timed(Scheme scheme, double seconds) {}

  /// The shortest of a few runs.
  private static double seconds(OpenClDevice device, Scheme scheme, int side) {
    OpenClStorage a = zeros(device, side * DEPTH);
    OpenClStorage b = zeros(device, side * DEPTH);
    OpenClStorage c = zeros(device, side * side);
    Product product =
        Product.of(
            side,
            side,
            DEPTH,
            1,
            new Matrix(a, Place.stack(DEPTH, 0), false),
            new Matrix(b, Place.stack(side, 0), false),
            c);
    double shortest = Double.POSITIVE_INFINITY;
    for (int i = 0; i <= REPEATS; i++) {
      device.finish();
      long start = System.nanoTime();
      scheme.run(device, product);
      device.finish();
      // The first run compiles.
      shortest = i == 0 ? shortest : Math.min(shortest, (System.nanoTime() - start) * 1e-9);
    }
    List.of(a, b, c).forEach(OpenClStorage::consume);
    return shortest;
  }

  private static OpenClStorage zeros(OpenClDevice device, int size) {
    OpenClStorage storage = device.storage(DType.F32, size, "tuning");
    device.clear(storage);
    return storage;
  }
}
