package telos.nn.text;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Learns byte-level byte-pair encoding (Sennrich, Haddow and Birch 2016; on bytes as in GPT-2,
/// Radford et al. 2019): the most frequent pair of neighbours becomes a token, again and again.
/// Equally frequent pairs are taken in lexicographic order of their ids, as Hugging Face's trainer
/// does.
///
/// The special tokens have the first ids, the 256 bytes follow in the order of their characters in
/// [ByteAlphabet], then the merges. The same texts, in any order, give the same tokenizer. Memory
/// grows with the distinct pieces, not with the texts, and is bounded by `pieces`.
///
/// @param vocabularySize number of tokens; what is learnt is smaller when no pair is frequent
///   enough
/// @param minFrequency how often a pair must occur, at least 1
/// @param specials special tokens
/// @param cuts how texts are cut; it must end in a [PreTokenizer.ByteLevel]
/// @param pieces most distinct pieces that are kept from one text to the next: beyond them the
///   rarest are forgotten (and the order of the texts begins to matter)
public record BytePairTrainer(
    int vocabularySize, long minFrequency, List<String> specials, PreTokenizer cuts, int pieces) {
  /// Copies the special tokens and checks the sizes.
  public BytePairTrainer {
    specials = List.copyOf(specials);
    if (vocabularySize < specials.size() + 256) {
      throw new IllegalArgumentException(
          "a byte-pair vocabulary has at least %d tokens (%d special ones and 256 bytes), not %d"
              .formatted(specials.size() + 256, specials.size(), vocabularySize));
    }
    if (minFrequency < 1 || pieces < 1) {
      throw new IllegalArgumentException(
          "the least frequency (%d) and the number of pieces (%d) must be positive"
              .formatted(minFrequency, pieces));
    }
  }

  /// telos' own vocabularies: `<pad>`, `<bos>`, `<eos>`, `<sep>` are 0 to 3, texts are cut as in
  /// GPT-2, a pair must occur twice, four million pieces are counted.
  ///
  /// @param vocabularySize at least 260
  public static BytePairTrainer ofSize(int vocabularySize) {
    return new BytePairTrainer(vocabularySize, 2, Specials.TEXTS, PreTokenizer.GPT2, 4_000_000);
  }

  /// Learns from texts.
  ///
  /// @param texts read once; for a stream pass `stream::iterator`
  public SubwordTokenizer train(Iterable<String> texts) {
    var vocabulary = new LinkedHashMap<String, Integer>();
    specials.forEach(token -> vocabulary.put(token, vocabulary.size()));
    IntStream.range(0, 256)
        .mapToObj(b -> Character.toString(ByteAlphabet.character(b)))
        .sorted()
        .forEach(token -> vocabulary.put(token, vocabulary.size()));
    var merges =
        PairCounts.learn(counted(texts), vocabulary, vocabularySize, minFrequency).stream()
            .toList();
    var added =
        IntStream.range(0, specials.size())
            .mapToObj(id -> new AddedToken(id, specials.get(id), true))
            .toList();
    return SubwordTokenizer.of(
        Pipeline.byteLevel(
            added, Normalizer.NONE, cuts, new TokenModel.BytePair(vocabulary, merges)));
  }

  /// A count that grows in place.
  private static final class Count {
    long value;
  }

  private Map<String, Long> counted(Iterable<String> texts) {
    var cut = Cutting.of(cuts);
    var counts = new HashMap<String, Count>();
    for (var text : texts) {
      if (text.isEmpty()) {
        continue;
      }
      cut.pieces(
          Aligned.of(Utf8.wellFormed(text)),
          piece -> counts.computeIfAbsent(piece.text(), _ -> new Count()).value++);
      if (counts.size() > pieces) {
        forget(counts);
      }
    }
    var sorted = new TreeMap<String, Long>();
    counts.forEach((piece, count) -> sorted.put(piece, count.value));
    return sorted;
  }

  /// Drops the rarest pieces until half of the room is free.
  private void forget(Map<String, Count> counts) {
    for (long least = 1; counts.size() > pieces / 2; least *= 2) {
      long limit = least;
      counts.values().removeIf(count -> count.value <= limit);
    }
  }
}
