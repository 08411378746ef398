package telos.nn.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import telos.nn.format.Json;

/// A tokenizer made of parts ([Pipeline]): a text is searched for added tokens, normalized, cut
/// into pieces, each piece becomes tokens. Files are Hugging Face's `tokenizer.json`: byte-level
/// and byte-fallback byte-pair encoding, WordPiece, unigram and whole words.
///
/// With a byte-level model any Unicode text encodes, and decodes to itself (to its normal form, if
/// it has a normalizer). Encoding and decoding take time linear in the text, but for byte-pair
/// encoding of one long piece, which takes O(n log n). Immutable; any number of threads may use
/// one.
///
/// On purpose other than in Hugging Face's library: text that spells a special token, or a byte
/// token of a unigram model, stays text; in a run of byte tokens that is not well-formed UTF-8 only
/// what is malformed becomes U+FFFD, not the whole run, so that streaming need not wait for its
/// end; the place of a token that was composed or replaced covers all characters it comes from.
/// Nothing is promised of the tokens of a prefix: what follows may change the last pieces.
public final class SubwordTokenizer implements Tokenizer {
  private final Pipeline pipeline;
  private final String[] tokens;
  private final Map<String, Integer> ids;
  private final Map<Integer, AddedToken> added = new HashMap<>();
  private final UnaryOperator<Aligned> normalize;
  private final Cutting.Cut cut;
  private final Segmenter segmenter;
  private final Searches plain;
  private final Searches withSpecials;
  private final boolean byteLevel;

  /// The added tokens to look for before and after normalizing.
  private record Searches(AddedTokens raw, AddedTokens normalized) {}

  private SubwordTokenizer(Pipeline pipeline) {
    this.pipeline = pipeline;
    ids = new HashMap<>(pipeline.model().vocabulary());
    pipeline.added().forEach(token -> added.put(token.id(), token));
    pipeline.added().forEach(token -> ids.put(token.content(), token.id()));
    tokens = table(pipeline);
    normalize = Normalization.of(pipeline.normalizer());
    cut = Cutting.of(pipeline.cuts());
    segmenter = Segmenter.of(pipeline.model(), specials(pipeline));
    plain = searches(token -> !token.special());
    withSpecials = searches(_ -> true);
    byteLevel = hasByteLevel(pipeline.decoder());
  }

  /// @throws IllegalArgumentException when ids are not distinct, or leave more room between them
  ///   than there are tokens (a table is allocated by the greatest); when byte-level byte pairs
  ///   lack the token of a byte
  public static SubwordTokenizer of(Pipeline pipeline) {
    checkIds(pipeline);
    checkBytes(pipeline);
    return new SubwordTokenizer(pipeline);
  }

  private static void checkIds(Pipeline pipeline) {
    var vocabulary = pipeline.model().vocabulary();
    var seen = new HashSet<Integer>();
    for (var id : vocabulary.values()) {
      if (!seen.add(id)) {
        throw new IllegalArgumentException("two tokens have the id %d".formatted(id));
      }
    }
    for (var token : pipeline.added()) {
      boolean same = Integer.valueOf(token.id()).equals(vocabulary.get(token.content()));
      if (!seen.add(token.id()) && !same) {
        throw new IllegalArgumentException(
            "the added token \"%s\" has the id %d of another token"
                .formatted(token.content(), token.id()));
      }
    }
    long room = 2L * seen.size() + 1024;
    for (int id : seen) {
      if (id < 0 || id >= room) {
        throw new IllegalArgumentException(
            "a token has the id %d in a vocabulary of %d".formatted(id, seen.size()));
      }
    }
  }

  /// Without a token for each byte that UTF-8 uses, text would be lost in silence.
  private static void checkBytes(Pipeline pipeline) {
    if (!hasByteLevel(pipeline.decoder())
        || !(pipeline.model() instanceof TokenModel.BytePair model)
        || model.unknown().isPresent()) {
      return;
    }
    for (int b = 0; b < 0xf5; b++) {
      var token = Character.toString(ByteAlphabet.character(b));
      if (b != 0xc0 && b != 0xc1 && !model.vocabulary().containsKey(token)) {
        throw new IllegalArgumentException(
            "the vocabulary lacks \"%s\", the token of byte %d".formatted(token, b));
      }
    }
  }

