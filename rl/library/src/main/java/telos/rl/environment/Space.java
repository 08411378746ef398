package telos.rl.environment;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import telos.tensor.Rng;

/// The set in which observations or actions lie; the kinds and their meaning are those of
/// Gymnasium.
///
/// @param <T> what its elements are in Java
public sealed interface Space<T> {
  /// Why `value` is no element, or the empty string if it is one.
  String fault(T value);

  /// An element: uniform where the space is bounded, see [Box#sample].
  T sample(Rng key);

  /// Whether `value` is an element.
  default boolean contains(T value) {
    return fault(value).isEmpty();
  }

  /// Refuses what is no element.
  ///
  /// @param what the value's name in the message, such as "action"
  default T require(String what, T value) {
    String fault = fault(value);
    if (!fault.isEmpty()) {
      throw new IllegalArgumentException(what + ": " + fault + "; needs an element of " + this);
    }
    return value;
  }

  /// Numbers between bounds, which may be infinite: `low[i] <= x[i] <= high[i]`.
  ///
  /// @param shape of the array that the numbers form, row by row
  @SuppressWarnings("ArrayRecordComponent") // compared by what is in it, see equals
  record Box(float[] low, float[] high, List<Integer> shape) implements Space<float[]> {
    public Box {
      if (!fits(low, high, shape.stream().reduce(1, Math::multiplyExact))) {
        throw new IllegalArgumentException(
            "box: "
                + low.length
                + " lower and "
                + high.length
                + " upper bounds for shape "
                + shape
                + "; needs as many as the shape has numbers, no lower one above its upper one");
      }
      low = low.clone();
      high = high.clone();
      shape = List.copyOf(shape);
    }

    private static boolean fits(float[] low, float[] high, int size) {
      return low.length == size
          && high.length == size
          && IntStream.range(0, size).allMatch(i -> low[i] <= high[i]);
    }

    /// A vector with the same bounds everywhere.
    public static Box of(double low, double high, int size) {
      float[] least = new float[size];
      float[] most = new float[size];
      Arrays.fill(least, (float) low);
      Arrays.fill(most, (float) high);
      return of(least, most);
    }

    /// A vector with bounds of its own for each number.
    public static Box of(float[] low, float[] high) {
      return new Box(low, high, List.of(low.length));
    }

    /// Any numbers but NaN.
    public static Box anywhere(List<Integer> shape) {
      float[] high = new float[shape.stream().reduce(1, Math::multiplyExact)];
      Arrays.fill(high, Float.POSITIVE_INFINITY);
      float[] low = new float[high.length];
      Arrays.fill(low, Float.NEGATIVE_INFINITY);
      return new Box(low, high, shape);
    }

    /// The box that a space of vectors is; it can be nothing else.
    ///
    /// @param what needs it, for the message
    static Box in(String what, Space<float[]> space) {
      if (space instanceof Box box) {
        return box;
      }
      throw new IllegalArgumentException(what + ": needs a box, not " + space);
    }

    /// How many numbers an element has.
    public int size() {
      return low.length;
    }

    @Override
    public String fault(float[] value) {
      if (value.length != size()) {
        return value.length + " numbers instead of " + size();
      }
      for (int i = 0; i < value.length; i++) {
        if (!(value[i] >= low[i] && value[i] <= high[i])) {
          return "number " + i + " is " + value[i] + ", not in [" + low[i] + ", " + high[i] + "]";
        }
      }
      return "";
    }

    /// Uniform between two bounds, exponential from a single one, normal where there is none.
    @Override
    public float[] sample(Rng key) {
      float[] value = new float[size()];
      for (int i = 0; i < value.length; i++) {
        value[i] = (float) number(key.fold(i), low[i], high[i]);
      }
      return value;
    }

    private static double number(Rng key, float low, float high) {
      boolean below = Float.isInfinite(low);
      boolean above = Float.isInfinite(high);
      if (below && above) {
        return key.normal();
      }
      if (below || above) {
        double distance = -StrictMath.log1p(-key.uniform());
        return below ? high - distance : low + distance;
      }
      return Math.clamp(low + key.uniform() * ((double) high - low), low, high);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Box that
          && Arrays.equals(low, that.low)
          && Arrays.equals(high, that.high)
          && shape.equals(that.shape);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(low) * 31 + Arrays.hashCode(high);
    }

    @Override
    public String toString() {
      return "Box(" + bounds(low) + " to " + bounds(high) + ", shape " + shape + ")";
    }

    private static String bounds(float[] values) {
      boolean equal = values.length > 0;
      for (float value : values) {
        equal &= value == values[0];
      }
      return equal ? Float.toString(values[0]) : Arrays.toString(values);
    }
  }

  /// The integers `start, ..., start + n - 1`.
  record Discrete(int n, int start) implements Space<Integer> {
    public Discrete {
      if (n < 1) {
        throw new IllegalArgumentException("discrete: needs an element at least, not " + n);
      }
    }

    /// From zero on.
    public static Discrete of(int n) {
      return new Discrete(n, 0);
    }

