package telos.nn.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import telos.nn.text.PreTokenizer.Behaviour;

/// Does what a [PreTokenizer] says: pieces in order, none of them empty.
final class Cutting {
  private static final TextPattern.Search GPT2 =
      TextPattern.regex(
              "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+")
          .search();

  private Cutting() {}

  /// One way to cut.
  interface Cut {
    List<Aligned> pieces(Aligned text);
  }

  static Cut of(PreTokenizer cuts) {
    return switch (cuts) {
      case PreTokenizer.Sequence(var parts) -> sequence(parts.stream().map(Cutting::of).toList());
      case PreTokenizer.ByteLevel level -> text -> byteLevel(level, text);
      case PreTokenizer.Split(var pattern, var behaviour, var invert) -> {
        var search = pattern.search();
        yield text -> split(text, search, behaviour, invert);
      }
      case PreTokenizer.Metaspace meta -> text -> metaspace(meta, text);
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
        yield text -> split(text, search, Behaviour.REMOVED, false);
      }
    };
  }

  private static Cut sequence(List<Cut> parts) {
    return text -> {
      var pieces = List.of(text);
      for (var part : parts) {
        var cut = new ArrayList<Aligned>();
        pieces.forEach(piece -> cut.addAll(part.pieces(piece)));
        pieces = cut;
      }
      return pieces;
    };
  }

  private static Cut at(IntPredicate where, Behaviour behaviour) {
    return text -> split(text, characters(where), behaviour, false);
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

  private static List<Aligned> byteLevel(PreTokenizer.ByteLevel level, Aligned raw) {
    var text = level.prefixSpace() && !raw.text().startsWith(" ") ? raw.prepend(" ") : raw;
    if (!level.cuts()) {
      return List.of(Normalization.bytes(text));
    }
    var pieces = new ArrayList<Aligned>();
    for (var piece : split(text, GPT2, Behaviour.ISOLATED, false)) {
      pieces.add(Normalization.bytes(piece));
    }
    return pieces;
  }

  private static List<Aligned> metaspace(PreTokenizer.Metaspace meta, Aligned raw) {
    var text =
        raw.text().indexOf(' ') < 0 ? raw : raw.map(c -> c == ' ' ? meta.replacement() : null);
    boolean front =
        meta.prepend() == PreTokenizer.Prepend.ALWAYS
            || meta.prepend() == PreTokenizer.Prepend.FIRST && text.start(0) == 0;
    if (front && !text.text().startsWith(meta.replacement())) {
      text = text.prepend(meta.replacement());
    }
    return meta.split()
        ? split(
            text,
            TextPattern.literal(meta.replacement()).search(),
            Behaviour.MERGED_WITH_NEXT,
            false)
        : List.of(text);
  }

  /// A part of a text, and whether it is a match.
  private record Part(int start, int end, boolean match) {}

  private static List<Aligned> split(
      Aligned text, TextPattern.Search search, Behaviour behaviour, boolean invert) {
    var parts = new ArrayList<Part>();
    int[] done = {0};
    search.find(
        text.text(),
        (start, end) -> {
          if (start > done[0]) {
            parts.add(new Part(done[0], start, invert));
          }
          parts.add(new Part(start, end, !invert));
          done[0] = end;
        });
    if (done[0] < text.length()) {
      parts.add(new Part(done[0], text.length(), invert));
    }
    return merged(parts, behaviour).stream().map(p -> text.slice(p.start(), p.end())).toList();
  }

  private static List<Part> merged(List<Part> parts, Behaviour behaviour) {
    return switch (behaviour) {
      case ISOLATED -> parts;
      case REMOVED -> parts.stream().filter(p -> !p.match()).toList();
      case CONTIGUOUS -> joined(parts, (left, right) -> left.match() == right.match());
      case MERGED_WITH_PREVIOUS -> joined(parts, (left, right) -> !left.match() && right.match());
      case MERGED_WITH_NEXT -> joined(parts, (left, right) -> left.match() && !right.match());
    };
  }

  /// Whether two neighbours belong together.
  private interface Joins {
    boolean test(Part left, Part right);
  }

  private static List<Part> joined(List<Part> parts, Joins joins) {
    var out = new ArrayList<Part>();
    Part last = null;
    for (var part : parts) {
      if (last != null && joins.test(last, part)) {
        out.set(out.size() - 1, new Part(out.getLast().start(), part.end(), part.match()));
      } else {
        out.add(part);
      }
      last = part;
    }
    return out;
  }
}
