package telos.nn.serve;

import java.util.Optional;
import java.util.Set;
import telos.nn.Gpt;
import telos.nn.text.Chat;
import telos.nn.text.ChatTemplate;
import telos.nn.text.SubwordTokenizer;
import telos.nn.text.Tokenizer;

/// What a [Server] answers with.
///
/// @param id what clients call it
/// @param gpt the model
/// @param tokenizer its vocabulary; one for conversations is a [SubwordTokenizer], which knows
///   special tokens
/// @param template how conversations are written, or empty for a model that only completes texts
/// @param stopTokens tokens that end what it writes
public record ServedModel(
    String id,
    Gpt gpt,
    Tokenizer tokenizer,
    Optional<ChatTemplate> template,
    Set<Integer> stopTokens) {
  /// @throws IllegalArgumentException where the parts do not fit each other
  public ServedModel {
    stopTokens = Set.copyOf(stopTokens);
    int vocabulary = gpt.config().vocabulary();
    if (tokenizer.vocabularySize() > vocabulary) {
      throw new IllegalArgumentException(
          "%s: the tokenizer has %d tokens, the model only %d"
              .formatted(id, tokenizer.vocabularySize(), vocabulary));
    }
    if (template.isPresent() && !(tokenizer instanceof SubwordTokenizer)) {
      throw new IllegalArgumentException(
          "%s: a chat template needs a tokenizer with special tokens".formatted(id));
    }
  }

  /// The tokens of a text to go on with, after the begin token if the tokenizer asks for one.
  int[] prompt(String text) {
    return tokenizer instanceof SubwordTokenizer subword
        ? subword.framed(subword.encoding(text)).ids()
        : tokenizer.encode(text);
  }

  /// The tokens of a conversation up to the answer, if this model holds conversations. No content
  /// of a message becomes a special token.
  ///
  /// @throws IllegalArgumentException when the template refuses the messages
  Optional<int[]> prompt(Chat chat) {
    return template.map(t -> t.ids(chat.withGenerationPrompt(true), (SubwordTokenizer) tokenizer));
  }

  /// The most tokens a prompt and its completion have together.
  int context() {
    return gpt.config().context();
  }
}
