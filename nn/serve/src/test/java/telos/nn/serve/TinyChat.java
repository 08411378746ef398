package telos.nn.serve;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import telos.nn.Gpt;
import telos.nn.GptConfig;
import telos.nn.text.ChatTemplate;
import telos.nn.text.SubwordTokenizer;
import telos.tensor.Rng;
import telos.tensor.Tree;

/// A random model with a byte-level vocabulary that speaks ChatML.
final class TinyChat {
  static final SubwordTokenizer TOKENIZER =
      SubwordTokenizer.train(List.of("hello there, hello you, hello world"), 280)
          .withSpecialTokens(List.of("<|im_start|>", "<|im_end|>"));
  static final int END = TOKENIZER.specialId("<|im_end|>");

  private TinyChat() {}

  /// Its weights are large enough for distributions that are far from uniform.
  static ServedModel model() {
    Gpt fresh =
        Gpt.init(GptConfig.llama(2, 4, 2, 32, 64, 256, TOKENIZER.vocabularySize()), Rng.of(3));
    Gpt gpt =
        Tree.mapWithPath(
            fresh,
            (path, leaf) -> path.startsWith("rotary") || leaf.rank() < 2 ? leaf : leaf.mul(6));
    return new ServedModel("tiny", gpt, TOKENIZER, Optional.of(ChatTemplate.chatMl()), Set.of(END));
  }
}
