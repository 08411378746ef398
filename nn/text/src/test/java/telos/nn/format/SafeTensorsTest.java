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
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

final class SafeTensorsTest {
  private static final String GOLDEN =
      "{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}";

  private static byte[] file(String json, int data) {
    return file(json.getBytes(StandardCharsets.UTF_8), data);
  }

  private static byte[] file(byte[] json, int data) {
    return ByteBuffer.allocate(8 + json.length + data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  private static Map<String, Tensor> read(byte[] file) throws IOException {
    return MappedTensors.of("file", MemorySegment.ofArray(file)).tensors();
  }

  private static String fault(byte[] file) {
    return String.valueOf(assertThrows(FormatException.class, () -> read(file)).getMessage());
  }

  /// One tensor `t` with raw JSON for its fields.
  private static byte[] one(String dtype, String shape, String offsets, int data) {
    return file(
        "{\"t\":{\"dtype\":%s,\"shape\":%s,\"data_offsets\":%s}}".formatted(dtype, shape, offsets),
        data);
  }

  private static byte[] written(Map<String, Tensor> tensors) throws IOException {
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
  void oneByteMoreOrFewerIsRefused() {
    assertTrue(fault(Arrays.copyOf(file(GOLDEN, 16), 85)).contains("17 bytes of data"));
    assertTrue(fault(Arrays.copyOf(file(GOLDEN, 16), 83)).contains("15 bytes of data"));
  }

  @Test
  void truncationAtEveryByteIsRefused() {
    byte[] golden = file(GOLDEN, 16);
    for (int length = 0; length < golden.length; length++) {
      fault(Arrays.copyOf(golden, length));
    }
  }

  @Test
  void singleBitFlipsGiveAValueOrTheDocumentedException() throws IOException {
    byte[] golden =
        written(Map.of("a.b", Tensor.of(1f, 2f), "c", Tensor.of(new int[] {7}, Shape.SCALAR)));
    int header = 8 + ByteBuffer.wrap(golden).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
    int refused = 0;
    for (int bit = 0; bit < 8 * header; bit++) {
      byte[] flipped = golden.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        read(flipped);
      } catch (FormatException _) {
        refused++;
      }
    }
    assertTrue(refused > 7 * header, "only " + refused + " flips were noticed");
  }

  /// Headers with bytes exchanged, doubled, cut out, and digits and lengths changed.
  @Test
  void twoHundredThousandMutatedHeadersGiveAValueOrTheDocumentedException() throws IOException {
    byte[] golden =
        written(
            Map.of(
                "layer.0.weight", Tensor.of(new float[6], 2, 3),
                "layer.0.bias", Tensor.of(1f, 2f),
                "steps", Tensor.of(new int[] {7}, Shape.SCALAR)));
    int header = 8 + ByteBuffer.wrap(golden).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
    var random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] mutant = mutated(golden, header, random);
      try {
        for (var tensor : read(mutant).values()) {
          assertTrue(tensor.size() <= golden.length, "more elements than bytes");
        }
      } catch (FormatException _) {
        refused++;
      }
    }
    assertTrue(refused > 100_000, "only " + refused + " were refused");
  }

