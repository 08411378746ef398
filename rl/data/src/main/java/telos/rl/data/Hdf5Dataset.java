package telos.rl.data;

import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.datatype.EnumDataType;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import telos.nn.format.FormatException;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// A dataset of an [Hdf5] file.
///
/// @param place its name in the file
record Hdf5Dataset(Hdf5 file, Dataset dataset, String place) {
  /// Deflate makes at most 1032 bytes of one; no filter that such files use makes more.
  private static final long MOST_EXPANSION = 1032;

  FormatException fault(String what) {
    return file.fault(place, what);
  }

  int[] dims() throws FormatException {
    return file.checked(place, dataset::getDimensions);
  }

  /// Refuses other extents.
  Hdf5Dataset requireDims(int... dims) throws FormatException {
    if (!Arrays.equals(dims(), dims)) {
      throw fault(
          "has the shape %s, and %s fits"
              .formatted(Arrays.toString(dims()), Arrays.toString(dims)));
    }
    return this;
  }

  /// All numbers: F32 or F64; I32, or I64 where they are too large; BOOL.
  Tensor tensor() throws FormatException {
    requireSize(dims());
    return tensor(file.checked(place, dataset::getDataFlat), dims());
  }

  /// The rows `from` to `to - 1` in one array, for [#tensor(Object, int\[\])].
  Object array(int from, int to) throws FormatException {
    int[] dims = dims();
    dims[0] = to - from;
    requireSize(dims);
    long[] start = new long[dims.length];
    start[0] = from;
    Object nested = file.checked(place, () -> dataset.getData(start, dims));
    int[] total = {0};
    Object flat = Array.newInstance(elementOf(nested), Shape.of(dims).size());
    flatten(nested, flat, total);
    return flat;
  }

  private static Class<?> elementOf(Object nested) {
    Class<?> type = nested.getClass();
    while (type.isArray()) {
      type = type.getComponentType();
    }
    return type;
  }

  private static void flatten(Object nested, Object flat, int[] total) {
    int length = Array.getLength(nested);
    if (nested instanceof Object[] parts && nested.getClass().getComponentType().isArray()) {
      for (Object part : parts) {
        flatten(part, flat, total);
      }
    } else {
      System.arraycopy(nested, 0, flat, total[0], length);
      total[0] += length;
    }
  }

  /// Refuses extents that the file cannot hold.
  void requireSize(int[] dims) throws FormatException {
    long bytes =
        file.checked(
            place,
            () -> Arrays.stream(dims).asLongStream().reduce(elementSize(), Math::multiplyExact));
    long most = dataset instanceof ChunkedDataset ? file.size() * MOST_EXPANSION : file.size();
    if (bytes < 0 || bytes > Math.min(most, Integer.MAX_VALUE - 8L)) {
      throw fault(
          "claims %d bytes, more than the %d of the file or one array can hold"
              .formatted(bytes, file.size()));
    }
  }

  private int elementSize() {
    return Math.max(1, dataset.getDataType().getSize());
  }

  /// Elements of this dataset as a tensor of these extents.
  Tensor tensor(Object flat, int... dims) throws FormatException {
    Shape shape = file.checked(place, () -> Shape.of(dims));
    if (shape.size() == 0) {
      return Tensor.of(new float[0], dims);
    }
    return switch (flat) {
      case float[] floats -> Tensor.of(floats, dims);
      case double[] doubles -> Tensor.of(doubles, dims);
      case byte[] bytes -> integers(bytes, shape);
      case short[] shorts -> integers(shorts, shape);
      case int[] ints -> Tensor.of(ints, shape);
      case long[] longs -> integers(longs, shape);
      case boolean[] flags -> Tensor.of(flags, dims);
      case Object[] names when isFlag(dataset.getDataType()) -> flags(names, dims);
      default -> {
        if (Array.getLength(flat) == 1 && Array.get(flat, 0) instanceof Number number) {
          yield integers(new long[] {number.longValue()}, shape);
        }
        throw fault("has elements of the type %s, not numbers".formatted(typeName()));
      }
    };
  }

  private static Tensor flags(Object[] names, int[] dims) {
    boolean[] flags = new boolean[names.length];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = "TRUE".equals(names[i]);
    }
    return Tensor.of(flags, dims);
  }

  private static Tensor integers(Object array, Shape shape) {
    long[] longs = new long[shape.size()];
    int[] ints = new int[longs.length];
    boolean fits = true;
    for (int i = 0; i < longs.length; i++) {
      longs[i] = Array.getLong(array, i);
      ints[i] = (int) longs[i];
      fits &= ints[i] == longs[i];
    }
    return fits ? Tensor.of(ints, shape) : Tensor.of(longs, DType.I64, shape);
  }

  private String typeName() {
    return dataset.getDataType().getClass().getSimpleName();
  }

  boolean isText() throws FormatException {
    return file.checked(place, dataset::getJavaType) == String.class
        && !(dataset.getDataType() instanceof EnumDataType);
  }

  /// All texts of a vector of them, or a single one.
  List<String> texts() throws FormatException {
    if (!isText() || dims().length > 1) {
      throw fault("has elements of the type %s, not texts".formatted(typeName()));
    }
    requireSize(dims());
    Object flat = file.checked(place, dataset::getDataFlat);
    return switch (flat) {
      case String[] texts -> List.of(texts);
      case String text -> List.of(text);
      default -> List.of();
    };
  }

  /// Rows of bytes: those of a matrix, or of any lengths.
  List<byte[]> byteRows() throws FormatException {
    requireSize(dims());
    Object rows = file.checked(place, dataset::getData);
    List<byte[]> all = new ArrayList<>();
    for (int i = 0; rows instanceof Object[] && i < Array.getLength(rows); i++) {
      if (!(Array.get(rows, i) instanceof int[] unsigned)) {
        throw fault("has elements of the type %s, not bytes".formatted(typeName()));
      }
      byte[] bytes = new byte[unsigned.length];
      for (int k = 0; k < bytes.length; k++) {
        bytes[k] = (byte) unsigned[k];
      }
      all.add(bytes);
    }
    return all;
  }

  /// Truth values `[N]`, or `[N, 1]`: NumPy's booleans, or numbers that are 0 or 1.
  boolean[] flags() throws FormatException {
    Tensor values = tensor();
    boolean[] flags = new boolean[values.shape().size()];
    double[] numbers = values.toDoubles();
    for (int i = 0; i < flags.length; i++) {
      if (numbers[i] != 0 && numbers[i] != 1) {
        throw fault("has %s in row %d, which is no truth value".formatted(numbers[i], i));
      }
      flags[i] = numbers[i] == 1;
    }
    return flags;
  }

  /// Whether this is what NumPy's booleans become: an enumeration of FALSE and TRUE.
  static boolean isFlag(DataType type) {
    return type instanceof EnumDataType names
        && names.getEnumMapping().equals(Map.of(0, "FALSE", 1, "TRUE"));
  }
}
