package telos.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Random numbers by key: an immutable value from which every draw is a pure function. The same key
/// gives the same numbers every time, so a key is used for **one** draw and split for more:
///
///     Rng rng = Rng.of(seed);
///     List<Rng> keys = rng.split(2);
///     Tensor noise = keys.get(0).normal(Shape.of(8, 3));
///     Tensor coin = keys.get(1).fold(step).bernoulli(0.5, Shape.of(8));
///
/// The numbers are those of Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as
/// 1, 2, 3"), a keyed bijection of 128-bit counters that passes BigCrush. Here the upper half of the
/// counter holds `stream`, so 128 bits tell keys apart and two of a billion derived keys practically
/// never meet (with 64 bits they would, once in 40 runs). The lower half counts: element `i` of a
/// draw is word `i mod 4` of block `i / 4`, whatever the shape. Everything is integer operations,
/// fma and `StrictMath`: the same bits on every machine.
///
/// Rows that must not depend on the batch they are in get keys of their own, such as
/// `rng.fold(prompt).fold(sample)`; see [#categorical(List, Tensor)].
public record Rng(long key, long stream) {
  /// Separates what is drawn from what is derived: derivation runs under another key.
  private static final long SPLIT = 0x6C62272E07BB0142L;

  private static final long FOLD = 0x27220A95FE5D4F6BL;
  private static final long NAME = 0x1B873593CC9E2D51L;
  private static final long WORD = 0xFFFF_FFFFL;

  /// The root key of a seed.
  public static Rng of(long seed) {
    return new Rng(seed, 0);
  }

  /// Two independent keys.
  public List<Rng> split() {
    return split(2);
  }

  /// `n` independent keys; the first ones do not depend on `n`.
  public List<Rng> split(int n) {
    return IntStream.range(0, n).mapToObj(i -> derive(SPLIT, i)).toList();
  }

  /// The key of a datum under this one: a row, a step, an index.
  public Rng fold(long data) {
    return derive(FOLD, data);
  }

  /// The key of a name under this one: `rng.fold("dropout")`.
  public Rng fold(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    ByteBuffer padded = ByteBuffer.wrap(Arrays.copyOf(bytes, (bytes.length + 7) / 8 * 8));
    padded.order(ByteOrder.LITTLE_ENDIAN);
    Rng key = derive(NAME, bytes.length);
    while (padded.hasRemaining()) {
      key = key.derive(NAME, padded.getLong());
    }
    return key;
  }

  private Rng derive(long purpose, long data) {
    int[] block = new int[4];
    Philox.block(key ^ purpose, data, stream, block);
    return new Rng(pair(block[0], block[1]), pair(block[2], block[3]));
  }

  private static long pair(int low, int high) {
    return (long) high << 32 | low & WORD;
  }

  // --- draws ---

  /// F32, uniform on the multiples of 2^-24 in `[0, 1)`.
  public Tensor uniform(Shape shape) {
    int[] words = words(shape.size());
    float[] values = new float[words.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (words[i] >>> 8) * 0x1p-24f;
    }
    return Tensor.of(values, DType.F32, shape);
  }

  /// F32, uniform in `[low, high)`.
  public Tensor uniform(double low, double high, Shape shape) {
    if (!((float) low < (float) high)) {
      throw new IllegalArgumentException(
          "uniform: [" + low + ", " + high + ") is empty; low must be below high");
    }
    float last = Math.nextDown((float) high);
    int[] words = words(shape.size());
    float[] values = new float[words.length];
    for (int i = 0; i < values.length; i++) {
      float value = (float) Math.fma(high - low, (words[i] & WORD) * 0x1p-32, low);
      values[i] = value > last ? last : value;
    }
    return Tensor.of(values, DType.F32, shape);
  }

  /// F32, standard normal: the inverse of the cumulative distribution function at 2^32 equally
  /// likely points, |z| <= 6.34, within 3e-7 absolute.
  public Tensor normal(Shape shape) {
    int[] words = words(shape.size());
    float[] values = new float[words.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = InverseNormal.of(words[i]);
    }
    return Tensor.of(values, DType.F32, shape);
  }