  private static byte[] mutated(byte[] golden, int header, Random random) {
    byte[] bytes = golden.clone();
    for (int change = random.nextInt(3); change >= 0; change--) {
      int at = 8 + random.nextInt(header - 8);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] = (byte) ('0' + random.nextInt(10));
        case 2 -> bytes[at] = bytes[8 + random.nextInt(header - 8)];
        case 3 -> {
          int length = random.nextInt(Math.min(12, header - at) + 1);
          System.arraycopy(golden, 8 + random.nextInt(header - 8 - length + 1), bytes, at, length);
        }
        default ->
            bytes[random.nextInt(8)] = (byte) (random.nextBoolean() ? 0 : random.nextInt(256));
      }
    }
    return bytes;
  }

  @Test
  void randomBytesAreRefusedInBoundedMemory() {
    byte[] noise = new byte[10_000_000];
    new Random(1).nextBytes(noise);
    fault(noise);
    ByteBuffer.wrap(noise).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 9_000_000);
    assertTrue(fault(noise).contains("UTF-8"));
    Arrays.fill(noise, 8, noise.length, (byte) '[');
    assertTrue(fault(noise).contains("header must be an object"));
    Arrays.fill(noise, 8, noise.length, (byte) ' ');
    fault(noise);
  }

  @Property(tries = 300)
  void randomHeadersGiveTheDocumentedException(
      @ForAll @Size(max = 60) byte[] json, @ForAll @IntRange(max = 20) int data) {
    try {
      read(file(json, data));
    } catch (FormatException _) {
      return;
    } catch (IOException e) {
      throw new AssertionError("not the documented exception", e);
    }
    assertEquals("{}", new String(json, StandardCharsets.UTF_8).strip());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          "I32"  | [2,2]        | [0,16]  | 17 | file has 17 bytes of data
          "I32"  | [2,2]        | [1,17]  | 17 | must begin at 0
          "I32"  | [2,2]        | [16,0]  | 16 | must begin at 0
          "I32"  | [2,3]        | [0,16]  | 16 | 24 bytes, but data_offsets
          "I32"  | [4294967296,4294967296] | [0,16] | 16 | overflows
          "I32"  | [4611686018427387904,8,0] | [0,0] | 0 | overflows
          "I32"  | [9223372036854775808] | [0,16] | 16 | not a number from 0
          "I32"  | [2,-2]       | [0,16]  | 16 | not a number from 0
          "I32"  | [-0]         | [0,0]   | 0  | not a number from 0
          "I32"  | [2.0,2]      | [0,16]  | 16 | whole numbers
          "I32"  | [2e0,2]      | [0,16]  | 16 | whole numbers
          "I32"  | ["2",2]      | [0,16]  | 16 | whole numbers
          "I32"  | [02,2]       | [0,16]  | 16 | not valid JSON
          "I32"  | 4            | [0,16]  | 16 | must be an array
          "I32"  | [2,2]        | [0]     | 16 | instead of [begin, end]
          "I32"  | [2,2]        | [0,16,16] | 16 | more than 2 numbers
          "I32"  | [2,2]        | {}      | 16 | must be an array
          "I33"  | [2,2]        | [0,16]  | 16 | does not exist
          "i32"  | [2,2]        | [0,16]  | 16 | does not exist
          7      | [2,2]        | [0,16]  | 16 | must be a string
          "F4"   | [3]          | [0,2]   | 2  | not a whole number of bytes
          "F4"   | [4]          | [0,2]   | 2  | does not load
          "U64"  | [1]          | [0,8]   | 8  | does not load
          "BOOL" | [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1] | [0,1] | 1 | more than 16 numbers
          "U8"   | [3000000000,0] | [0,0] | 0  | 2^31 - 1
          """)
  void malformedTensorsAreRefused(
      String dtype, String shape, String offsets, int data, String message) {
    var fault = fault(one(dtype, shape, offsets, data));
    assertTrue(fault.contains(message), fault);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          []              | must be an object
          {}x             | not valid JSON
          {} {}           | more after its object
          {"a":1}         | must be an object
          {"a":{}}        | has no data_offsets
          {"a":{"shape":[],"data_offsets":[0,4]}} | has no dtype
          {"a":{"dtype":"F32","data_offsets":[0,4]}} | has no shape
          {"__metadata__":{"a":1}} | must be a string
          {"__metadata__":[]} | must be an object
          {"__metadata__":{"a":"1","a":"2"}} | Duplicate
          {"__metadata__":{},"__metadata__":{}} | Duplicate
          {"a":{"x":[[[[[[[[1]]]]]]]]}} | depth
          {"a\\ud800":{}} | surrogate
          """)
  void malformedHeadersAreRefused(String json, String message) {
    var fault = fault(file(json, 0));
    assertTrue(fault.contains(message), fault);
  }

  @Test
  void overlapsAndHolesAreRefused() {
    var two =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[%d,%d]}}";
    assertTrue(fault(file(two.formatted(2, 6), 6)).contains("must begin at 4"));
    assertTrue(fault(file(two.formatted(5, 9), 9)).contains("must begin at 4"));
    assertTrue(fault(file(two.formatted(0, 4), 4)).contains("must begin at 4"));
  }

  @Test
  void lengthsAreCheckedFirst() {
    assertTrue(fault(new byte[7]).contains("at least 8"));
    byte[] huge = new byte[16];
    Arrays.fill(huge, 0, 8, (byte) 0xff);
    assertTrue(fault(huge).contains("18446744073709551615"));
    assertTrue(
        fault(ByteBuffer.allocate(9).order(ByteOrder.LITTLE_ENDIAN).putLong(2).array())
            .contains("only 1 follow"));
    assertTrue(fault(file(new byte[] {'{', '"', (byte) 0xc3, '"', '}'}, 0)).contains("at byte 10"));
    assertTrue(fault(file("{\"" + "n".repeat(4097) + "\":{}}", 0)).contains("4097"));
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
