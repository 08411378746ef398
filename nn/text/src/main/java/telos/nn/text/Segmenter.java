package telos.nn.text;

import java.util.Set;

/// Does what a [TokenModel] says with one piece of text. Safe for any number of threads.
interface Segmenter {
  /// What is told of each token of a piece.
  interface Sink {
    /// A token that stands for the piece's characters `start` to `end`.
    void token(int id, int start, int end);
  }

  void segment(String piece, Sink sink);

  /// @param specials ids that no text may become; only where a text is unknown does the model's own
  ///   unknown token stand for it
  static Segmenter of(TokenModel model, Set<Integer> specials) {
    return switch (model) {
      case TokenModel.BytePair bytePair -> new BytePairSegmenter(bytePair, specials);
      case TokenModel.WordPiece wordPiece -> new WordPieceSegmenter(wordPiece, specials);
      case TokenModel.Unigram unigram -> new UnigramSegmenter(unigram, specials);
      case TokenModel.WordLevel(var vocabulary, var unknown) -> {
        int other = vocabulary.getOrDefault(unknown, -1);
        yield (piece, sink) -> {
          int id = vocabulary.getOrDefault(piece, -1);
          int known = id < 0 || specials.contains(id) ? other : id;
          if (known >= 0) {
            sink.token(known, 0, piece.length());
          }
        };
      }
    };
  }

  /// The ids of the tokens `<0x00>` to `<0xFF>`, empty unless all are in the vocabulary.
  static int[] byteTokens(java.util.Map<String, Integer> vocabulary) {
    var ids = new int[256];
    for (int b = 0; b < 256; b++) {
      var id = vocabulary.get("<0x%02X>".formatted(b));
      if (id == null) {
        return new int[0];
      }
      ids[b] = id;
    }
    return ids;
  }
}
