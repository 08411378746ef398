package telos.nn.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.tensor.Rng;

class DemonstrationStreamTest {
  private static final SubwordTokenizer TOKENIZER =
      SubwordTokenizer.train(List.of("the cat sat on the mat"), 260)
          .withSpecialTokens(List.of("<|im_start|>", "<|im_end|>", "<end>"));
  private static final Demonstrations DEMONSTRATIONS =
      new Demonstrations(
          TOKENIZER, Optional.of(ChatTemplate.chatMl()), TOKENIZER.specialId("<end>"), 64);

  @TempDir private Path folder;

  private static Path lines(Path folder, int count, boolean gzip) throws IOException {
    var text = new StringBuilder();
    for (int i = 1; i <= count; i++) {
      text.append("{\"text\": \"example %d\"}\n".formatted(i)).append(i % 5 == 0 ? "\n" : "");
    }
    Path file = folder.resolve(gzip ? "data.jsonl.gz" : "data.jsonl");
    try (OutputStream out = Files.newOutputStream(file);
        OutputStream packed = gzip ? new GZIPOutputStream(out) : out) {
      packed.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }
    return file;
  }

  private static DemonstrationStream stream(Path file, int buffer, long seed) throws IOException {
    var order = new DemonstrationStream.Order(buffer, Rng.of(seed), _ -> true);
    return DemonstrationStream.open(file, DEMONSTRATIONS, order);
  }

  private static List<Long> drawn(DemonstrationStream stream, int count) throws IOException {
    return stream.next(count).stream().map(Demonstration::line).toList();
  }

  @Test
  void anEpochHasEveryExampleOnceInAnOrderOfItsOwn() throws IOException {
    Path file = lines(folder, 40, false);
    assertEquals(40, DemonstrationStream.count(file, _ -> true));
    try (var stream = stream(file, 16, 1);
        var other = stream(file, 16, 2)) {
      var first = drawn(stream, 40);
      assertEquals(0, stream.epoch());
      var second = drawn(stream, 40);
      assertEquals(1, stream.epoch());
      assertEquals(40, new HashSet<>(first).size());
      assertEquals(new HashSet<>(first), new HashSet<>(second));
      assertNotEquals(first, second);
      assertNotEquals(first.stream().sorted().toList(), first);
      assertNotEquals(first, drawn(other, 40));
    }
    try (var plain = stream(file, 1, 1)) {
      var inOrder = drawn(plain, 40);
      assertEquals(inOrder.stream().sorted().toList(), inOrder);
    }
  }

  /// Any buffer, any moment, plain or compressed: the rest is the same.
  @Property(tries = 40)
  void aStreamGoesOnFromItsCursor(
      @ForAll @IntRange(min = 1, max = 30) int count,
      @ForAll @IntRange(min = 1, max = 40) int buffer,
      @ForAll @IntRange(max = 70) int before,
      @ForAll boolean gzip)
      throws IOException {
    Path own = Files.createTempDirectory("stream");
    Path file = lines(own, count, gzip);
    try (var stream = stream(file, buffer, 3);
        var again = stream(file, buffer, 3)) {
      stream.next(before);
      String cursor = stream.cursor().text();
      again.next(2);
      again.seek((Json.Obj) Json.read("cursor", cursor.getBytes(StandardCharsets.UTF_8)));
      assertEquals(cursor, again.cursor().text());
      assertEquals(drawn(stream, 50), drawn(again, 50));
      assertEquals(stream.epoch(), again.epoch());
    } finally {
      Files.delete(file);
      Files.delete(own);
    }
  }

  @Test
  void aSplitTakesEveryLineOnce() throws IOException {
    Path file = lines(folder, 40, false);
    var held =
        DemonstrationStream.first(file, DEMONSTRATIONS, line -> line % 4 == 0, 100).stream()
            .map(Demonstration::line)
            .toList();
    assertEquals(DemonstrationStream.count(file, line -> line % 4 == 0), held.size());
    var order = new DemonstrationStream.Order(100, Rng.of(1), line -> line % 4 != 0);
    try (var stream = DemonstrationStream.open(file, DEMONSTRATIONS, order)) {
      var rest = new HashSet<>(drawn(stream, 40 - held.size()));
      assertEquals(0, stream.epoch());
      rest.addAll(held);
      assertEquals(40, rest.size());
    }
    assertEquals(2, DemonstrationStream.first(file, DEMONSTRATIONS, _ -> true, 2).size());
  }

  @Test
  void aChangedFileIsRefused() throws IOException {
    Path file = lines(folder, 9, false);
    try (var stream = stream(file, 4, 1)) {
      stream.next(3);
      var cursor = stream.cursor();
      Files.writeString(file, Files.readString(file) + "{\"text\": \"more\"}\n");
      try (var again = stream(file, 4, 1)) {
        var refused = assertThrows(FormatException.class, () -> again.seek(cursor));
        assertTrue(refused.getMessage().contains("data.jsonl: has"), refused.getMessage());
      }
    }
  }

