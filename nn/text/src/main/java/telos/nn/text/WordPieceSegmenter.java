package telos.nn.text;

import java.util.Set;

/// WordPiece: from the left always the longest token; a word with a place where none fits is
/// unknown as a whole. The tokens wait in two tries, so a word costs its length times the longest
/// token at most.
final class WordPieceSegmenter implements Segmenter {
  private final Trie begins;
  private final Trie continues;
  private final int unknown;
  private final int longestWord;

  WordPieceSegmenter(TokenModel.WordPiece model, Set<Integer> specials) {
    begins = new Trie(model.vocabulary().size());
    continues = new Trie(model.vocabulary().size());
    unknown = model.vocabulary().getOrDefault(model.unknown(), -1);
    longestWord = model.longestWord();
    model
        .vocabulary()
        .forEach((token, id) -> {
          if (specials.contains(id)) {
            return;
          }
          begins.add(token, id);
          if (token.startsWith(model.prefix()) && token.length() > model.prefix().length()) {
            continues.add(token.substring(model.prefix().length()), id);
          }
        });
  }

  @Override
  public void segment(String piece, Sink sink) {
    var symbols = new Merges.Symbols(8);
    boolean known = piece.codePointCount(0, piece.length()) <= longestWord;
    for (int at = 0, end; known && at < piece.length(); at = end) {
      var trie = at == 0 ? begins : continues;
      end = trie.longest(piece, at);
      known = end > at;
      if (known) {
        symbols.add(trie.find(piece, at, end), at, end);
      }
    }
    if (known) {
      symbols.tell(sink);
    } else if (unknown >= 0) {
      sink.token(unknown, 0, piece.length());
    }
  }
}
