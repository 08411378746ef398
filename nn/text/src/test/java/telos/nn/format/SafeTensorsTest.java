package telos.nn.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

final class SafeTensorsTest {
  static final String GOLDEN =
      "{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}";

  static byte[] file(String json, int data) {
    return file(json.getBytes(StandardCharsets.UTF_8), data);
  }

  static byte[] file(byte[] json, int data) {
    return ByteBuffer.allocate(8 + json.length + data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  static Map<String, Tensor> read(byte[] file) throws IOException {
    return MappedTensors.of("file", MemorySegment.ofArray(file)).tensors();
  }

  static String fault(byte[] file) {
    return String.valueOf(assertThrows(FormatException.class, () -> read(file)).getMessage());
  }

  static byte[] written(Map<String, Tensor> tensors) throws IOException {
    var out = new ByteArrayOutputStream();
    SafeTensors.write(out, tensors, StoredType.F32, Map.of());
    return out.toByteArray();
  }

  @Test
  void goldenFileReads() throws IOException {
    byte[] golden = file(GOLDEN, 16);
    assertEquals(84, golden.length);
    assertEquals(0x3c, golden[0]);
    var tensors = read(golden);
    assertEquals(List.of("test"), List.copyOf(tensors.keySet()));
    assertEquals(Shape.of(2, 2), tensors.get("test").shape());
    assertArrayEquals(new int[4], tensors.get("test").toInts());
  }

  @Test
  void whiteSpaceAroundTheHeaderIsRead() throws IOException {
    assertEquals(1, read(file("\t\n" + GOLDEN + "\r  ", 16)).size());
    assertEquals(0, read(file("{}", 0)).size());
    fault(file("\ufeff" + GOLDEN, 16));
    fault(file("\0" + GOLDEN, 16));
  }

  @Test
  void writesTheBytesOfTheReference() throws IOException {
    var tensors = new LinkedHashMap<String, Tensor>();
    tensors.put("b", Tensor.of(1f));
    tensors.put("flag", Tensor.of(true, false));
    tensors.put("a\"", Tensor.of(new float[] {2, 3}, 1, 2));
    tensors.put("wide", Tensor.of(1.5));
    tensors.put("n", Tensor.of(new int[] {-1}, Shape.SCALAR));
    var out = new ByteArrayOutputStream();
    SafeTensors.write(out, tensors, StoredType.F32, Map.of("format", "pt"));
    var json =
        """
        {"__metadata__":{"format":"pt"},\
        "wide":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},\
        "a\\"":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},\
        "b":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},\
        "n":{"dtype":"I32","shape":[],"data_offsets":[20,24]},\
        "flag":{"dtype":"BOOL","shape":[2],"data_offsets":[24,26]}}\
        """;
    var padded = json + " ".repeat(-json.length() & 7);
    var expected =
        ByteBuffer.wrap(file(padded, 26))
            .order(ByteOrder.LITTLE_ENDIAN)
            .position(8 + padded.length())
            .putDouble(1.5)
            .putFloat(2)
            .putFloat(3)
            .putFloat(1)
            .putInt(-1)
            .put((byte) 1)
            .array();
    assertEquals(
        new String(expected, StandardCharsets.ISO_8859_1),
        out.toString(StandardCharsets.ISO_8859_1));
  }

  @Test
  void namesAreSortedByTheirBytes() throws IOException {
    var tensors = Map.of("\uffee", Tensor.of(1f), "\ud83d\ude00", Tensor.of(2f));
    assertEquals(List.of("\uffee", "\ud83d\ude00"), List.copyOf(read(written(tensors)).keySet()));
  }

  @Property(tries = 100)
  void roundTripKeepsNamesShapesAndBits(
      @ForAll @Size(max = 6) Map<String, @Size(max = 40) float[]> values, @ForAll boolean column)
      throws IOException {
    var tensors = new LinkedHashMap<String, Tensor>();
    values.forEach((name, v) -> {
      if (StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
        tensors.put(name, column ? Tensor.of(v, v.length, 1) : Tensor.of(v));
      }
    });
    byte[] file = written(tensors);
    var back = read(file);
    assertEquals(tensors.keySet(), back.keySet());
    tensors.forEach((name, tensor) -> {
      assertEquals(tensor.shape(), back.get(name).shape());
      assertArrayEquals(tensor.toFloats(), back.get(name).toFloats());
    });
    assertEquals(0, ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8);
    assertArrayEquals(file, written(back));
  }

  @Property(tries = 200)
  void brainFloatsRoundToNearestEven(@ForAll int bits) {
    float value = Float.intBitsToFloat(bits);
    float back = Float.intBitsToFloat(Elements.brainFloat(value) << 16);
    if (Float.isNaN(value)) {
      assertTrue(Float.isNaN(back));
      return;
    }
    int low = Float.floatToRawIntBits(value) & 0xffff0000;
    double down = Float.intBitsToFloat(low);
    float above = Float.intBitsToFloat(low + 0x10000);
    double up = Float.isInfinite(above) ? Math.copySign(0x1p128, value) : above;
    boolean odd = (low >>> 16 & 1) == 1;
    double toDown = Math.abs(value - down);
    double toUp = Math.abs(up - value);
    assertEquals(toDown < toUp || toDown == toUp && !odd ? (float) down : (float) up, back);
  }

  @Test
  void smallTypesAreWidened() throws IOException {
    var json =
        """
        {"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},\
        "b":{"dtype":"BF16","shape":[1],"data_offsets":[8,10]},\
        "h":{"dtype":"F16","shape":[1],"data_offsets":[10,12]},\
        "s":{"dtype":"I16","shape":[1],"data_offsets":[12,14]},\
        "c":{"dtype":"I8","shape":[1],"data_offsets":[14,15]},\
        "u":{"dtype":"U8","shape":[1],"data_offsets":[15,16]},\
        "t":{"dtype":"BOOL","shape":[2],"data_offsets":[16,18]}}\
        """;
    byte[] file = file(json, 18);
    var data = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(file.length - 18);
    data.putLong(-5).putShort((short) 0xc000).putShort((short) 0x3555).putShort((short) -300);
    data.put((byte) -1).put((byte) 0xff).put((byte) 2);
    var read = read(file);
    assertEquals(-5, read.get("i").item());
    assertEquals(-2, read.get("b").item());
    assertEquals(Float.float16ToFloat((short) 0x3555), read.get("h").item());
    assertEquals(-300, read.get("s").item());
    assertEquals(-1, read.get("c").item());
    assertEquals(255, read.get("u").item());
    assertArrayEquals(new boolean[] {true, false}, read.get("t").toBooleans());
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(file.length - 18, 1L << 31);
    assertTrue(fault(file).contains("2147483648 at element 0"));
  }

  @Test
  void halvesAreWrittenOnRequest(@TempDir Path directory) throws IOException {
    var file = directory.resolve("half.safetensors");
    float[] values = {1, 1.00390625f, 1.01171875f, -0f, Float.NaN, Float.POSITIVE_INFINITY, 65536};
    for (var type : List.of(StoredType.BF16, StoredType.F16)) {
      SafeTensors.write(file, Map.of("x", Tensor.of(values)), type, Map.of());
      assertEquals(type, SafeTensors.inspect(file).entries().getFirst().type());
      float[] back = SafeTensors.read(file).get("x").toFloats();
      assertArrayEquals(
          type == StoredType.BF16
              ? new float[] {1, 1, 1.015625f, -0f, Float.NaN, Float.POSITIVE_INFINITY, 65536}
              : new float[] {
                1,
                1.00390625f,
                1.01171875f,
                -0f,
                Float.NaN,
                Float.POSITIVE_INFINITY,
                Float.POSITIVE_INFINITY
              },
          back);
    }
  }

  @Test
  void blocksJoinWithoutSeam() throws IOException {
    var values = new float[100_003];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    assertArrayEquals(values, read(written(Map.of("x", Tensor.of(values)))).get("x").toFloats());
  }

  @Test
  void storageOnlyTypesKeepTheirType() throws IOException {
    var tensors = Map.of("l", Tensor.of(new long[] {3}, DType.I64, Shape.of(1)));
    assertEquals(3, read(written(tensors)).get("l").item());
  }

  @Test
  void errorsNameTheFileAndLeaveTheOldOne(@TempDir Path directory) throws IOException {
    var file = directory.resolve("model.safetensors");
    var missing = assertThrows(IOException.class, () -> SafeTensors.read(file));
    assertEquals("cannot read %s: no such file".formatted(file), missing.getMessage());
    SafeTensors.write(file, Map.of("x", Tensor.of(1f)));
    assertEquals(Map.of("format", "pt"), SafeTensors.inspect(file).metadata());
    assertThrows(FormatException.class, () -> SafeTensors.read(file, 20));
    assertThrows(
        IllegalArgumentException.class,
        () -> SafeTensors.write(file, Map.of("__metadata__", Tensor.of(1f))));
    assertThrows(
        IOException.class,
        () ->
            AtomicFiles.write(
                file,
                out -> {
                  out.write(1);
                  throw new IOException("No space left on device");
                }));
    assertEquals(1, SafeTensors.read(file).size());
    try (var files = Files.list(directory)) {
      assertEquals(List.of(file), new ArrayList<>(files.toList()));
    }
    var below = file.resolve("x");
    var refused =
        assertThrows(IOException.class, () -> SafeTensors.write(below, Map.of("x", Tensor.of(1f))));
    assertTrue(refused.getMessage().startsWith("cannot write " + below), refused.getMessage());
  }

  @Test
  void statisticsAreThoseOfTheNumbers(@TempDir Path folder) throws IOException {
    var file = folder.resolve("model.safetensors");
    double[] many = new double[40_000];
    Arrays.setAll(many, i -> i - 10_000);
    many[7] = Double.NaN;
    SafeTensors.write(
        file,
        Map.of(
            "many",
            Tensor.of(many, 40_000),
            "ids",
            Tensor.of(3, -1, 4),
            "none",
            Tensor.zeros(0),
            "nan",
            Tensor.of(Float.NaN)));
    var statistics = SafeTensors.statistics(file);
    double mean = (39_999 * 20_000.0 - 10_000 * 40_000.0 - (7 - 10_000)) / 39_999;
    assertEquals(new TensorStatistics(1, -10_000, 29_999, mean), statistics.get("many"));
    assertEquals(new TensorStatistics(0, -1, 4, 2), statistics.get("ids"));
    var none = new TensorStatistics(0, Double.NaN, Double.NaN, Double.NaN);
    assertEquals(none, statistics.get("none"));
    assertEquals(1, statistics.get("nan").nan());
  }

  @Test
  void anIndexNamesFilesOfItsDirectory(@TempDir Path folder) throws IOException {
    var file = folder.resolve(ShardIndex.NAME);
    Files.writeString(folder.resolve("one"), "");
    Files.writeString(folder.resolve("two"), "");
    Files.writeString(file, "{\"weight_map\": {\"b\": \"two\", \"a\": \"one\", \"c\": \"two\"}}");
    var shards = ShardIndex.read(folder).shards();
    assertEquals(List.of("two", "one"), List.copyOf(shards.keySet()));
    assertEquals(java.util.Set.of("b", "c"), shards.get("two"));
    for (var name : List.of("../x", "/etc/x", ".hidden", "a\\\\b", "", "three")) {
      Files.writeString(file, "{\"weight_map\": {\"b\": \"" + name + "\"}}");
      assertThrows(FormatException.class, () -> ShardIndex.read(folder));
    }
    Files.writeString(file, "{\"weight_map\": 3}");
    assertThrows(FormatException.class, () -> ShardIndex.read(folder));
  }
}
