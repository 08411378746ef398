package telos.nn.text;

import java.util.Arrays;
import java.util.Set;

/// Unigram: the best path through all tokens that fit (Viterbi), in double precision, the first
/// found of equals. A character without a token of its own costs 10 more than the rarest token;
/// neighbours of that kind are one unknown token, or bytes.
final class UnigramSegmenter implements Segmenter {
  private static final double UNKNOWN_PENALTY = 10;
  private static final int UNKNOWN = -1;
  private final Trie trie;
  private final double[] scores;
  private final double unknownScore;
  private final int unknown;
  private final int[] byteTokens;

  UnigramSegmenter(TokenModel.Unigram model, Set<Integer> specials) {
    var pieces = model.pieces();
    trie = new Trie(4 * pieces.size());
    scores = pieces.stream().mapToDouble(TokenModel.Piece::score).toArray();
    unknown = model.unknown().orElse(-1);
    unknownScore = Arrays.stream(scores).min().orElse(0) - UNKNOWN_PENALTY;
    byteTokens = model.byteFallback() ? Segmenter.byteTokens(model.vocabulary()) : new int[0];
    var bytes = Arrays.stream(byteTokens).boxed().collect(java.util.stream.Collectors.toSet());
    for (int id = 0; id < scores.length; id++) {
      // A text that spells a byte token is not that byte.
      if (id != unknown && !specials.contains(id) && !bytes.contains(id)) {
        trie.add(pieces.get(id).text(), id);
      }
    }
  }

  @Override
  public void segment(String piece, Sink sink) {
    int n = piece.length();
    var best = new double[n + 1];
    var from = new int[n + 1];
    var token = new int[n + 1];
    Arrays.fill(from, -1);
    from[0] = 0;
    for (int at = 0, width; at < n; at += width) {
      width = Character.charCount(piece.codePointAt(at));
      boolean single = false;
      int node = Trie.ROOT;
      for (int end = at; end < n; ) {
        node = trie.next(node, piece.charAt(end++));
        if (node < 0) {
          break;
        }
        int id = trie.id(node);
        if (id >= 0) {
          offer(at, end, id, scores[id], best, from, token);
          single |= end == at + width;
        }
      }
      if (!single) {
        offer(at, at + width, UNKNOWN, unknownScore, best, from, token);
      }
    }
    tell(piece, from, token, sink);
  }

  private static void offer(
      int at, int end, int id, double score, double[] best, int[] from, int[] token) {
    double total = score + best[at];
    if (from[end] < 0 || total > best[end]) {
      best[end] = total;
      from[end] = at;
      token[end] = id;
    }
  }

  private void tell(String piece, int[] from, int[] token, Sink sink) {
    var ends = new int[piece.length()];
    int count = 0;
    for (int end = piece.length(); end > 0; end = from[end]) {
      ends[count++] = end;
    }
    for (int i = count - 1; i >= 0; i--) {
      int start = from[ends[i]];
      if (token[ends[i]] != UNKNOWN) {
        sink.token(token[ends[i]], start, ends[i]);
        continue;
      }
      while (i > 0 && token[ends[i - 1]] == UNKNOWN) {
        i--;
      }
      tellUnknown(piece, start, ends[i], sink);
    }
  }

  private void tellUnknown(String piece, int start, int end, Sink sink) {
    if (byteTokens.length > 0) {
      for (byte b : Utf8.bytes(piece.substring(start, end))) {
        sink.token(byteTokens[b & 0xff], start, end);
      }
    } else if (unknown >= 0) {
      sink.token(unknown, start, end);
    }
  }
}
