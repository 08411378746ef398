package telos.nn.text;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import telos.nn.text.PreTokenizer.Behaviour;

/// Does what a [PreTokenizer] says: pieces in order, none of them empty.
final class Cutting {
  private static final TextPattern.Search GPT2 =
      TextPattern.regex(
              "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+")
          .search();

  private Cutting() {}

  /// One way to cut. Pieces are told one by one: those of a whole book would fill the memory.
  interface Cut {
    void pieces(Aligned text, Consumer<Aligned> out);
  }

  static Cut of(PreTokenizer cuts) {
    return switch (cuts) {
      case PreTokenizer.Sequence(var parts) -> sequence(parts.stream().map(Cutting::of).toList());
      case PreTokenizer.ByteLevel level -> (text, out) -> byteLevel(level, text, out);
      case PreTokenizer.Split(var pattern, var behaviour, var invert) -> {
        var search = pattern.search();
        yield (text, out) -> split(text, search, behaviour, invert, out);
      }
      case PreTokenizer.Metaspace meta -> (text, out) -> metaspace(meta, text, out);
      case PreTokenizer.Whitespace _ ->
          sequence(
              List.of(
                  at(UnicodeClass::isSpace, Behaviour.REMOVED),
                  at(UnicodeClass::isWord, Behaviour.CONTIGUOUS)));
      case PreTokenizer.WhitespaceSplit _ -> at(UnicodeClass::isSpace, Behaviour.REMOVED);
      case PreTokenizer.Bert _ ->
          sequence(
              List.of(
                  at(UnicodeClass::isSpace, Behaviour.REMOVED),
                  at(UnicodeClass::isPunctuation, Behaviour.ISOLATED)));
      case PreTokenizer.Digits(var individual) ->
          at(UnicodeClass::isNumeric, individual ? Behaviour.ISOLATED : Behaviour.CONTIGUOUS);
      case PreTokenizer.Punctuation(var behaviour) -> at(UnicodeClass::isPunctuation, behaviour);
      case PreTokenizer.Delimiter(var delimiter) -> {
        var search = TextPattern.literal(delimiter).search();
        yield (text, out) -> split(text, search, Behaviour.REMOVED, false, out);
      }
    };
  }

  private static Cut sequence(List<Cut> parts) {
    Cut all = (text, out) -> out.accept(text);
    for (var part : parts.reversed()) {
      var rest = all;
      all = (text, out) -> part.pieces(text, piece -> rest.pieces(piece, out));
    }
    return all;
  }

  private static Cut at(IntPredicate where, Behaviour behaviour) {
    return (text, out) -> split(text, characters(where), behaviour, false, out);
  }

  /// Every character of a class is a match.
  private static TextPattern.Search characters(IntPredicate where) {
    return (text, found) -> {
      for (int at = 0, end; at < text.length(); at = end) {
        int c = text.codePointAt(at);
        end = at + Character.charCount(c);
        if (where.test(c)) {
          found.match(at, end);
        }
      }
    };
  }

  private static void byteLevel(PreTokenizer.ByteLevel level, Aligned raw, Consumer<Aligned> out) {
    var text = level.prefixSpace() && !raw.text().startsWith(" ") ? raw.prepend(" ") : raw;
    Consumer<Aligned> bytes = piece -> out.accept(Normalization.bytes(piece));
    if (level.cuts()) {
      split(text, GPT2, Behaviour.ISOLATED, false, bytes);
    } else {
      bytes.accept(text);
    }
  }

  private static void metaspace(PreTokenizer.Metaspace meta, Aligned raw, Consumer<Aligned> out) {
    var text =
        raw.text().indexOf(' ') < 0 ? raw : raw.map(c -> c == ' ' ? meta.replacement() : null);
    boolean front =
        meta.prepend() == PreTokenizer.Prepend.ALWAYS
            || meta.prepend() == PreTokenizer.Prepend.FIRST && text.start(0) == 0;
    if (front && !text.text().startsWith(meta.replacement())) {
      text = text.prepend(meta.replacement());
    }
    if (meta.split()) {
      var search = TextPattern.literal(meta.replacement()).search();
      split(text, search, Behaviour.MERGED_WITH_NEXT, false, out);
    } else {
      out.accept(text);
    }
  }

  private static void split(
      Aligned text,
      TextPattern.Search search,
      Behaviour behaviour,
      boolean invert,
      Consumer<Aligned> out) {
    var parts = new Parts(text, behaviour, out);
    int[] done = {0};
    search.find(
        text.text(),
        (start, end) -> {
          if (start > done[0]) {
            parts.add(done[0], start, invert);
          }
          parts.add(start, end, !invert);
          done[0] = end;
        });
    if (done[0] < text.length()) {
      parts.add(done[0], text.length(), invert);
    }
    parts.release();
  }

  /// Joins the parts of a text, matches and what is between, into pieces.
  private static final class Parts {
    private final Aligned text;
    private final Behaviour behaviour;
    private final Consumer<Aligned> out;
    private int start;
    private int end;
    private boolean lastMatches;

    Parts(Aligned text, Behaviour behaviour, Consumer<Aligned> out) {
      this.text = text;
      this.behaviour = behaviour;
      this.out = out;
    }

    void add(int from, int to, boolean matches) {
      if (end == start || !joins(matches)) {
        release();
        start = from;
      }
      end = matches && behaviour == Behaviour.REMOVED ? start : to;
      lastMatches = matches;
    }

    private boolean joins(boolean matches) {
      return switch (behaviour) {
        case ISOLATED, REMOVED -> false;
        case CONTIGUOUS -> lastMatches == matches;
        case MERGED_WITH_PREVIOUS -> !lastMatches && matches;
        case MERGED_WITH_NEXT -> lastMatches && !matches;
      };
    }

    /// Tells the piece that is whole now, if any.
    void release() {
      if (end > start) {
        out.accept(text.slice(start, end));
      }
      start = end;
    }
  }
}
