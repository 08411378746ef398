package telos.nn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static telos.nn.format.SafeTensorsTest.GOLDEN;
import static telos.nn.format.SafeTensorsTest.fault;
import static telos.nn.format.SafeTensorsTest.file;
import static telos.nn.format.SafeTensorsTest.read;
import static telos.nn.format.SafeTensorsTest.written;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// What is no safetensors file is refused by the documented exception, in bounded memory.
final class SafeTensorsFaultsTest {
  /// One tensor `t` with raw JSON for its fields.
  private static byte[] one(String dtype, String shape, String offsets, int data) {
    return file(
        "{\"t\":{\"dtype\":%s,\"shape\":%s,\"data_offsets\":%s}}".formatted(dtype, shape, offsets),
        data);
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
}
