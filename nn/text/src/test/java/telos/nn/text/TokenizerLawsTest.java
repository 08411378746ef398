package telos.nn.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.format.FormatException;

/// What holds for every tokenizer, on small ones of each kind.
final class TokenizerLawsTest {
  private static final List<String> BYTE_LEVEL =
      List.of("gpt2", "llama3", "o200k", "cl100k", "smollm", "roberta");
  private static final Map<String, SubwordTokenizer> ALL =
      List.of(
              "gpt2",
              "gpt2-prefix",
              "llama3",
              "qwen2",
              "o200k",
              "cl100k",
              "smollm",
              "roberta",
              "llama2",
              "llama2-metaspace",
              "bpe-suffix",
              "bpe-prefix",
              "bert",
              "bert-cased",
              "unigram",
              "unigram-bytes",
              "word-level")
          .stream()
          .collect(Collectors.toMap(kind -> kind, TokenizerLawsTest::load));

  private static SubwordTokenizer load(String kind) {
    try {
      return SubwordTokenizer.load(GoldenTokenizerTest.resource(kind + ".json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SubwordTokenizer kind(String name) {
    var found = ALL.get(name);
    if (found == null) {
      throw new IllegalArgumentException(name);
    }
    return found;
  }

  @Provide
  Arbitrary<String> texts() {
    var parts =
        Arbitraries.of(
            "the ",
            "quick",
            " ",
            "  ",
            "\n",
            "\r\n",
            "é",
            "e\u0301",
            "日本",
            "\ud83d\ude00",
            "12345",
            "<|end|>",
            "<s>",
            "</s>",
            "[CLS]",
            "<pad>",
            "<tool>",
            "<word>",
            "word",
            "\ud800",
            "\u0000",
            "\u2581",
            "<0x41>",
            "##",
            "'s",
            "\ufffd",
            "ĠÂ");
    return Arbitraries.oneOf(
        parts.list().ofMaxSize(12).map(l -> String.join("", l)),
        Arbitraries.strings().ofMaxLength(15));
  }

  @Property(tries = 100)
  void decodingUndoesByteLevelEncoding(@ForAll("texts") String text) {
    for (var name : BYTE_LEVEL) {
      var tokenizer = kind(name);
      assertEquals(Utf8.wellFormed(text), tokenizer.decode(tokenizer.encode(text)), name);
    }
    var composed =
        java.text.Normalizer.normalize(Utf8.wellFormed(text), java.text.Normalizer.Form.NFC);
    if (!text.contains("<word>")) {
      assertEquals(composed, kind("qwen2").decode(kind("qwen2").encode(text)));
    }
    var llama = kind("llama2");
    var spaced = Utf8.wellFormed(text).replace('\u2581', ' ');
    assertEquals(spaced, llama.decode(llama.encode(text)));
  }

  /// Each character's first token begins where the last ended; the tokens of one character share
  /// its place.
  @Property(tries = 100)
  void placesPartitionTheText(@ForAll("texts") String text) {
    for (var name : BYTE_LEVEL) {
      var encoding = kind(name).encoding(text);
      int end = 0;
      for (int i = 0; i < encoding.size(); i++) {
        assertTrue(encoding.starts()[i] <= end && encoding.ends()[i] >= end, name);
        assertTrue(encoding.ends()[i] > encoding.starts()[i], name);
        assertTrue(end - encoding.starts()[i] <= 2, name);
        end = encoding.ends()[i];
      }
      assertEquals(text.length(), end, name);
    }
  }

  @Property(tries = 100)
  void placesLieInTheText(@ForAll("texts") String text) {
    ALL.forEach((name, tokenizer) -> {
      var encoding = tokenizer.encoding(text);
      for (int i = 0; i < encoding.size(); i++) {
        assertTrue(
            0 <= encoding.starts()[i]
                && encoding.starts()[i] <= encoding.ends()[i]
                && encoding.ends()[i] <= text.length(),
            name);
      }
    });
  }

  /// Content never becomes a special token: only the unknown token may stand for it.
  @Property(tries = 200)
  void textNeverBecomesASpecialToken(@ForAll("texts") String text) {
    ALL.forEach((name, tokenizer) -> {
      for (var token : tokenizer.addedTokens()) {
        boolean unknown = token.content().toLowerCase(java.util.Locale.ROOT).contains("unk");
        if (token.special() && !unknown) {
          for (int id : tokenizer.encode(token.content() + text + token.content())) {
            assertNotEquals(token.id(), id, name);
          }
        }
      }
    });
  }

  /// Any ids, cut anywhere: streaming tells the same text, and never changes what it told.
  @Property(tries = 100)
  void streamingDecodesTheSame(
      @ForAll("texts") String text, @ForAll int seed, @ForAll boolean random) {
    ALL.forEach((name, tokenizer) -> {
      int size = tokenizer.vocabularySize();
      int[] ids =
          random
              ? new java.util.Random(seed).ints(20, -1, size + 1).toArray()
              : tokenizer.encode(text);
      var stream = tokenizer.stream();
      var told = new StringBuilder();
      for (int id : ids) {
        var more = stream.add(id);
        assertFalse(
            !random
                && !text.contains("\ufffd")
                && !text.contains("\ud800")
                && more.contains("\ufffd"),
            name);
        told.append(more);
      }
      assertEquals(tokenizer.decode(ids), told + stream.finish(), name);
      for (int cut = 0; cut <= ids.length; cut++) {
        var two = tokenizer.stream();
        var first = two.add(Arrays.copyOf(ids, cut));
        var second = two.add(Arrays.copyOfRange(ids, cut, ids.length));
        assertEquals(told.toString(), first + second, name);
      }
    });
  }

  @Test
  void streamingHoldsHalfACharacterBack() {
    var bytes = new ByteTokenizer();
    var stream = bytes.stream();
    int[] ids = bytes.encode("a\ud83d\ude00b");
    assertEquals("a", stream.add(ids[0], ids[1], ids[2], ids[3]));
    assertEquals("\ud83d\ude00", stream.add(ids[4]));
    assertEquals("b", stream.add(ids[5]));
    assertEquals("", stream.finish());
    stream = bytes.stream();
    assertEquals("", stream.add(ids[1], ids[2]));
    assertEquals("\ufffd", stream.finish());
    var chars = CharTokenizer.of("ab");
    assertEquals("ab", chars.stream().add(chars.encode("ab")));
  }

  @Test
  void anyNumberOfThreadsMayUseOne() {
    var text = "The quick brown fox isn't 12345 <tool> é日本 <word> there. ".repeat(20);
    ALL.forEach((name, tokenizer) -> {
      int[] expected = tokenizer.encode(text);
      IntStream.range(0, 16)
          .parallel()
          .forEach(_ -> assertArrayEquals(expected, tokenizer.encode(text), name));
    });
  }

  @Test
  void aMillionOfAnythingTakesLinearTime() {
    for (var name : List.of("qwen2", "llama2", "bert", "unigram")) {
      for (var run : List.of("a", " ", "<", "\u0301\u0323")) {
        encodesQuickly(name, run, 1_000_000);
      }
    }
    for (var name : ALL.keySet()) {
      for (var run : List.of("a", "\n", "<|", "\u65e5", "ab", "1", "\u2581", "##")) {
        encodesQuickly(name, run, 50_000);
      }
    }
  }

  /// A quadratic step would take minutes for the million and tens of seconds for the rest.
  private static void encodesQuickly(String name, String run, int length) {
    var text = run.repeat(length / run.length());
    assertTimeout(Duration.ofSeconds(10), () -> kind(name).encode(text), name + run);
  }

  @Test
  void hashesTellVocabulariesApart() {
    var hashes = ALL.values().stream().map(Tokenizer::vocabularyHash).collect(Collectors.toSet());
    // The two Llama 2 files differ in the normalizer only.
    assertEquals(ALL.size() - 1, hashes.size());
    assertEquals(64, new ByteTokenizer().vocabularyHash().length());
    assertNotEquals(
        CharTokenizer.of("ab").vocabularyHash(), CharTokenizer.of("ac").vocabularyHash());
  }

  @Test
  void settingsForBatchesAreRead() {
    var pipeline = kind("word-level").pipeline();
    assertEquals(
        Optional.of(new Pipeline.Truncation(64, "LongestFirst", 2, "Right")),
        pipeline.truncation());
    assertEquals(
        Optional.of(
            new Pipeline.Padding(Optional.of(16), Optional.empty(), 0, 0, "<unk>", "Right")),
        pipeline.padding());
  }

  @Test
  void unknownPartsAreRefusedByName(@TempDir Path directory) throws IOException {
    var good = Files.readString(GoldenTokenizerTest.resource("llama3.json"));
    var faults =
        Map.of(
            "\"normalizer\":null|\"normalizer\":{\"type\":\"Mystery\"}", "the normalizer Mystery",
            "\"type\":\"Split\"|\"type\":\"UnicodeScripts\"", "the pre_tokenizer UnicodeScripts",
            "\"type\":\"TemplateProcessing\"|\"type\":\"X\"", "the post_processor X",
            "\"decoder\":{\"type\":\"ByteLevel\"|\"decoder\":{\"type\":\"CTC\"", "the decoder CTC",
            "\"behavior\":\"Isolated\"|\"behavior\":\"Odd\"", "\"behavior\" of",
            "\\\\p{N}{1,3}|(?<n>x)", "of a kind that is not supported",
            "\"version\":\"1.0\"|\"versions\":\"1.0\"", "the setting \"versions\"",
            "\"special\":true|\"special\":1", "\"special\"");
    for (var fault : faults.entrySet()) {
      var parts = fault.getKey().split("\\|", 2);
      assertTrue(good.contains(parts[0]), parts[0]);
      var file = directory.resolve("tokenizer.json");
      Files.writeString(file, good.replace(parts[0], parts[1]));
      var thrown = assertThrows(FormatException.class, () -> SubwordTokenizer.load(file));
      assertTrue(thrown.getMessage().startsWith(file.toString()), thrown.getMessage());
      assertTrue(thrown.getMessage().contains(fault.getValue()), thrown.getMessage());
    }
  }

  /// A file with any byte changed, or cut anywhere, loads or is refused as malformed.
  @Property(tries = 300)
  void damagedFilesAreDocumentedExceptions(@ForAll int at, @ForAll byte value, @ForAll boolean cut)
      throws IOException {
    for (var name : List.of("llama2", "bert", "unigram")) {
      var bytes = Files.readAllBytes(GoldenTokenizerTest.resource(name + ".json"));
      int place = Math.floorMod(at, bytes.length);
      bytes[place] = value;
      var file = Files.createTempFile("tokenizer", ".json");
      try {
        Files.write(file, cut ? Arrays.copyOf(bytes, place) : bytes);
        SubwordTokenizer.load(file).encode("any text <s> at all");
      } catch (FormatException e) {
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
      } finally {
        Files.delete(file);
      }
    }
  }

  @Test
  void memoryOfLearningIsBounded() {
    var texts = new ArrayList<String>();
    for (int i = 0; i < 3000; i++) {
      texts.add("frequent words among " + Integer.toString(i * 7919, 36));
    }
    var bounded = new BytePairTrainer(300, 2, List.of(), PreTokenizer.GPT2, 100).train(texts);
    var tokens = IntStream.range(256, 270).mapToObj(bounded::token).toList();
    assertTrue(bounded.id("Ġwords").isPresent(), tokens::toString);
  }

  /// The trie that Darts-clone builds for the rules a -> xy and abc -> z, by hand.
  @Test
  void precompiledRulesReplaceTheLongest() {
    var units = new int[512];
    units[0] = 256 << 10; // the root's children stand at 256 ^ label
    int a = 256 ^ 'a';
    units[a] = (a ^ 384) << 10 | 1 << 8 | 'a';
    units[384] = 1 << 31; // value 0
    int b = 384 ^ 'b';
    units[b] = (b ^ 320) << 10 | 'b';
    int c = 320 ^ 'c';
    units[c] = (c ^ 448) << 10 | 1 << 8 | 'c';
    units[448] = 1 << 31 | 3;
    var buffer = ByteBuffer.allocate(4 + 4 * units.length + 5).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putInt(4 * units.length);
    for (int unit : units) {
      buffer.putInt(unit);
    }
    buffer.put("xy\0z\0".getBytes(StandardCharsets.UTF_8));
    var rules = new Normalizer.Precompiled(Base64.getEncoder().encodeToString(buffer.array()));
    var aligned = Normalization.of(rules).apply(Aligned.of("abcabéa\ud83d\ude00"));
    assertEquals("zxybéxy\ud83d\ude00", aligned.text());
    assertEquals(3, aligned.end(0));
    assertEquals(3, aligned.start(1));
    assertThrows(IllegalArgumentException.class, () -> new Normalizer.Precompiled("AAAA"));
    assertThrows(IllegalArgumentException.class, () -> new Normalizer.Precompiled("?"));
  }
}
