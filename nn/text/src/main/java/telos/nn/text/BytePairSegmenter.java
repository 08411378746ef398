package telos.nn.text;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// Byte-pair encoding of a piece: a token for each character, then the merges.
final class BytePairSegmenter implements Segmenter {
  private final TokenModel.BytePair model;
  private final Map<String, Integer> vocabulary;
  private final Merges merges;
  private final int[] byteTokens;
  private final int[] plain = new int[0x180];
  private final int unknown;

  BytePairSegmenter(TokenModel.BytePair model, Set<Integer> specials) {
    this.model = model;
    vocabulary = new HashMap<>(model.vocabulary());
    unknown = model.unknown().map(t -> vocabulary.getOrDefault(t, -1)).orElse(-1);
    byteTokens = model.byteFallback() ? Segmenter.byteTokens(vocabulary) : new int[0];
    merges = Merges.of(model, specials);
    vocabulary.values().removeIf(specials::contains);
    for (int c = 0; c < plain.length; c++) {
      plain[c] = vocabulary.getOrDefault(Character.toString(c), -1);
    }
  }

  @Override
  public void segment(String piece, Sink sink) {
    if (model.ignoreMerges()) {
      var whole = vocabulary.get(piece);
      if (whole != null) {
        sink.token(whole, 0, piece.length());
        return;
      }
    }
    var symbols = new Merges.Symbols(byteTokens.length > 0 ? 3 * piece.length() : piece.length());
    for (int at = 0, end; at < piece.length(); at = end) {
      end = at + Character.charCount(piece.codePointAt(at));
      int id = id(piece, at, end);
      if (id >= 0) {
        symbols.add(id, at, end);
      } else {
        addUnknown(piece, at, end, symbols);
      }
    }
    merges.apply(symbols);
    symbols.tell(sink);
  }

  private int id(String piece, int at, int end) {
    boolean bare =
        (at == 0 || model.prefix().isEmpty()) && (end < piece.length() || model.suffix().isEmpty());
    if (bare && piece.charAt(at) < plain.length) {
      return plain[piece.charAt(at)];
    }
    var token =
        (at > 0 ? model.prefix() : "")
            + piece.substring(at, end)
            + (end == piece.length() ? model.suffix() : "");
    return vocabulary.getOrDefault(token, -1);
  }

  private void addUnknown(String piece, int at, int end, Merges.Symbols symbols) {
    if (byteTokens.length > 0) {
      for (byte b : Utf8.bytes(piece.substring(at, end))) {
        symbols.add(byteTokens[b & 0xff], at, end);
      }
    } else if (unknown >= 0 && !(model.fuseUnknown() && symbols.extend(unknown, at, end))) {
      symbols.add(unknown, at, end);
    }
  }
}