  /// Tokens by id; empty where an id is not used.
  private static String[] table(Pipeline pipeline) {
    var byId = new HashMap<Integer, String>();
    pipeline.model().vocabulary().forEach((token, id) -> byId.put(id, token));
    pipeline.added().forEach(token -> byId.put(token.id(), token.content()));
    var table = new String[byId.keySet().stream().mapToInt(id -> id + 1).max().orElse(0)];
    Arrays.fill(table, "");
    byId.forEach((id, token) -> table[id] = token);
    return table;
  }

  private static Set<Integer> specials(Pipeline pipeline) {
    var specials = new HashSet<Integer>();
    pipeline.added().stream().filter(AddedToken::special).forEach(t -> specials.add(t.id()));
    return specials;
  }

  private Searches searches(Predicate<AddedToken> which) {
    var raw = new HashMap<AddedToken, String>();
    var normalized = new HashMap<AddedToken, String>();
    for (var token : pipeline.added()) {
      if (!which.test(token)) {
        continue;
      }
      if (token.normalized()) {
        normalized.put(token, normalize.apply(Aligned.of(token.content())).text());
      } else {
        raw.put(token, token.content());
      }
    }
    return new Searches(new AddedTokens(raw), new AddedTokens(normalized));
  }

  private static boolean hasByteLevel(Decoder decoder) {
    return decoder instanceof Decoder.ByteLevel
        || decoder instanceof Decoder.Sequence(var parts)
            && parts.stream().anyMatch(SubwordTokenizer::hasByteLevel);
  }

  /// Learns byte-level byte pairs with [BytePairTrainer#ofSize].
  public static SubwordTokenizer train(Iterable<String> texts, int vocabularySize) {
    return BytePairTrainer.ofSize(vocabularySize).train(texts);
  }

  /// Reads a `tokenizer.json`.
  ///
  /// @throws telos.nn.format.FormatException when the file is malformed or asks for something that
  ///   is not supported, naming it
  public static SubwordTokenizer load(Path file) throws IOException {
    return TokenizerReader.read(file);
  }

  /// Writes a `tokenizer.json` that Hugging Face's tokenizers read too.
  public void save(Path file) throws IOException {
    TokenizerWriter.write(file, pipeline);
  }

  /// The content of its `tokenizer.json`.
  public Json.Obj json() {
    return TokenizerWriter.json(pipeline);
  }

  /// What it is made of.
  public Pipeline pipeline() {
    return pipeline;
  }

  /// This tokenizer with more special tokens, at the ids after the last.
  ///
  /// @throws IllegalArgumentException when one is a token already
  public SubwordTokenizer withSpecialTokens(List<String> contents) {
    var more = new ArrayList<>(pipeline.added());
    var seen = new HashSet<>(ids.keySet());
    for (var content : contents) {
      if (!seen.add(content)) {
        throw new IllegalArgumentException("\"%s\" is a token already".formatted(content));
      }
      int id = tokens.length + more.size() - pipeline.added().size();
      more.add(new AddedToken(id, content, true));
    }
    return of(pipeline.with(more));
  }

  @Override
  public int[] encode(String text) {
    return encoding(text).ids();
  }

  /// As [#encode], but special tokens written out in the text become themselves. Only for texts
  /// that a program made, such as the fixed parts of a chat template, never for what a user typed.
  public int[] encodeWithSpecials(String text) {
    return encodingWithSpecials(text).ids();
  }

  /// As [#encode], with the place of each token in the text.
  public Encoding encoding(String text) {
    return encoding(text, plain, AddedTokens.Written.TRUSTED);
  }

  /// As [#encodeWithSpecials], with the place of each token in the text.
  public Encoding encodingWithSpecials(String text) {
    return encoding(text, withSpecials, AddedTokens.Written.TRUSTED);
  }

