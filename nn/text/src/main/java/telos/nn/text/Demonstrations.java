package telos.nn.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.nn.format.FormatException;

/// Makes of examples what a model is trained on.
///
/// Of a text every token counts, and its end; of a prompt and completion the completion and its
/// end; of a conversation what the assistant says, its stop token included. What is longer than the
/// model's context is cut: a text into several sequences of which each goes on where the one before
/// ended, the others at their end.
///
/// @param tokenizer of the model
/// @param template how conversations are written; empty for a model that has none
/// @param end the token after a text or completion
/// @param context the most tokens that a model reads at once
public record Demonstrations(
    SubwordTokenizer tokenizer, Optional<ChatTemplate> template, int end, int context) {
  /// @throws IllegalArgumentException for a context below 1
  public Demonstrations {
    if (context < 1) {
      throw new IllegalArgumentException("a context of %d tokens".formatted(context));
    }
  }

  /// The sequences of an example; none if nothing that counts fits into the context.
  ///
  /// @param where what to call the example in an error
  /// @throws FormatException when a conversation cannot be written
  public List<Demonstration> of(Example example, String where, long line) throws FormatException {
    return switch (example) {
      case Example.Text(var text, var whole) -> windows(text(text, whole), line);
      case Example.Completion(var prompt, var completion) ->
          cut(completion(prompt, completion, line));
      case Example.Conversation conversation -> cut(conversation(conversation, where, line));
    };
  }

  private int[] text(String text, boolean whole) {
    return whole ? ended(framed(text)) : tokenizer.encode(text);
  }

  private int[] framed(String text) {
    return tokenizer.framed(tokenizer.encoding(text)).ids();
  }

  private int[] ended(int[] ids) {
    var ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = end;
    return ended;
  }

  /// Each window begins with the last token of the one before, so that every token but the first is
  /// predicted once.
  private List<Demonstration> windows(int[] ids, long line) {
    var windows = new ArrayList<Demonstration>();
    for (int from = 0; from + 1 < ids.length; from += context) {
      int to = Math.min(ids.length, from + context + 1);
      var window = Demonstration.text(Arrays.copyOfRange(ids, from, to));
      windows.add(new Demonstration(window.ids(), window.counted(), line));
    }
    return windows;
  }

  /// The prompt is encoded on its own, as generation will see it.
  private Demonstration completion(String prompt, String completion, long line) {
    var before = framed(prompt);
    var after = ended(tokenizer.encode(completion));
    var ids = IntStream.concat(Arrays.stream(before), Arrays.stream(after)).toArray();
    var counted = new boolean[ids.length];
    Arrays.fill(counted, Math.max(1, before.length), ids.length, true);
    return new Demonstration(ids, counted, line);
  }

  private Demonstration conversation(Example.Conversation example, String where, long line)
      throws FormatException {
    if (template.isEmpty()) {
      throw new FormatException(
          "%s: is a conversation, and the model has no chat template".formatted(where));
    }
    try {
      var encoded = template.get().encode(example.chat(), tokenizer);
      var counted = encoded.assistant().clone();
      Arrays.fill(counted, 0, given(example, encoded.ids().length), false);
      var demonstration = new Demonstration(encoded.ids(), counted, line);
      if (demonstration.weight() == 0) {
        throw new FormatException("%s: the assistant says nothing in it".formatted(where));
      }
      return demonstration;
    } catch (IllegalArgumentException e) {
      throw new FormatException("%s: %s".formatted(where, e.getMessage()), e);
    }
  }

  /// How many tokens are given: the first, and those of the prompt's messages.
  private int given(Example.Conversation example, int length) {
    if (example.prompt() == 0) {
      return Math.min(1, length);
    }
    var prompt = example.chat().first(example.prompt(), true);
    return Math.clamp(template.orElseThrow().encode(prompt, tokenizer).ids().length, 1, length);
  }

  private List<Demonstration> cut(Demonstration whole) {
    var fitting = whole.first(context + 1);
    return fitting.weight() == 0 ? List.of() : List.of(fitting);
  }
}
