package telos.nn.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.format.FormatException;

final class PreferenceDataTest {
  private static final String LINES =
      """
      {"chosen": "\\n\\nHuman: Hi\\n\\nAssistant: Hello.", "rejected": "\\n\\nHuman: Hi\\n\\nAssistant: He?"}

      {"prompt": "The sky is", "chosen": " blue.", "rejected": " green.", "score": [[1]]}
      {"chosen": "The sky is blueish", "rejected": "The sky is blue", "prompt": null}
      """;
  private static final List<PreferencePair> PAIRS =
      List.of(
          new PreferencePair("\n\nHuman: Hi\n\nAssistant:", " Hello.", " He?"),
          new PreferencePair("The sky is", " blue.", " green."),
          new PreferencePair("The sky is", " blueish", " blue"));

  @TempDir Path directory;

  private static byte[] gzip(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private String fault(byte[] content) throws IOException {
    var file = Files.write(directory.resolve("pairs.jsonl"), content);
    var fault = assertThrows(FormatException.class, () -> PreferenceData.read(file));
    assertTrue(fault.getMessage().startsWith(file.toString()), fault.getMessage());
    return fault.getMessage().substring(file.toString().length());
  }

  private String fault(String content) throws IOException {
    return fault(content.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void linesReadPlainAndCompressed() throws IOException {
    assertEquals(PAIRS, PreferenceData.read(Files.writeString(directory.resolve("a"), LINES)));
    assertEquals(PAIRS, PreferenceData.read(Files.write(directory.resolve("b.gz"), gzip(LINES))));
  }

  @Test
  void malformedLinesAreNamed() throws IOException {
    assertEquals(", line 2: has no \"rejected\"", fault("\n{\"chosen\": \"a\"}\n"));
    assertEquals(", line 1: \"chosen\" is not a string", fault("{\"chosen\": 1}"));
    assertTrue(fault("{\"chosen\": [], \"rejected\": []}").contains("list of messages"));
    assertTrue(fault("[1]").contains("is not an object"));
    assertTrue(fault(LINES + "{\"chosen\": \"a\"").contains(", line 5: not valid JSON at column"));
    assertTrue(fault("{\"chosen\": \"a\", \"chosen\": \"b\"}").contains("Duplicate"));
    assertTrue(fault(LINES + "{} {}").contains("line 5: there is more after the JSON value"));
    assertTrue(fault(new byte[] {'"', (byte) 0xff, '"'}).contains("line 1: is not well-formed"));
    assertEquals(": has no pair", fault("\n"));
    assertThrows(IOException.class, () -> PreferenceData.read(directory.resolve("absent")));
  }

  @Test
  void damagedArchivesAreNamed() throws IOException {
    byte[] whole = gzip(LINES);
    for (int length = 2; length < whole.length; length++) {
      fault(Arrays.copyOf(whole, length));
    }
    whole[10] ^= 0x55;
    fault(whole);
  }

  @Test
  void promptsOfDialoguesEndAtTheLastSharedMarker() {
    var shared = "\n\nHuman: a\n\nAssistant: b\n\nHuman: c d";
    assertEquals(
        new PreferencePair("\n\nHuman: a\n\nAssistant:", " b\n\nHuman: c d1", " b\n\nHuman: c d2"),
        PreferencePair.of(shared + "1", shared + "2"));
    assertEquals("", PreferencePair.of("\n\nAssistant", "\n\nAssistant").prompt());
    assertEquals(
        new PreferencePair("\n\nAssistant:", "", " x"),
        PreferencePair.of("\n\nAssistant:", "\n\nAssistant: x"));
  }

  @Property(tries = 300)
  void promptAndAnswersAreTheTexts(
      @ForAll @CharRange(from = 'a', to = 'b') @Chars({' ', '\n'}) String shared,
      @ForAll String a,
      @ForAll String b) {
    var pair = PreferencePair.of(shared + a, shared + b);
    assertEquals(shared + a, pair.prompt() + pair.chosen());
    assertEquals(shared + b, pair.prompt() + pair.rejected());
    var prompt = pair.prompt();
    assertTrue(prompt.isEmpty() || !Character.isWhitespace(prompt.charAt(prompt.length() - 1)));
    assertTrue(prompt.isEmpty() || Character.isWhitespace(pair.chosen().charAt(0)));
  }
}
