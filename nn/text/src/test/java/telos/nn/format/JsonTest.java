package telos.nn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class JsonTest {
  private static Json read(String text) throws FormatException {
    return Json.read("file", text.getBytes(StandardCharsets.UTF_8));
  }

  private static String fault(String text) {
    return String.valueOf(assertThrows(FormatException.class, () -> read(text), text).getMessage());
  }

  @Provide
  Arbitrary<Json> values() {
    Arbitrary<Json> leaf =
        Arbitraries.oneOf(
            Arbitraries.strings().ofMaxLength(8).map(Json.Str::new),
            Arbitraries.longs().map(Json::of),
            Arbitraries.doubles().map(Json::of),
            Arbitraries.of(true, false).map(Json.Bool::new),
            Arbitraries.just(Json.Null.NULL));
    return Arbitraries.recursive(() -> leaf, JsonTest::nested, 0, 2);
  }

  private static Arbitrary<Json> nested(Arbitrary<Json> inner) {
    return Arbitraries.oneOf(
        inner.list().ofMaxSize(3).map(Json.Arr::new),
        Arbitraries.maps(Arbitraries.strings().alpha().ofMaxLength(4), inner)
            .ofMaxSize(3)
            .map(Json.Obj::new));
  }

  @Property(tries = 200)
  void readingUndoesWriting(@ForAll("values") Json value) throws FormatException {
    var text = value.text();
    if (StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      assertEquals(value, read(text));
    }
  }

  @Property(tries = 200)
  void doublesKeepTheirBits(@ForAll double value) {
    assertEquals(
        Double.doubleToRawLongBits(value),
        Double.doubleToRawLongBits(Double.parseDouble(((Json.Num) Json.of(value)).digits())));
  }

  @Test
  void fieldsKeepTheirOrderAndNumbersTheirDigits() throws FormatException {
    var text = "{\"z\":18446744073709551615,\"a\":[1e-5,-0,true,null,\"é\"]}";
    assertEquals(text, read(text).text());
    var fields = new LinkedHashMap<String, Object>();
    fields.put("b", 1);
    fields.put("a", List.of(0.1f, "x"));
    assertEquals("{\"b\":1,\"a\":[0.1,\"x\"]}", Json.of(fields).text());
    assertEquals(Json.Null.NULL, new Json.Obj(Map.of()).at("absent"));
  }

  @Test
  void malformedTextIsOneSentence() {
    for (var text : List.of("", " ", "{", "[1,]", "{\"a\"}", "nul", "01", "NaN", "'a'", "\"\n\"")) {
      var fault = fault(text);
      assertTrue(fault.startsWith("file: ") && fault.lines().count() == 1, fault);
    }
    assertTrue(fault("{\"a\":1,\"a\":2}").contains("Duplicate"));
    assertTrue(fault("1 2").contains("more after"));
    assertTrue(fault("[".repeat(65)).contains("depth"));
    assertTrue(fault("1".repeat(65)).contains("length"));
    var invalid =
        assertThrows(FormatException.class, () -> Json.read("file", new byte[] {(byte) 0xc3}));
    assertEquals("file: is not well-formed UTF-8", invalid.getMessage());
  }

  @Test
  void whatJsonCannotSayIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Json.of(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> Json.of(Float.POSITIVE_INFINITY));
    assertThrows(IllegalArgumentException.class, () -> Json.of(new Object()));
  }
}
