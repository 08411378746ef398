package telos.nn.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.format.FormatException;

final class SubwordTokenizerTest {
  private static final List<String> TEXTS =
      List.of("the theory of the thing", "then the other thing, isn't it?", "aaaa aaa", "éé été");

  private final SubwordTokenizer tokenizer = SubwordTokenizer.train(TEXTS, 270);

  private static List<String> tokens(SubwordTokenizer tokenizer, String text) {
    return Arrays.stream(tokenizer.encode(text)).mapToObj(tokenizer::token).toList();
  }

  static List<String> pieces(PreTokenizer cuts, String text) {
    var pieces = new ArrayList<String>();
    Cutting.of(cuts)
        .pieces(
            Aligned.of(text),
            piece -> {
              byte[] bytes = ByteAlphabet.bytes(piece.text());
              pieces.add(Utf8.text(bytes, bytes.length));
            });
    return pieces;
  }

  /// The definition of learning, word for word: count all pairs anew, merge the best everywhere.
  private static List<String> learntByDefinition(List<String> texts, int size) {
    var start = SubwordTokenizer.train(List.of(), 260);
    var names = new ArrayList<String>();
    for (int id = 0; id < 260; id++) {
      names.add(start.token(id));
    }
    var words = new TreeMap<String, Integer>();
    texts.forEach(t -> pieces(PreTokenizer.GPT2, t).forEach(p -> words.merge(p, 1, Integer::sum)));
    var pieces = new HashMap<List<Integer>, Integer>();
    words.forEach(
        (w, n) -> pieces.merge(Arrays.stream(start.encode(w)).boxed().toList(), n, Integer::sum));
    while (names.size() < size) {
      var counts = new HashMap<List<Integer>, Integer>();
      pieces.forEach((p, n) -> {
        for (int i = 0; i + 1 < p.size(); i++) {
          counts.merge(List.copyOf(p.subList(i, i + 2)), n, Integer::sum);
        }
      });
      var best =
          counts.entrySet().stream()
              .min(
                  Map.Entry.<List<Integer>, Integer>comparingByValue()
                      .reversed()
                      .thenComparing(
                          Map.Entry.comparingByKey(
                              Comparator.<List<Integer>>comparingInt(List::getFirst)
                                  .thenComparingInt(List::getLast))));
      if (best.isEmpty() || best.get().getValue() < 2) {
        break;
      }
      var pair = best.get().getKey();
      var name = names.get(pair.getFirst()) + names.get(pair.getLast());
      if (!names.contains(name)) {
        names.add(name);
      }
      var merged = new HashMap<List<Integer>, Integer>();
      pieces.forEach((p, n) -> merged.merge(merge(p, pair, names.indexOf(name)), n, Integer::sum));
      pieces.clear();
      pieces.putAll(merged);
    }
    return names;
  }

  private static List<Integer> merge(List<Integer> piece, List<Integer> pair, int id) {
    var out = new ArrayList<Integer>();
    for (int i = 0; i < piece.size(); i++) {
      if (i + 1 < piece.size() && piece.subList(i, i + 2).equals(pair)) {
        out.add(id);
        i++;
      } else {
        out.add(piece.get(i));
      }
    }
    return out;
  }

  @Property(tries = 100)
  void learningFollowsItsDefinition(
      @ForAll @Size(min = 1, max = 6)
          List<@StringLength(max = 40) @CharRange(from = 'a', to = 'c') String> texts) {
    var learnt = SubwordTokenizer.train(texts, 275);
    var names = new ArrayList<String>();
    for (int id = 0; id < learnt.vocabularySize(); id++) {
      names.add(learnt.token(id));
    }
    assertEquals(learntByDefinition(texts, 275), names);
  }

  /// Merging by definition: the least rank, leftmost, until none applies.
  @Property(tries = 100)
  void encodingFollowsItsDefinition(
      @ForAll @StringLength(max = 60) @CharRange(from = 'a', to = 'c') String text) {
    var learnt = SubwordTokenizer.train(List.of("abcabc abcab aabbcc aaaa abab", text), 280);
    var names = new ArrayList<String>();
    for (int i = 0; i < text.length(); i++) {
      names.add(text.substring(i, i + 1));
    }
    for (int at = best(learnt, names); at >= 0; at = best(learnt, names)) {
      names.set(at, names.get(at) + names.remove(at + 1));
    }
    assertEquals(names, tokens(learnt, text));
  }

  private static int rank(SubwordTokenizer learnt, String left, String right) {
    var model = (TokenModel.BytePair) learnt.pipeline().model();
    return model.merges().indexOf(new TokenModel.Merge(left, right));
  }

  private static int best(SubwordTokenizer learnt, List<String> names) {
    int best = Integer.MAX_VALUE;
    int at = -1;
    for (int i = 0; i + 1 < names.size(); i++) {
      int rank = rank(learnt, names.get(i), names.get(i + 1));
      if (rank >= 0 && rank < best) {
        best = rank;
        at = i;
      }
    }
    return at;
  }

  @Property(tries = 300)
  void decodingUndoesEncoding(@ForAll String text) {
    assertEquals(Utf8.wellFormed(text), tokenizer.decode(tokenizer.encode(text)));
  }

  @Property(tries = 100)
  void anyIdsDecode(@ForAll @Size(max = 40) int[] ids) {
    tokenizer.decode(ids);
    for (int id : ids) {
      assertEquals(id >= 0 && id < 4, tokenizer.decode(id).isEmpty());
    }
  }

  @Test
  void frequentPairsAreMergedFirst() {
    assertEquals(270, tokenizer.vocabularySize());
    assertEquals("!", tokenizer.token(4));
    assertEquals("th", tokenizer.token(260));
    assertEquals(List.of("the", "Ġthe"), tokens(tokenizer, "the the"));
    assertEquals(3, tokenizer.encode("the thing").length);
  }