  @Test
  void aMalformedLineIsNamed() throws IOException {
    Path file = folder.resolve("bad.jsonl");
    for (String bad :
        List.of(
            "{\"text\": 3}",
            "{\"txt\": \"\"}",
            "[]",
            "{\"text\": \"a\"",
            "{\"messages\": []}",
            "{\"prompt\": \"a\"}",
            "{\"messages\": [{\"content\": \"a\"}]}",
            "\u0000")) {
      Files.writeString(file, "{\"text\": \"good\"}\n\n" + bad + "\n{\"text\": \"good\"}\n");
      var refused =
          assertThrows(
              FormatException.class, () -> DemonstrationStream.count(file, _ -> true), bad);
      assertTrue(refused.getMessage().contains("bad.jsonl, line 3: "), refused.getMessage());
    }
    Files.writeString(file, "\n");
    try (var stream = stream(file, 4, 1)) {
      var refused = assertThrows(FormatException.class, () -> stream.next(1));
      assertTrue(refused.getMessage().contains("has no example"), refused.getMessage());
    }
  }

  @Test
  void aTextFileIsPredictedWhole() throws IOException {
    Path file = folder.resolve("book.txt");
    Files.writeString(
        file,
        String.join("\n", IntStream.range(0, 900).mapToObj("the cat %d"::formatted).toList()));
    int tokens = TOKENIZER.encode(Files.readString(file)).length;
    long parts = DemonstrationStream.count(file, _ -> true);
    assertEquals(3, parts);
    var all = DemonstrationStream.first(file, DEMONSTRATIONS, _ -> true, Integer.MAX_VALUE);
    assertEquals(tokens - parts, all.stream().mapToInt(Demonstration::weight).sum());
    assertTrue(all.stream().allMatch(d -> d.ids().length <= 65));
    assertEquals(List.of(1L), all.stream().map(Demonstration::line).distinct().limit(1).toList());
  }

  private static List<Demonstration> of(String json) throws IOException {
    return of(json, 64);
  }

  private static List<Demonstration> of(String json, int context) throws IOException {
    var example = Example.read("data, line 7", json.getBytes(StandardCharsets.UTF_8));
    return new Demonstrations(TOKENIZER, DEMONSTRATIONS.template(), DEMONSTRATIONS.end(), context)
        .of(example, "data, line 7", 7);
  }

  private static String counted(Demonstration demonstration) {
    var ids =
        IntStream.range(0, demonstration.ids().length)
            .filter(i -> demonstration.counted()[i])
            .mapToObj(i -> TOKENIZER.token(demonstration.ids()[i]))
            .toList();
    return String.join("", ids).replace('\u0120', ' ').replace('\u010a', '\n');
  }

  @Test
  void whatIsTrainedIsTheAnswerWithItsEnd() throws IOException {
    var completion = of("{\"prompt\": \"the cat\", \"completion\": \" sat\"}").getFirst();
    assertEquals(" sat<end>", counted(completion));
    assertEquals(7, completion.line());
    var text = of("{\"text\": \"the cat\"}").getFirst();
    assertEquals(text.ids().length - 1, text.weight());
    assertTrue(counted(text).endsWith(" cat<end>"), counted(text));
    var chat =
        of(
                """
                {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "the cat"},
                 {"role": "user", "content": "b"}, {"role": "assistant", "content": "sat"}]}\
                """,
                200)
            .getFirst();
    assertEquals("the cat<|im_end|>sat<|im_end|>", counted(chat));
    var answer =
        of(
                """
                {"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "the cat"},
                 {"role": "user", "content": "b"}],
                 "completion": [{"role": "assistant", "content": "sat"}]}\
                """,
                200)
            .getFirst();
    assertArrayEquals(chat.ids(), answer.ids());
    assertEquals("sat<|im_end|>", counted(answer));
  }

  @Test
  void whatDoesNotFitIsCut() throws IOException {
    var longText = of("{\"text\": \"%s\"}".formatted("a 1 ".repeat(100)));
    int tokens = TOKENIZER.encode("a 1 ".repeat(100)).length;
    assertEquals(tokens, longText.stream().mapToInt(Demonstration::weight).sum());
    var joined = new ArrayList<Integer>(List.of(longText.getFirst().ids()[0]));
    longText.forEach(d -> Arrays.stream(d.ids()).skip(1).forEach(joined::add));
    assertEquals("a 1 ".repeat(100), TOKENIZER.decode(joined.stream().mapToInt(i -> i).toArray()));
    String wide = "b".repeat(70);
    assertEquals(List.of(), of("{\"prompt\": \"%s\", \"completion\": \"c\"}".formatted(wide)));
    var cut = of("{\"prompt\": \"c\", \"completion\": \"%s\"}".formatted(wide)).getFirst();
    assertEquals(65, cut.ids().length);
    assertEquals("b".repeat(64), counted(cut));
  }

  @Test
  void aConversationWithoutAnAnswerIsNamed() {
    var refused =
        assertThrows(
            FormatException.class,
            () -> of("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}"));
    assertTrue(refused.getMessage().startsWith("data, line 7: "), refused.getMessage());
    var without = new Demonstrations(TOKENIZER, Optional.empty(), 2, 8);
    var example = Example.Conversation.of(List.of(Chat.message("user", "a")), List.of(), List.of());
    assertThrows(FormatException.class, () -> without.of(example, "x", 1));
  }

  @Test
  void demonstrationsAreChecked() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Demonstration(new int[] {1, 2}, new boolean[] {true, true}, 0));
    assertThrows(IllegalArgumentException.class, () -> Demonstration.after(3, 1, 2));
    assertEquals(2, Demonstration.text(5, 6, 7).weight());
  }
}
