package telos.rl.data;

import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.object.datatype.EnumDataType;
import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// An HDF5 file that is read with suspicion: whatever the library below does with a malformed one
/// becomes a [FormatException], what a dataset claims to hold is compared with what the file can
/// hold before memory is taken, and links are not followed.
final class Hdf5 implements AutoCloseable {
  /// Deflate makes at most 1032 bytes of one; no filter that such files use makes more.
  private static final long MOST_EXPANSION = 1032;

  private final Path path;
  private final HdfFile file;
  private final long size;

  private Hdf5(Path path, HdfFile file, long size) {
    this.path = path;
    this.file = file;
    this.size = size;
  }

  /// Opens a file. One that fits is mapped: then no size in it leads to an allocation before it has
  /// been compared with the file's.
  static Hdf5 open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new FormatException("%s: there is no such file".formatted(path));
    }
    long size = Files.size(path);
    HdfFile file;
    try (var channel = FileChannel.open(path)) {
      file =
          size > Integer.MAX_VALUE
              ? checked(path, "the file", () -> new HdfFile(path))
              : fromMemory(path, channel.map(FileChannel.MapMode.READ_ONLY, 0, size));
    }
    var opened = new Hdf5(path, file, size);
    long end = file.getHdfBackingStorage().getSuperblock().getEndOfFileAddress();
    if (end > size || end < 0) {
      opened.close();
      throw new FormatException(
          "%s: is cut short: it has %d of its %d bytes".formatted(path, size, end));
    }
    return opened;
  }

  private static HdfFile fromMemory(Path path, java.nio.ByteBuffer bytes) throws FormatException {
    return checked(path, "the file", () -> HdfFile.fromByteBuffer(bytes));
  }

  Branch root() {
    return new Branch(file, "");
  }

  @Override
  public void close() {
    file.close();
  }

  /// What is wrong, and where.
  FormatException fault(String place, String what) {
    return new FormatException("%s: %s %s".formatted(path, place, what));
  }

  @SuppressWarnings("CatchAndPrintStackTrace") // nothing is printed
  private static <T> T checked(Path path, String place, Supplier<T> action) throws FormatException {
    try {
      return action.get();
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      throw new FormatException(
          "%s: %s is no HDF5 that can be read: %s".formatted(path, place, reason(e)), e);
    }
  }

  private static String reason(Throwable e) {
    String message = e.getMessage();
    return message == null || message.isBlank()
        ? e.getClass().getSimpleName()
        : message.lines().findFirst().orElse("");
  }

  /// A group.
  final class Branch {
    private final Group group;
    private final String place;

    private Branch(Group group, String place) {
      this.group = group;
      this.place = place;
    }

    /// Its name in the file.
    String place() {
      return place.isEmpty() ? "the root" : place;
    }

    Set<String> names() throws FormatException {
      return new TreeSet<>(checked(path, place(), () -> group.getChildren().keySet()));
    }

    boolean has(String name) throws FormatException {
      return names().contains(name);
    }

    private String at(String name) {
      return place.isEmpty() ? name : place + "/" + name;
    }

    private Node node(String name) throws FormatException {
      Node node = checked(path, at(name), () -> group.getChildren().get(name));
      if (node == null) {
        throw fault(at(name), "is missing; it has " + names());
      }
      if (node.isLink()) {
        throw fault(at(name), "is a link, and links are not followed");
      }
      return node;
    }

    boolean isBranch(String name) throws FormatException {
      return node(name) instanceof Group;
    }

    Branch branch(String name) throws FormatException {
      if (node(name) instanceof Group child) {
        return new Branch(child, at(name));
      }
      throw fault(at(name), "is no group, which it must be");
    }

    Leaf leaf(String name) throws FormatException {
      if (node(name) instanceof Dataset dataset) {
        return new Leaf(dataset, at(name));
      }
      throw fault(at(name), "is no dataset, which it must be");
    }

    /// Its attributes; a name such as `options/gravity` is a field of an object.
    Json.Obj attributes() throws FormatException {
      Map<String, Object> all = new LinkedHashMap<>();
      for (var entry : new java.util.TreeMap<>(attributesByName()).entrySet()) {
        put(all, entry.getKey(), value(entry.getKey(), entry.getValue()));
      }
      return (Json.Obj) Json.of(all);
    }

    private Map<String, Attribute> attributesByName() throws FormatException {
      return checked(path, place(), group::getAttributes);
    }

    @SuppressWarnings("unchecked")
    private void put(Map<String, Object> into, String name, Object value) throws FormatException {
      int slash = name.indexOf('/');
      if (slash < 0) {
        into.put(name, value);
      } else {
        Object below = into.computeIfAbsent(name.substring(0, slash), _ -> new LinkedHashMap<>());
        if (!(below instanceof Map)) {
          throw fault(place(), "has the attribute %s twice".formatted(name.substring(0, slash)));
        }
        put((Map<String, Object>) below, name.substring(slash + 1), value);
      }
    }

    private Object value(String name, Attribute attribute) throws FormatException {
      Object data =
          checked(
              path,
              at(name),
              () -> {
                Object read = attribute.getData();
                return read == null ? List.of() : read;
              });
      return json(data, attribute);
    }

    private static Object json(Object data, Attribute attribute) {
      if (data.getClass().isArray()) {
        var items = new ArrayList<>();
        for (int i = 0; i < Array.getLength(data); i++) {
          items.add(json(Array.get(data, i), attribute));
        }
        return items;
      }
      return switch (data) {
        case Byte number -> number.intValue();
        case Short number -> number.intValue();
        case Float number when !Float.isFinite(number) -> number.toString();
        case Double number when !Double.isFinite(number) -> number.toString();
        case Float _, Double _, Integer _, Long _, Boolean _, List<?> _ -> data;
        case java.math.BigInteger number -> new Json.Num(number.toString());
        default -> isFlag(attribute.getDataType()) ? data.equals("TRUE") : data.toString();
      };
    }
  }

  /// Whether this is what NumPy's booleans become: an enumeration of FALSE and TRUE.
  private static boolean isFlag(io.jhdf.object.datatype.DataType type) {
    return type instanceof EnumDataType names
        && names.getEnumMapping().equals(Map.of(0, "FALSE", 1, "TRUE"));
  }

  /// A dataset.
  final class Leaf {
    private final Dataset dataset;
    private final String place;

    private Leaf(Dataset dataset, String place) {
      this.dataset = dataset;
      this.place = place;
    }

    FormatException fault(String what) {
      return Hdf5.this.fault(place, what);
    }

    int[] dims() throws FormatException {
      return checked(path, place, dataset::getDimensions);
    }

    /// Refuses other extents.
    Leaf requireDims(int... dims) throws FormatException {
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
      return tensor(checked(path, place, dataset::getDataFlat), dims());
    }

    /// The rows `from` to `to - 1` in one array, for [#tensor(Object, int\[\])].
    Object array(int from, int to) throws FormatException {
      int[] dims = dims();
      dims[0] = to - from;
      requireSize(dims);
      long[] start = new long[dims.length];
      start[0] = from;
      Object nested = checked(path, place, () -> dataset.getData(start, dims));
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
          checked(
              path,
              place,
              () -> Arrays.stream(dims).asLongStream().reduce(elementSize(), Math::multiplyExact));
      long most = dataset instanceof ChunkedDataset ? size * MOST_EXPANSION : size;
      if (bytes < 0 || bytes > Math.min(most, Integer.MAX_VALUE - 8L)) {
        throw fault(
            "claims %d bytes, more than the %d of the file or one array can hold"
                .formatted(bytes, size));
      }
    }

    private int elementSize() {
      return Math.max(1, dataset.getDataType().getSize());
    }

    /// Elements of this dataset as a tensor of these extents.
    Tensor tensor(Object flat, int... dims) throws FormatException {
      Shape shape = checked(path, place, () -> Shape.of(dims));
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
      return checked(path, place, dataset::getJavaType) == String.class
          && !(dataset.getDataType() instanceof EnumDataType);
    }

    /// All texts of a vector of them, or a single one.
    List<String> texts() throws FormatException {
      if (!isText() || dims().length > 1) {
        throw fault("has elements of the type %s, not texts".formatted(typeName()));
      }
      requireSize(dims());
      Object flat = checked(path, place, dataset::getDataFlat);
      return switch (flat) {
        case String[] texts -> List.of(texts);
        case String text -> List.of(text);
        default -> List.of();
      };
    }

    /// Rows of bytes: those of a matrix, or of any lengths.
    List<byte[]> byteRows() throws FormatException {
      requireSize(dims());
      Object rows = checked(path, place, dataset::getData);
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
  }
}
