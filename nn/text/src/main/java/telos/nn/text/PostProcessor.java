package telos.nn.text;

import java.util.List;
import java.util.Map;

/// What is set around the tokens of one or two texts, as data; `tokenizer.json` names the same
/// kinds.
public sealed interface PostProcessor {
  /// Nothing: the second text follows the first.
  PostProcessor NONE = new Sequence(List.of());

  /// One after the other.
  ///
  /// @param parts in order
  record Sequence(List<PostProcessor> parts) implements PostProcessor {
    /// Copies the parts.
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  /// Takes white space at the ends of tokens out of their offsets.
  ///
  /// @param prefixSpace the first token's leading space was not in the text
  /// @param trimOffsets whether anything is done
  /// @param cuts unused, kept for the file
  record ByteLevel(boolean prefixSpace, boolean trimOffsets, boolean cuts)
      implements PostProcessor {}

  /// Texts and special tokens in a given order.
  ///
  /// @param single for one text
  /// @param pair for two
  /// @param specials the tokens of each special name
  record Template(List<Slot> single, List<Slot> pair, Map<String, Special> specials)
      implements PostProcessor {
    /// Copies all, and checks that every special name is explained.
    public Template {
      single = List.copyOf(single);
      pair = List.copyOf(pair);
      specials = Map.copyOf(specials);
      for (var slots : List.of(single, pair)) {
        for (var slot : slots) {
          if (!slot.text() && !specials.containsKey(slot.name())) {
            throw new IllegalArgumentException(
                "the template names the special token \"%s\", which it does not explain"
                    .formatted(slot.name()));
          }
        }
      }
    }
  }

  /// A place in a template.
  ///
  /// @param name `A` or `B`, or the name of a special token
  /// @param text whether it is a text
  /// @param segment the segment (token type) of what stands there
  record Slot(String name, boolean text, int segment) {}

  /// What a special name in a template stands for.
  ///
  /// @param ids ids of its tokens
  /// @param tokens its tokens
  record Special(List<Integer> ids, List<String> tokens) {
    /// Copies both.
    public Special {
      ids = List.copyOf(ids);
      tokens = List.copyOf(tokens);
    }
  }

  /// BERT's: [CLS] A [SEP] B [SEP], B in segment 1.
  ///
  /// @param end the token after each text
  /// @param begin the token before all
  record Bert(Named end, Named begin) implements PostProcessor {}

  /// RoBERTa's: <s> A </s></s> B </s>.
  ///
  /// @param end the token after each text
  /// @param begin the token before all
  /// @param trimOffsets as [ByteLevel]
  /// @param prefixSpace as [ByteLevel]
  record Roberta(Named end, Named begin, boolean trimOffsets, boolean prefixSpace)
      implements PostProcessor {}

  /// A token and its id.
  ///
  /// @param token its text
  /// @param id its id
  record Named(String token, int id) {}
}
