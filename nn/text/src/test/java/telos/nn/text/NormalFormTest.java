package telos.nn.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.text.Normalizer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
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
            "a",
            "q",
            "\u00e9",
            "\u0301",
            "\u0323",
            "\u0307",
            "\u0345",
            "\u0334",
            "\u1e0b",
            "\ufb01",
            "\u1100",
            "\u1161",
            "\u11a8",
            "\uac00",
            "\uff76",
            "\uff9e",
            "\u0915",
            "\u093c",
            "\u0bc6",
            "\u0bbe",
            "\u2460",
            "\u212b",
            "\ud834\udd57",
            "\ud834\udd65",
            "\u0f71",
            "\u0f72",
            "\u034f");
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

  /// Whatever composes backwards, and whatever begins with that when it is decomposed, is known.
  @Test
  void allThatJoinsIsKnown() {
    var composing = new HashSet<Integer>();
    for (int c = 0x80; c <= Character.MAX_CODE_POINT; c++) {
      int type = Character.getType(c);
      if (type == Character.SURROGATE || type == Character.UNASSIGNED) {
        continue;
      }
      var text = Character.toString(c);
      var canonical = Normalizer.normalize(text, Normalizer.Form.NFD).codePoints().toArray();
      for (int i = 1; i < canonical.length; i++) {
        assertTrue(NormalForm.joins(canonical[i]), "U+%04X in U+%04X".formatted(canonical[i], c));
        composing.add(canonical[i]);
      }
      int first = Normalizer.normalize(text, Normalizer.Form.NFKD).codePointAt(0);
      boolean moves =
          composing.contains(first)
              || NormalForm.swaps(first, 0x334)
              || NormalForm.swaps(0x345, first);
      assertTrue(NormalForm.joins(c) || !moves, "U+%04X begins with what joins".formatted(c));
    }
  }

  @Test
  void halfAMillionMarksTakeLinearTime() {
    for (var marks : new String[] {"\u0301", "\u0301\u0323", "\u0345\u0334\u0301", "\u1161"}) {
      var run = "a" + marks.repeat(500_000 / marks.length());
      for (var form : List.of(Normalizer.Form.NFC, Normalizer.Form.NFKD)) {
        var normal =
            assertTimeout(
                Duration.ofSeconds(10), () -> NormalForm.apply(form, Aligned.of(run)).text());
        assertTrue(normal.length() >= 499_990 && normal.length() <= 500_001);
      }
    }
  }
}