    @Override
    public String fault(Integer value) {
      boolean inside = value >= start && value - start < n;
      return inside ? "" : value + " is not in " + start + " to " + (start + n - 1);
    }

    @Override
    public Integer sample(Rng key) {
      return start + key.integer(n);
    }
  }

  /// Several integers: number i lies in `start[i], ..., start[i] + n[i] - 1`.
  @SuppressWarnings("ArrayRecordComponent") // compared by what is in it, see equals
  record MultiDiscrete(int[] n, int[] start) implements Space<int[]> {
    public MultiDiscrete {
      if (n.length != start.length || IntStream.of(n).anyMatch(size -> size < 1)) {
        throw new IllegalArgumentException(
            "multi-discrete: sizes "
                + Arrays.toString(n)
                + " and starts "
                + Arrays.toString(start)
                + "; needs as many starts as sizes, each size at least 1");
      }
      n = n.clone();
      start = start.clone();
    }

    /// Each from zero on.
    public MultiDiscrete(int[] n) {
      this(n, new int[n.length]);
    }

    @Override
    public String fault(int[] value) {
      if (value.length != n.length) {
        return value.length + " integers instead of " + n.length;
      }
      for (int i = 0; i < n.length; i++) {
        if (value[i] < start[i] || (long) value[i] - start[i] >= n[i]) {
          long last = start[i] + n[i] - 1L;
          return "integer " + i + " is " + value[i] + ", not in " + start[i] + " to " + last;
        }
      }
      return "";
    }

    @Override
    public int[] sample(Rng key) {
      return IntStream.range(0, n.length).map(i -> start[i] + key.fold(i).integer(n[i])).toArray();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof MultiDiscrete that
          && Arrays.equals(n, that.n)
          && Arrays.equals(start, that.start);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(n) * 31 + Arrays.hashCode(start);
    }

    @Override
    public String toString() {
      return "MultiDiscrete(" + Arrays.toString(n) + " from " + Arrays.toString(start) + ")";
    }
  }

  /// `n` bits.
  record MultiBinary(int n) implements Space<boolean[]> {
    @Override
    public String fault(boolean[] value) {
      return value.length == n ? "" : value.length + " bits instead of " + n;
    }

    @Override
    public boolean[] sample(Rng key) {
      boolean[] bits = new boolean[n];
      for (int i = 0; i < n; i++) {
        bits[i] = key.fold(i).bernoulli(0.5);
      }
      return bits;
    }
  }

  /// Texts of some length over an alphabet.
  record Text(int minLength, int maxLength, String alphabet) implements Space<String> {
    @Override
    public String fault(String value) {
      if (value.length() < minLength || value.length() > maxLength) {
        return value.length() + " characters, not " + minLength + " to " + maxLength;
      }
      for (int i = 0; i < value.length(); i++) {
        if (alphabet.indexOf(value.charAt(i)) < 0) {
          return "character " + i + " is none of the alphabet";
        }
      }
      return "";
    }

    @Override
    public String sample(Rng key) {
      int length = minLength + key.fold("length").integer(maxLength - minLength + 1);
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < length; i++) {
        text.append(alphabet.charAt(key.fold(i).integer(alphabet.length())));
      }
      return text.toString();
    }
  }

  /// One element of each of several spaces, in order.
  record Tuple(List<Space<?>> parts) implements Space<List<?>> {
    public Tuple {
      parts = List.copyOf(parts);
    }

    @Override
    public String fault(List<?> value) {
      if (value.size() != parts.size()) {
        return value.size() + " parts instead of " + parts.size();
      }
      for (int i = 0; i < parts.size(); i++) {
        String fault = partFault(parts.get(i), value.get(i));
        if (!fault.isEmpty()) {
          return "part " + i + ": " + fault;
        }
      }
      return "";
    }

    @Override
    public List<?> sample(Rng key) {
      return IntStream.range(0, parts.size())
          .mapToObj(i -> parts.get(i).sample(key.fold(i)))
          .toList();
    }
  }

  /// One element of each of several spaces, by name.
  record Dict(Map<String, Space<?>> parts) implements Space<Map<String, ?>> {
    public Dict {
      parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
    }

    @Override
    public String fault(Map<String, ?> value) {
      if (!value.keySet().equals(parts.keySet())) {
        return "keys " + value.keySet() + " instead of " + parts.keySet();
      }
      for (var part : parts.entrySet()) {
        String fault = partFault(part.getValue(), value.get(part.getKey()));
        if (!fault.isEmpty()) {
          return part.getKey() + ": " + fault;
        }
      }
      return "";
    }

    @Override
    public Map<String, ?> sample(Rng key) {
      Map<String, Object> sample = new LinkedHashMap<>();
      parts.forEach((name, space) -> sample.put(name, space.sample(key.fold(name))));
      return sample;
    }
  }

  @SuppressWarnings("unchecked")
  private static <T> String partFault(Space<T> space, @Nullable Object value) {
    try {
      return value == null ? "nothing" : space.fault((T) value);
    } catch (ClassCastException _) {
      return "a "
          + (value == null ? "null" : value.getClass().getSimpleName())
          + " is no element of "
          + space;
    }
  }
}
