package telos.nn.text;

import java.util.List;

/// The four special tokens of telos' own vocabularies; everything else follows them.
final class Specials {
  /// Texts by id: [Tokenizer#PAD], [Tokenizer#BOS], [Tokenizer#EOS], [Tokenizer#SEP].
  static final List<String> TEXTS = List.of("<pad>", "<bos>", "<eos>", "<sep>");

  static final int COUNT = TEXTS.size();

  private Specials() {}
}
