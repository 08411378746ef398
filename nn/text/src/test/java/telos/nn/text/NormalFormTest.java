package telos.nn.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.text.Normalizer;
import java.time.Duration;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class NormalFormTest {
  @Provide
  Arbitrary<String> texts() {
    var interesting =
        Arbitraries.of(
            "a", "q", "\u00e9", "\u0301", "\u0323", "\u0307", "\u0345", "\u0334", "\u1e0b", "\ufb01",
            "\u1100", "\u1161", "\u11a8", "\uac00", "\uff76", "\uff9e", "\u0915", "\u093c", "\u0bc6",
            "\u0bbe", "\u2460", "\u212b", "\ud834\udd57", "\ud834\udd65", "\u0f71", "\u0f72", "\u034f");
    return Arbitraries.oneOf(
        interesting.list().ofMaxSize(12).map(l -> String.join("", l)),
        interesting.list().ofMinSize(70).ofMaxSize(90).map(l -> String.join("", l)),
        Arbitraries.strings().ofMaxLength(20));
  }

  @Property(tries = 500)
  void isTheNormalForm(@ForAll("texts") String raw) {
    var text = Utf8.wellFormed(raw);
    for (var form : Normalizer.Form.values()) {
      var aligned = NormalForm.apply(form, Aligned.of(text));
      assertEquals(Normalizer.normalize(text, form), aligned.text());
      int last = 0;
      for (int i = 0; i < aligned.length(); i++) {
        assertTrue(aligned.start(i) >= last - 200 && aligned.end(i) <= text.length());
        assertTrue(aligned.start(i) < aligned.end(i));
        last = aligned.start(i);
      }
    }
  }

  /// Every character that joins what stands before it is known to: the first of its decomposition
  /// is one that is reordered, or composes backwards.
  @Test
  void allThatJoinsIsKnown() {
    for (int c = 0x80; c <= Character.MAX_CODE_POINT; c++) {
      if (Character.getType(c) == Character.SURROGATE || Character.getType(c) == Character.UNASSIGNED) {
        continue;
      }
      for (var form : new Normalizer.Form[] {Normalizer.Form.NFD, Normalizer.Form.NFKD}) {
        var parts = Normalizer.normalize(Character.toString(c), form);
        for (int i = Character.charCount(parts.codePointAt(0)); i < parts.length(); ) {
          int part = parts.codePointAt(i);
          // A later part that composes in NFC must join wherever it stands.
          var composed = Normalizer.normalize(parts, Normalizer.Form.NFC);
          boolean composes = composed.codePointCount(0, composed.length()) < parts.codePointCount(0, parts.length());
          assertTrue(!composes || NormalForm.joins(part), "U+%04X in U+%04X".formatted(part, c));
          i += Character.charCount(part);
        }
        assertTrue(
            NormalForm.joins(c) || !NormalForm.joins(parts.codePointAt(0)),
            "U+%04X begins with a joining character".formatted(c));
      }
    }
  }

  @Test
  void aMillionMarksTakeLinearTime() {
    for (var marks : new String[] {"\u0301", "\u0301\u0323", "\u0345\u0334\u0301", "\u1161"}) {
      var run = "a" + marks.repeat(1_000_000 / marks.length());
      for (var form : Normalizer.Form.values()) {
        var normal =
            assertTimeout(
                Duration.ofSeconds(10), () -> NormalForm.apply(form, Aligned.of(run)).text());
        assertTrue(normal.length() >= 999_990 && normal.length() <= 1_000_001);
      }
    }
  }
}