  @Test
  void theOrderOfTextsDoesNotMatter() {
    var reversed = SubwordTokenizer.train(TEXTS.reversed(), 270);
    for (int id = 0; id < 270; id++) {
      assertEquals(tokenizer.token(id), reversed.token(id));
    }
    assertThrows(IllegalArgumentException.class, () -> SubwordTokenizer.train(TEXTS, 259));
    assertEquals(261, SubwordTokenizer.train(List.of("abab"), 999).vocabularySize());
  }

  @Test
  void textsAreCutAsInTheOriginals() {
    assertEquals(
        List.of("Hello", " world", "!", "  ", " It", "'s", " 42", "\n", "\n", "x", "\u00a0", "é"),
        pieces(PreTokenizer.GPT2, "Hello world!   It's 42\n\nx\u00a0é"));
    assertEquals(
        List.of("I", "'ſ", " ", " ", "123", "45"), pieces(PreTokenizer.LLAMA3, "I'ſ  12345"));
    assertEquals(List.of("1", "2", "\u00a0a", "!\n"), pieces(PreTokenizer.QWEN2, "12\u00a0a!\n"));
  }

  @Test
  void specialTokensAreNeverReadFromText() {
    var chat = tokenizer.withSpecialTokens(List.of("<|end|>"));
    assertEquals(OptionalInt.of(270), chat.id("<|end|>"));
    assertEquals(271, chat.vocabularySize());
    var text = "the<|end|><eos>";
    for (int id : chat.encode(text)) {
      assertTrue(id != 270 && id >= 4);
    }
    assertEquals(text, chat.decode(chat.encode(text)));
    int[] ids = chat.encodeWithSpecials(text);
    assertArrayEquals(new int[] {chat.encode("the")[0], 270, Tokenizer.EOS}, ids);
    assertEquals("the", chat.decode(ids));
    assertThrows(IllegalArgumentException.class, () -> chat.withSpecialTokens(List.of("<|end|>")));
    assertEquals(270, chat.specialId("<|end|>"));
    var unknown = assertThrows(IllegalArgumentException.class, () -> chat.specialId("<|stop|>"));
    assertTrue(unknown.getMessage().contains("<|end|>"), unknown.getMessage());
  }

  @Test
  void longRunsTakeUnderASecond() {
    for (var run : List.of(" ".repeat(1_000_000), "a".repeat(1_000_000), "ab".repeat(500_000))) {
      Assertions.assertTimeout(
          Duration.ofSeconds(3), () -> assertEquals(run, tokenizer.decode(tokenizer.encode(run))));
    }
  }

  @Test
  void savedAndLoadedIsTheSame(@TempDir Path directory) throws IOException {
    var file = directory.resolve("tokenizer.json");
    var saved = tokenizer.withSpecialTokens(List.of("<|end|>"));
    saved.save(file);
    var loaded = SubwordTokenizer.load(file);
    for (var text : TEXTS) {
      assertArrayEquals(saved.encode(text), loaded.encode(text));
    }
    assertEquals(saved.addedTokens(), loaded.addedTokens());
    var again = directory.resolve("again.json");
    loaded.save(again);
    assertEquals(Files.readString(file), Files.readString(again));
    assertTrue(
        Files.readString(file)
            .startsWith(
                "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":["));
    var legacy =
        Files.readString(file).replaceAll("\\[\"([^\"\\\\]+)\",\"([^\"\\\\]+)\"\\]", "\"$1 $2\"");
    assertTrue(legacy.contains("\"t h\""), "no legacy merge");
    Files.writeString(file, legacy);
    assertArrayEquals(saved.encode("the thing"), SubwordTokenizer.load(file).encode("the thing"));
  }

  @Test
  void whatIsNotSupportedIsRefusedByName(@TempDir Path directory) throws IOException {
    var file = directory.resolve("tokenizer.json");
    tokenizer.save(file);
    var good = Files.readString(file);
    var faults =
        Map.of(
            "\"type\":\"BPE\"|\"type\":\"Magic\"", "the model \"Magic\"",
            "\"dropout\":null|\"dropout\":0.1", "\"dropout\" is 0.1",
            "\"add_prefix_space\":false|\"add_prefix\":true", "setting \"add_prefix\"",
            "\"normalizer\":null|\"normalizer\":{\"type\":\"Magic\"}", "the normalizer Magic",
            "\"!\":4|\"!\":5", "two tokens have the id 5",
            "\"!\":4|\"!\":99999999", "id 99999999",
            "\"!\":4|\"!!\":4", "lacks \"!\"",
            "[\"t\",\"h\"]|[\"t\",\"hhh\"]", "not in the vocabulary",
            "[\"t\",\"h\"]|[\"t\"]", "is not a merge",
            "{\"version\"|{\"version\":1,\"version\"", "Duplicate");
    faults.forEach((change, message) -> {
      var parts = change.split("\\|", 2);
      assertTrue(good.contains(parts[0]), parts[0]);
      var fault =
          assertThrows(
              FormatException.class,
              () -> {
                Files.writeString(file, good.replace(parts[0], parts[1]));
                SubwordTokenizer.load(file);
              });
      assertTrue(fault.getMessage().startsWith(file.toString()), fault.getMessage());
      assertTrue(fault.getMessage().contains(message), fault.getMessage());
    });
    for (int length = 0; length < good.length(); length += 101) {
      Files.writeString(file, good.substring(0, length));
      assertThrows(FormatException.class, () -> SubwordTokenizer.load(file));
    }
  }
}