  /// As [#encodingWithSpecials], for special tokens in trusted parts of the text only.
  Encoding encoding(String text, AddedTokens.Written written) {
    return encoding(text, withSpecials, written);
  }

  /// The encoding of a text with the special tokens around it that the file asks for (a begin
  /// token, for example). White space at the ends of tokens is left out of their offsets if the
  /// file asks for that.
  public Encoding framed(Encoding text) {
    return new PostProcessing(this::token).apply(pipeline.postProcessor(), List.of(text));
  }

  /// As [#framed] of one text, for two that belong together.
  public Encoding framed(Encoding first, Encoding second) {
    return new PostProcessing(this::token).apply(pipeline.postProcessor(), List.of(first, second));
  }

  private Encoding encoding(String text, Searches searches, AddedTokens.Written written) {
    var collected = new Encoding.Collector(text.length() / 3);
    searches.raw.find(
        Aligned.of(Utf8.wellFormed(text)),
        written,
        new Collecting(collected) {
          @Override
          public void text(Aligned part) {
            searches.normalized.find(normalize.apply(part), written, new Collecting(collected));
          }
        });
    return collected.encoding();
  }

  /// Collects added tokens, and the tokens of the text between.
  private class Collecting implements AddedTokens.Sections {
    private final Encoding.Collector collected;

    Collecting(Encoding.Collector collected) {
      this.collected = collected;
    }

    @Override
    public void token(int id, Aligned part) {
      collected.add(id, part.start(0), part.end(part.length() - 1), 0);
    }

    @Override
    public void text(Aligned part) {
      cut.pieces(
          part,
          piece ->
              segmenter.segment(
                  piece.text(),
                  (id, start, end) ->
                      collected.add(id, piece.start(start), piece.end(end - 1), 0)));
    }
  }

  @Override
  public String decode(int... sequence) {
    var stream = stream();
    return stream.add(sequence) + stream.finish();
  }

  @Override
  public DecodeStream stream() {
    var out = new StringBuilder();
    return new Stream(Decoding.of(pipeline.decoder(), out), out);
  }

  /// Ids into the stages of the decoder.
  private final class Stream implements DecodeStream {
    private final Decoding.Stage stage;
    private final StringBuilder out;

    Stream(Decoding.Stage stage, StringBuilder out) {
      this.stage = stage;
      this.out = out;
    }

    @Override
    public String add(int... more) {
      for (int id : more) {
        var literal = added.get(id);
        if (id < 0 || id >= tokens.length || tokens[id].isEmpty()) {
          stage.accept(literal(Utf8.REPLACEMENT), true);
        } else if (literal == null) {
          stage.accept(tokens[id], true);
        } else if (!literal.special()) {
          stage.accept(literal(literal.content()), true);
        }
      }
      return taken();
    }

    /// A text as the decoder must see it to give it back.
    private String literal(String text) {
      return byteLevel ? ByteAlphabet.characters(Utf8.bytes(text)) : text;
    }

    private String taken() {
      var text = out.toString();
      out.setLength(0);
      return text;
    }

    @Override
    public String finish() {
      stage.finish();
      return taken();
    }
  }

  @Override
  public int vocabularySize() {
    return tokens.length;
  }

  @Override
  public String token(int id) {
    Objects.checkIndex(id, tokens.length);
    return tokens[id];
  }

  /// The id of a token: the literal of an added token, or as the vocabulary writes it.
  public OptionalInt id(String token) {
    var id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The id of a special token.
  ///
  /// @throws IllegalArgumentException when there is none of this name, listing those there are
  public int specialId(String content) {
    for (var token : pipeline.added()) {
      if (token.special() && token.content().equals(content)) {
        return token.id();
      }
    }
    throw new IllegalArgumentException(
        "\"%s\" is no special token of this tokenizer; it has %s"
            .formatted(
                content,
                pipeline.added().stream()
                    .filter(AddedToken::special)
                    .map(AddedToken::content)
                    .toList()));
  }

  /// The added tokens, special ones among them.
  public List<AddedToken> addedTokens() {
    return pipeline.added();
  }
}
