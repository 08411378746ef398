package telos.nn.text;

import java.io.IOException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import telos.nn.format.Json;

/// Byte-level byte-pair encoding (Sennrich, Haddow and Birch 2016; on bytes as in GPT-2, Radford et
/// al. 2019): a text is cut into pieces, the UTF-8 bytes of a piece are merged pair by pair in the
/// order in which the merges were learnt.
///
/// Files are Hugging Face's `tokenizer.json`. Any Unicode text encodes, and decodes to itself (with
/// [PreTokenizer#QWEN2] to its normal form C). Immutable; any number of threads may use one.
public final class BytePairTokenizer implements Tokenizer {
  private final Definition definition;
  private final List<String> tokens;
  private final byte[][] bytes;
  private final int[] byteTokens;
  private final Merges merges;
  private final @Nullable Pattern literals;
  private final @Nullable Pattern literalsAndSpecials;

  /// What a tokenizer file says.
  ///
  /// @param vocabulary token, written in [ByteAlphabet], to id
  /// @param merges by rank
  /// @param added literal tokens
  /// @param cuts how a text is cut into pieces
  /// @param ignoreMerges a piece that is itself a token is not merged from its bytes
  /// @param postProcessor kept as it was read
  record Definition(
      Map<String, Integer> vocabulary,
      List<Merges.Merge> merges,
      List<AddedToken> added,
      PreTokenizer cuts,
      boolean ignoreMerges,
      Json postProcessor) {}

  BytePairTokenizer(Definition definition) {
    this.definition = definition;
    var byId = new LinkedHashMap<Integer, String>();
    definition.vocabulary().forEach((token, id) -> byId.put(id, token));
    definition.added().forEach(token -> byId.put(token.id(), token.content()));
    int size = byId.keySet().stream().mapToInt(id -> id + 1).max().orElse(0);
    tokens = IntStream.range(0, size).mapToObj(id -> byId.getOrDefault(id, "")).toList();
    bytes = tokens.stream().map(ByteAlphabet::bytes).toArray(byte[][]::new);
    for (var token : definition.added()) {
      bytes[token.id()] = token.special() ? new byte[0] : Utf8.bytes(token.content());
    }
    // Text never becomes a special token, not even by a merge that spells one.
    merges =
        new Merges(definition.merges().stream().filter(m -> bytes[m.merged()].length > 0).toList());
    byteTokens = byteTokens(definition.vocabulary());
    literals = literals(definition.added().stream().filter(t -> !t.special()).toList());
    literalsAndSpecials = literals(definition.added());
  }

  private static int[] byteTokens(Map<String, Integer> vocabulary) {
    return IntStream.range(0, 256)
        .map(b -> vocabulary.get(Character.toString(ByteAlphabet.character(b))))
        .toArray();
  }

  private static @Nullable Pattern literals(List<AddedToken> added) {
    if (added.isEmpty()) {
      return null;
    }
    return Pattern.compile(
        added.stream()
            .map(AddedToken::content)
            .sorted(Comparator.comparingInt(String::length).reversed())
            .map(Pattern::quote)
            .collect(Collectors.joining("|")));
  }

  /// Learns a vocabulary from texts, with the cuts of GPT-2: the four special tokens `<pad>`,
  /// `<bos>`, `<eos>`, `<sep>` are 0 to 3, the bytes follow in the order of [ByteAlphabet], then
  /// the merges. The same texts, in any order, give the same tokenizer. Equally frequent pairs are
  /// merged in lexicographic order of their ids.
  ///
  /// @param texts read once; for a stream pass `stream::iterator`
  /// @param vocabularySize at least 260; what is learnt is smaller when no pair occurs twice any
  ///   more
  public static BytePairTokenizer train(Iterable<String> texts, int vocabularySize) {
    int first = Specials.COUNT + 256;
    if (vocabularySize < first) {
      throw new IllegalArgumentException(
          "a byte-pair vocabulary has at least %d tokens (%d special ones and 256 bytes), not %d"
              .formatted(first, Specials.COUNT, vocabularySize));
    }
    var vocabulary = new LinkedHashMap<String, Integer>();
    Specials.TEXTS.forEach(token -> vocabulary.put(token, vocabulary.size()));
    IntStream.range(0, 256)
        .mapToObj(b -> Character.toString(ByteAlphabet.character(b)))
        .sorted()
        .forEach(token -> vocabulary.put(token, vocabulary.size()));
    var learnt =
        PairCounts.learn(pieces(texts), byteTokens(vocabulary), vocabulary, vocabularySize);
    var added =
        IntStream.range(0, Specials.COUNT)
            .mapToObj(id -> new AddedToken(id, Specials.TEXTS.get(id), true))
            .toList();
    return new BytePairTokenizer(
        new Definition(vocabulary, learnt, added, PreTokenizer.GPT2, false, Json.Null.NULL));
  }