  /// BOOL, true with probability `p` (to 2^-33).
  public Tensor bernoulli(double p, Shape shape) {
    if (!(p >= 0 && p <= 1)) {
      throw new IllegalArgumentException("bernoulli: p = " + p + " is not a probability");
    }
    long below = (long) StrictMath.rint(p * 0x1p32);
    int[] words = words(shape.size());
    byte[] values = new byte[words.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) ((words[i] & WORD) < below ? 1 : 0);
    }
    return Tensor.of(values, DType.BOOL, shape);
  }

  /// I32, uniform on `low, ..., high - 1` without bias.
  public Tensor integers(int low, int high, Shape shape) {
    long bound = (long) high - low;
    checkBound("integers", bound);
    int[] values = words(shape.size());
    for (int i = 0; i < values.length; i++) {
      values[i] = low + below(bound, values[i], i);
    }
    return Tensor.of(values, shape);
  }

  /// I32 [n], a uniformly random order of `0, ..., n - 1`.
  public Tensor permutation(int n) {
    return Tensor.of(order(n));
  }

  /// As [#permutation], as an array.
  public int[] order(int n) {
    int[] order = IntStream.range(0, n).toArray();
    int[] words = words(n);
    for (int i = n - 1; i > 0; i--) {
      int j = below(i + 1L, words[i], i);
      int moved = order[i];
      order[i] = order[j];
      order[j] = moved;
    }
    return order;
  }

  /// I32 [...] of `logits` [..., C]: a class for each leading position, with probability
  /// `softmax(logits)`. Minus infinity excludes a class. The draw of a row depends on its position;
  /// see [#categorical(List, Tensor)] for rows with keys of their own.
  public Tensor categorical(Tensor logits) {
    int rows = Draws.rows(logits);
    double[] points = new double[rows];
    int[] words = words(2 * rows);
    for (int row = 0; row < rows; row++) {
      points[row] = fraction(words[2 * row], words[2 * row + 1]);
    }
    return Draws.categorical(logits, points);
  }

  /// I32 [...] of `logits` [..., C], where row `r` is drawn with `keys.get(r)`: it depends on that
  /// key and its own logits, not on the batch.
  public static Tensor categorical(List<Rng> keys, Tensor logits) {
    if (keys.size() != Draws.rows(logits)) {
      throw new IllegalArgumentException(
          "categorical: "
              + keys.size()
              + " keys for logits of shape "
              + logits.shape()
              + "; one key a row fits");
    }
    return Draws.categorical(logits, keys.stream().mapToDouble(Rng::uniform).toArray());
  }

  // --- single draws, for loops on the host ---

  /// Uniform on the multiples of 2^-53 in `[0, 1)`.
  public double uniform() {
    int[] words = words(2);
    return fraction(words[0], words[1]);
  }

  /// Standard normal, as the first element of [#normal(Shape)].
  public double normal() {
    return InverseNormal.of(words(1)[0]);
  }

  /// True with probability `p`.
  public boolean bernoulli(double p) {
    return uniform() < p;
  }

  /// Uniform on `0, ..., bound - 1` without bias.
  public int integer(int bound) {
    checkBound("integer", bound);
    return below(bound, words(1)[0], 0);
  }

  /// An index with probability in proportion to its weight.
  public int choice(double... weights) {
    return Draws.choice(weights, 0, weights.length, uniform());
  }

  // --- words ---

  private static double fraction(int low, int high) {
    return (pair(low, high) >>> 11) * 0x1p-53;
  }

  /// The first `n` words of this key.
  private int[] words(int n) {
    int[] words = new int[n];
    int[] block = new int[4];
    for (int i = 0; i < n; i += 4) {
      Philox.block(key, i >>> 2, stream, block);
      System.arraycopy(block, 0, words, i, Math.min(4, n - i));
    }
    return words;
  }

  private static void checkBound(String draw, long bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException(draw + ": there is no integer among " + bound);
    }
  }

  /// Lemire's (2019) unbiased integer: the high word of `word * bound`, drawn anew in the rare case
  /// that its low word falls into the incomplete interval. The retries of an element have counters
  /// of their own, above those of [#words].
  private int below(long bound, int word, int element) {
    long product = (word & WORD) * bound;
    long incomplete = (1L << 32) % bound;
    int[] block = new int[4];
    for (long attempt = 1; (product & WORD) < incomplete; attempt++) {
      Philox.block(key, attempt << 32 | element, stream, block);
      product = (block[0] & WORD) * bound;
    }
    return (int) (product >>> 32);
  }
}
