package telos.nn.serve;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import telos.nn.Sampling;
import telos.nn.format.Json;
import telos.nn.text.Chat;
import telos.tensor.Rng;

/// A conversation with a model that has a chat template, as a terminal holds it: each answer is
/// written piece by piece and becomes part of what the model sees next. Belongs to one thread.
public final class Conversation {
  private final ServedModel model;
  private final Optional<String> system;
  private final Sampling sampling;
  private final Rng key;
  private final List<Json.Obj> messages = new ArrayList<>();

  /// @param system what the model is told before everything, or empty for what the template says
  /// @param sampling how answers are drawn; the model's stop tokens are added to its own
  /// @param key what chance depends on, with the number of the answer
  /// @throws IllegalArgumentException when the model has no chat template
  public Conversation(ServedModel model, Optional<String> system, Sampling sampling, Rng key) {
    if (model.template().isEmpty()) {
      throw new IllegalArgumentException(
          "'%s' has no chat template, so it holds no conversations; let it continue texts with 'generate'"
              .formatted(model.id()));
    }
    this.model = model;
    this.system = system;
    this.sampling = sampling;
    this.key = key;
    reset();
  }

  /// Forgets everything that was said.
  public void reset() {
    messages.clear();
    system.ifPresent(text -> messages.add(Chat.message("system", text)));
  }

  /// Says something and hears the answer. If that fails, nothing was said.
  ///
  /// @param heard gets the answer as it is written
  /// @return the answer
  /// @throws IllegalArgumentException when the template refuses it, or the context is full
  public String say(String text, Consumer<String> heard) {
    var chat = new Chat(messages, List.of(), true, Map.of()).plus(Chat.message("user", text));
    int[] prompt = model.prompt(chat).orElseThrow();
    int room = model.context() - prompt.length;
    if (room < 1) {
      throw new IllegalArgumentException(
          "The conversation has %d tokens and fills the model's context of %d; begin a new one"
              .formatted(prompt.length, model.context()));
    }
    var answer = new StringBuilder();
    write(
        prompt,
        within(room),
        piece -> {
          answer.append(piece);
          heard.accept(piece);
        });
    messages.add(Chat.message("user", text));
    messages.add(Chat.message("assistant", answer.toString()));
    return answer.toString();
  }

  private Sampling within(int room) {
    var stops = new HashSet<>(sampling.stopTokens());
    stops.addAll(model.stopTokens());
    int tokens = Math.min(room, sampling.maxNewTokens());
    return new Sampling(sampling.warps(), tokens, stops, false);
  }

  private void write(int[] prompt, Sampling within, Consumer<String> heard) {
    var batch = new ModelBatch(model.gpt(), prompt.length);
    var text = new ChoiceText(0, model.tokenizer().stream(), List.of(), within, false);
    int row = batch.add(new Passage(prompt, within, key.fold(messages.size()), 0));
    boolean ended = false;
    try {
      while (!ended) {
        for (Written written : batch.step()) {
          ended |= heard(text, written, heard);
        }
      }
    } finally {
      batch.remove(row);
    }
  }

  /// @return whether the answer has ended
  private static boolean heard(ChoiceText text, Written written, Consumer<String> heard) {
    return switch (written) {
      case Written.Failure(_, var cause) -> throw cause;
      case Written.Token token -> {
        var piece = text.accept(token);
        piece.map(Piece::text).ifPresent(heard);
        yield piece.isPresent() && piece.get().finish() != null;
      }
    };
  }
}