  private static Map<String, Long> pieces(Iterable<String> texts) {
    var counts = new TreeMap<String, Long>();
    for (var text : texts) {
      for (var piece : PreTokenizer.GPT2.pieces(Utf8.wellFormed(text))) {
        counts.merge(piece, 1L, Long::sum);
      }
    }
    return counts;
  }

  /// This tokenizer with more special tokens, at the ids after the last.
  ///
  /// @throws IllegalArgumentException when one is a token already
  public BytePairTokenizer withSpecialTokens(List<String> contents) {
    var added = new ArrayList<>(definition.added());
    for (var content : contents) {
      if (id(content).isPresent() || added.stream().anyMatch(t -> t.content().equals(content))) {
        throw new IllegalArgumentException("\"%s\" is a token already".formatted(content));
      }
      int id = tokens.size() + added.size() - definition.added().size();
      added.add(new AddedToken(id, content, true));
    }
    return new BytePairTokenizer(
        new Definition(
            definition.vocabulary(),
            definition.merges(),
            added,
            definition.cuts(),
            definition.ignoreMerges(),
            definition.postProcessor()));
  }

  /// Reads a `tokenizer.json`: byte-level BPE with the cuts of [PreTokenizer].
  ///
  /// @throws telos.nn.format.FormatException when the file is malformed or asks for something else
  public static BytePairTokenizer load(Path file) throws IOException {
    return new BytePairTokenizer(TokenizerJson.read(file));
  }

  /// Writes a `tokenizer.json` that Hugging Face's tokenizers read too.
  public void save(Path file) throws IOException {
    TokenizerJson.write(file, definition);
  }

  @Override
  public int[] encode(String text) {
    return encode(text, literals);
  }

  /// As [#encode], but special tokens written out in the text become themselves. Only for texts
  /// that a program made, such as the fixed parts of a chat template, never for what a user typed.
  public int[] encodeWithSpecials(String text) {
    return encode(text, literalsAndSpecials);
  }

  private int[] encode(String raw, @Nullable Pattern literal) {
    var text = Utf8.wellFormed(raw);
    var ids = IntStream.builder();
    int start = 0;
    if (literal != null) {
      var found = literal.matcher(text);
      while (found.find()) {
        encodePieces(text.substring(start, found.start()), ids);
        ids.add(id(found.group()).orElseThrow());
        start = found.end();
      }
    }
    encodePieces(text.substring(start), ids);
    return ids.build().toArray();
  }

  private void encodePieces(String raw, IntStream.Builder ids) {
    var text =
        definition.cuts() == PreTokenizer.QWEN2
            ? Normalizer.normalize(raw, Normalizer.Form.NFC)
            : raw;
    for (var piece : definition.cuts().pieces(text)) {
      encodePiece(Utf8.bytes(piece), ids);
    }
  }

  private void encodePiece(byte[] piece, IntStream.Builder ids) {
    if (definition.ignoreMerges()) {
      var whole = definition.vocabulary().get(ByteAlphabet.characters(piece));
      if (whole != null && bytes[whole].length > 0) {
        ids.add(whole);
        return;
      }
    }
    var merged = new int[piece.length];
    for (int i = 0; i < merged.length; i++) {
      merged[i] = byteTokens[piece[i] & 0xff];
    }
    int count = merges.apply(merged);
    Arrays.stream(merged, 0, count).forEach(ids);
  }

  @Override
  public String decode(int... ids) {
    var text = new Bytes(4 * ids.length);
    for (int id : ids) {
      text.add(id < 0 || id >= bytes.length ? Utf8.bytes(Utf8.REPLACEMENT) : bytes[id]);
    }
    return text.text();
  }

  @Override
  public int vocabularySize() {
    return tokens.size();
  }

  @Override
  public String token(int id) {
    Objects.checkIndex(id, tokens.size());
    return tokens.get(id);
  }

  /// The id of a token: the literal of an added token, or bytes written in [ByteAlphabet].
  public OptionalInt id(String token) {
    for (var added : definition.added()) {
      if (added.content().equals(token)) {
        return OptionalInt.of(added.id());
      }
    }
    var id = definition.vocabulary().get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// Rank of the merge of two tokens, -1 if there is none.
  int rank(String left, String right) {
    var a = definition.vocabulary().get(left);
    var b = definition.vocabulary().get(right);
    return a == null || b == null ? -1 : merges.rank(a, b);
  }

  /// The added tokens, special ones among them.
  public List<AddedToken> addedTokens() {
    return List.copyOf(definition.added());
  }
}
