package telos.nn.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class TokenizerTest {
  private final Tokenizer bytes = new ByteTokenizer();

  @Test
  void bytesAreOffsetByTheSpecialTokens() {
    assertArrayEquals(new int[] {69, 4 + 0xc3, 4 + 0xa9}, bytes.encode("Aé"));
    assertEquals(260, bytes.vocabularySize());
    assertEquals("A", bytes.decode(Tokenizer.BOS, 69, Tokenizer.EOS, Tokenizer.PAD));
    assertEquals("<sep>", bytes.token(Tokenizer.SEP));
    assertEquals("Ġ", bytes.token(4 + ' '));
    assertThrows(IndexOutOfBoundsException.class, () -> bytes.token(260));
  }

  @Property(tries = 200)
  void decodingUndoesEncoding(@ForAll String text) {
    var formed = Utf8.wellFormed(text);
    assertEquals(formed, bytes.decode(bytes.encode(text)));
    var characters = CharTokenizer.of(text);
    assertEquals(formed, characters.decode(characters.encode(text)));
    assertEquals(formed.codePoints().distinct().count() + 4, characters.vocabularySize());
  }

  @Property(tries = 200)
  void anyIdsDecode(@ForAll @Size(max = 30) int[] ids) {
    for (int id : ids) {
      var one = bytes.decode(id);
      assertTrue(id >= 0 && id < 4 ? one.isEmpty() : !one.isEmpty());
    }
    bytes.decode(ids);
    CharTokenizer.of("abc").decode(ids);
  }

  @Test
  void halfSurrogatePairsBecomeTheReplacementCharacter() {
    assertEquals("a\ufffdb\ufffd", bytes.decode(bytes.encode("a\ud800b\udc00")));
    assertEquals("\ud83d\ude00\ufffd", Utf8.wellFormed("\ud83d\ude00\ud83d"));
    assertEquals("?", Utf8.wellFormed("?"));
  }

  @Test
  void charactersAreInAscendingOrder() {
    var tokenizer = CharTokenizer.of("hello");
    assertArrayEquals(new int[] {5, 4, 6, 6, 7}, tokenizer.encode("hello"));
    assertEquals("e", tokenizer.token(4));
    var unknown = assertThrows(IllegalArgumentException.class, () -> tokenizer.encode("help"));
    assertTrue(unknown.getMessage().contains("'p' (U+0070)"), unknown.getMessage());
  }

  @Test
  void theByteAlphabetIsOneToOne() {
    assertEquals(256, IntStream.range(0, 256).map(ByteAlphabet::character).distinct().count());
    assertEquals('Ċ', ByteAlphabet.character('\n'));
    assertEquals('\u0143', ByteAlphabet.character(173));
    for (int b = 0; b < 256; b++) {
      byte[] one = {(byte) b};
      assertArrayEquals(one, ByteAlphabet.bytes(ByteAlphabet.characters(one)));
    }
  }
}
