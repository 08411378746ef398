package telos.rl.data;

import io.jhdf.ObjectHeader;
import io.jhdf.Superblock;
import io.jhdf.api.WritableAttributeImpl;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.message.AttributeInfoMessage;
import io.jhdf.object.message.AttributeMessage;
import io.jhdf.object.message.DataLayoutMessage.ContiguousDataLayoutMessage;
import io.jhdf.object.message.DataSpace;
import io.jhdf.object.message.DataSpaceMessage;
import io.jhdf.object.message.DataTypeMessage;
import io.jhdf.object.message.FillValueMessage;
import io.jhdf.object.message.GroupInfoMessage;
import io.jhdf.object.message.LinkInfoMessage;
import io.jhdf.object.message.LinkMessage;
import io.jhdf.object.message.Message;
import io.jhdf.storage.HdfBackingStorage;
import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import telos.nn.format.Json;
import telos.tensor.Tensor;

/// Writes an HDF5 file from the leaves to the root, each object as it comes: nothing stays in
/// memory but where the objects are. jHDF encodes the messages; its own writer would hold all data
/// until the end. The parts of a file may lie in any order, and the superblock at its beginning,
/// written last, says where the root is.
final class Hdf5Writer implements AutoCloseable {
  private static final int SUPERBLOCK_BYTES = 48;

  /// What a link message counts the name's bytes in.
  private static final int MOST_NAME_BYTES = 254;

  /// What an object header counts a message's bytes in.
  private static final int MOST_MESSAGE_BYTES = 65_535;

  private final FileChannel channel;
  private long end = SUPERBLOCK_BYTES;

