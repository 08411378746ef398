package telos.gradcheck;

import java.util.Arrays;
import java.util.SplittableRandom;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// One input of a sample: a shape and the kind of numbers in it. The numbers follow from a seed and
/// are floats, so that F32 and F64 tensors of one input hold the same values.
///
/// @param bound for [Kind#INDEX]: indices lie in `[0, bound)`
public record Input(Kind kind, int bound, Shape shape) {
  /// What numbers.
  public enum Kind {
    /// Either sign, magnitude 0.25 to 1.75, no two of equal magnitude: away from every kink.
    SIGNED,
    /// 0.25 to 1.75, no two equal.
    POSITIVE,
    /// Zeros of both signs, denormal, tiny and large numbers, infinities, NaN.
    SPECIAL,
    /// I32, -9 to 9 without 0.
    INTEGER,
    /// I32, indices below a bound.
    INDEX,
    /// BOOL.
    MASK,
    /// I8, every number of it.
    BYTES,
    /// BF16, as [#SIGNED] but for the rounding.
    BRAIN
  }

  private static final float[] SPECIALS = {
    0f,
    -0f,
    1f,
    -1f,
    0.5f,
    -0.5f,
    1e-40f,
    -1e-40f,
    1e-30f,
    -1e-30f,
    3e-5f,
    -3e-5f,
    2f,
    -3f,
    80f,
    -80f,
    110f,
    -110f,
    1e6f,
    -1e6f,
    1e30f,
    -1e30f,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN
  };

  public static Input signed(int... dims) {
    return new Input(Kind.SIGNED, 0, Shape.of(dims));
  }

  public static Input positive(int... dims) {
    return new Input(Kind.POSITIVE, 0, Shape.of(dims));
  }

  public static Input special(int... dims) {
    return new Input(Kind.SPECIAL, 0, Shape.of(dims));
  }

  public static Input integer(int... dims) {
    return new Input(Kind.INTEGER, 0, Shape.of(dims));
  }

  public static Input index(int bound, int... dims) {
    return new Input(Kind.INDEX, bound, Shape.of(dims));
  }

  public static Input mask(int... dims) {
    return new Input(Kind.MASK, 0, Shape.of(dims));
  }

  public static Input bytes(int... dims) {
    return new Input(Kind.BYTES, 0, Shape.of(dims));
  }

  public static Input brain(int... dims) {
    return new Input(Kind.BRAIN, 0, Shape.of(dims));
  }

  /// True for the kinds a gradient flows to.
  public boolean isFloat() {
    return kind == Kind.SIGNED || kind == Kind.POSITIVE || kind == Kind.SPECIAL;
  }

  /// The tensor, on the current device.
  ///
  /// @param floats dtype of the kinds that are floats
  public Tensor tensor(DType floats, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int size = shape.size();
    return switch (kind) {
      case SIGNED, POSITIVE -> of(spread(size, random), floats);
      case BRAIN -> of(spread(size, random), DType.F32).cast(DType.BF16);
      case BYTES -> {
        byte[] values = new byte[size];
        random.nextBytes(values);
        yield Tensor.of(values, DType.I8, shape);
      }
      case SPECIAL -> of(specials(size, random), floats);
      case INTEGER -> {
        int[] values = random.ints(size, 1, 10).toArray();
        Arrays.setAll(values, i -> random.nextBoolean() ? values[i] : -values[i]);
        yield Tensor.of(values, shape);
      }
      case INDEX -> Tensor.of(random.ints(size, 0, bound).toArray(), shape);
      case MASK -> {
        boolean[] values = new boolean[size];
        for (int i = 0; i < size; i++) {
          values[i] = random.nextBoolean();
        }
        yield Tensor.of(values, shape.dims());
      }
    };
  }

  private Tensor of(float[] values, DType dtype) {
    if (dtype == DType.F32) {
      return Tensor.of(values, shape.dims());
    }
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return Tensor.of(doubles, shape.dims());
  }

  /// One number in each of `size` equal cells of `[0.25, 1.75]`, shuffled. Its place in the cell
  /// depends on the seed, so that two inputs of one size do not tie either.
  private float[] spread(int size, SplittableRandom random) {
    double place = 0.05 + 0.9 * random.nextDouble();
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      int other = random.nextInt(i + 1);
      values[i] = values[other];
      values[other] = (float) (0.25 + 1.5 * (i + place) / size);
    }
    for (int i = 0; i < size && kind != Kind.POSITIVE; i++) {
      values[i] = random.nextBoolean() ? values[i] : -values[i];
    }
    return values;
  }

  private static float[] specials(int size, SplittableRandom random) {
    int first = random.nextInt(SPECIALS.length);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = SPECIALS[(first + i) % SPECIALS.length];
    }
    return values;
  }
}