  /// Begins a new file.
  Hdf5Writer(Path file) throws IOException {
    channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /// NumPy's boolean: an enumeration of one byte, FALSE 0 and TRUE 1.
  private static final class Flag extends DataType {
    private static final int ENUMERATION = 8;

    Flag() {
      super(ENUMERATION, 1);
      classBits.set(1); // two members
    }

    @Override
    public Class<?> getJavaType() {
      return boolean.class;
    }

    @Override
    public Object fillData(ByteBuffer buffer, int[] dimensions, HdfBackingStorage storage) {
      throw new UnsupportedOperationException("written only");
    }

    @Override
    public ByteBuffer encodeData(Object data) {
      return ByteBuffer.wrap(new byte[] {(byte) ((boolean) data ? 1 : 0)});
    }

    @Override
    public ByteBuffer toBuffer() {
      return toBufferBuilder()
          .writeBuffer(DataType.fromObject((byte) 0).toBuffer())
          .writeBytes("FALSE\0\0\0TRUE\0\0\0\0".getBytes(StandardCharsets.US_ASCII))
          .writeBytes(new byte[] {0, 1})
          .build();
    }
  }

  /// A dataset of numbers.
  ///
  /// @return where it is
  long numbers(Tensor values) throws IOException {
    int[] dims = values.shape().dims();
    Object array = values.toArray();
    return switch (values.dtype()) {
      case BOOL -> dataset(new Flag(), dims, ByteBuffer.wrap((byte[]) array));
      case F32, F64, I32, I64 -> dataset(typeOf(array), dims, bytes(array));
      default ->
          throw new IllegalArgumentException("HDF5: " + values.dtype() + " has no form there");
    };
  }

  /// As [#numbers], of 64-bit integers.
  long longs(Tensor values) throws IOException {
    long[] longs = Arrays.stream(values.toInts()).asLongStream().toArray();
    return dataset(typeOf(longs), values.shape().dims(), bytes(longs));
  }

  /// As [#numbers], of 8-bit integers 0 and 1.
  long bits(Tensor values) throws IOException {
    byte[] bytes = (byte[]) values.toArray();
    return dataset(typeOf(bytes), values.shape().dims(), ByteBuffer.wrap(bytes));
  }

  /// Of the elements of an array, which may be empty.
  private static DataType typeOf(Object array) {
    return DataType.fromObject(Array.newInstance(array.getClass().getComponentType(), 1));
  }

  private static ByteBuffer bytes(Object array) {
    int count = Array.getLength(array);
    int width = array instanceof double[] || array instanceof long[] ? 8 : 4;
    var bytes =
        ByteBuffer.allocate(Math.multiplyExact(count, width)).order(ByteOrder.nativeOrder());
    switch (array) {
      case float[] floats -> bytes.asFloatBuffer().put(floats);
      case double[] doubles -> bytes.asDoubleBuffer().put(doubles);
      case int[] ints -> bytes.asIntBuffer().put(ints);
      case long[] longs -> bytes.asLongBuffer().put(longs);
      default -> throw new IllegalArgumentException("HDF5: no numbers: " + array.getClass());
    }
    return bytes;
  }

  /// A dataset of texts, UTF-8 of the length of the longest.
  long texts(List<String> texts) throws IOException {
    for (String text : texts) {
      if (text.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("HDF5: a text with the character U+0000 has no end");
      }
    }
    String[] array = texts.toArray(String[]::new);
    DataType type = DataType.fromObject(array);
    return dataset(type, new int[] {array.length}, type.encodeData(array).rewind());
  }

  private long dataset(DataType type, int[] dims, ByteBuffer data) throws IOException {
    long size = data.remaining();
    long at = append(data);
    return object(
        List.of(
            DataTypeMessage.create(type),
            DataSpaceMessage.create(space(dims)),
            FillValueMessage.NO_FILL,
            ContiguousDataLayoutMessage.create(at, size)));
  }

  private static DataSpace space(int[] dims) {
    int[] ones = new int[dims.length];
    Arrays.fill(ones, 1);
    return dims.length == 0
        ? DataSpace.fromObject(0)
        : DataSpace.modifyDimensions(
            DataSpace.fromObject(Array.newInstance(int.class, ones)), dims);
  }

  /// A group of objects written before. Names are sorted, so that equal content has equal bytes.
  ///
  /// @param links where they are, by name
  /// @param attributes objects become names such as `options/gravity`
  long group(Map<String, Long> links, Json.Obj attributes) throws IOException {
    List<Message> messages = new ArrayList<>();
    messages.add(GroupInfoMessage.createBasic());
    messages.add(LinkInfoMessage.createBasic());
    new TreeMap<>(links)
        .forEach((name, address) -> messages.add(LinkMessage.create(named(name), address)));
    if (!attributes.fields().isEmpty()) {
      messages.add(AttributeInfoMessage.create());
      attributes(messages, "", attributes);
    }
    return object(messages);
  }

  private static String named(String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (name.isBlank() || name.contains("/") || name.equals(".") || bytes > MOST_NAME_BYTES) {
      throw new IllegalArgumentException(
          "HDF5: \"%s\" is no name there; needs 1 to %d bytes without a slash"
              .formatted(name, MOST_NAME_BYTES));
    }
    return name;
  }

  private static void attributes(List<Message> into, String prefix, Json.Obj attributes) {
    new TreeMap<>(attributes.fields())
        .forEach((name, value) -> {
          if (value instanceof Json.Obj below) {
            attributes(into, prefix + name + "/", below);
          } else {
            into.add(attribute(prefix + name, value));
          }
        });
  }

  private static Message attribute(String name, Json value) {
    Object data =
        switch (value) {
          case Json.Str(var text) -> text;
          case Json.Bool(var truth) -> truth;
          case Json.Num number ->
              isLong(number) ? (Object) longOf(number) : (Object) doubleOf(number);
          case Json.Arr(var items) when !items.isEmpty() -> array(name, items);
          default -> throw formless(name, value);
        };
    var attribute =
        new WritableAttributeImpl(name, null, data) {
          @Override
          public DataType getDataType() {
            return data instanceof Boolean ? new Flag() : super.getDataType();
          }
        };
    Message message = AttributeMessage.create(name, attribute);
    if (message.toBuffer().capacity() > MOST_MESSAGE_BYTES) {
      throw new IllegalArgumentException(
          "HDF5: the attribute %s takes more than the %d bytes that there are for one"
              .formatted(name, MOST_MESSAGE_BYTES));
    }
    return message;
  }

  private static Object array(String name, List<Json> items) {
    if (items.stream().allMatch(Json.Str.class::isInstance)) {
      return items.stream().map(item -> ((Json.Str) item).value()).toArray(String[]::new);
    }
    if (items.stream().allMatch(item -> item instanceof Json.Num n && isLong(n))) {
      return items.stream().mapToLong(item -> longOf((Json.Num) item)).toArray();
    }
    if (items.stream().allMatch(Json.Num.class::isInstance)) {
      return items.stream().mapToDouble(item -> doubleOf((Json.Num) item)).toArray();
    }
    throw formless(name, new Json.Arr(items));
  }

  private static IllegalArgumentException formless(String name, Json value) {
    return new IllegalArgumentException(
        "HDF5: the attribute %s is %s, which has no form there; give texts, numbers, booleans, or lists of texts or numbers"
            .formatted(name, value.text()));
  }

  private static boolean isLong(Json.Num number) {
    return number.digits().matches("-?\\d{1,18}");
  }

  private static long longOf(Json.Num number) {
    return Long.parseLong(number.digits());
  }

  private static double doubleOf(Json.Num number) {
    return Double.parseDouble(number.digits());
  }

  private long object(List<Message> messages) throws IOException {
    return append(new ObjectHeader.ObjectHeaderV2(end, messages).toBuffer().rewind());
  }

  private long append(ByteBuffer bytes) throws IOException {
    long at = end;
    while (bytes.hasRemaining()) {
      end += channel.write(bytes, end);
    }
    return at;
  }

  /// Completes the file and forces it to the disk.
  void finish(long root) throws IOException {
    ByteBuffer superblock = new Superblock.SuperblockV2V3(0, root).toBuffer(end).rewind();
    channel.write(superblock, 0);
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
