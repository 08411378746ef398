package telos.nn;

import java.util.function.Supplier;
import telos.tensor.Recorder;

/// What a prompt must be before a model reads it, and how a model reads.
final class Prompts {
  private Prompts() {}

  /// Runs on the model's device. What is read or written is a constant for any gradient that is
  /// being taken.
  static <T> T reading(Gpt model, Supplier<T> body) {
    return model
        .tokens()
        .weight()
        .device()
        .with(() -> ScopedValue.where(Recorder.CURRENT, null).call(body::get));
  }

  /// @param name of the prompt in messages
  /// @param room how many tokens must still fit the context behind it
  static void check(Gpt model, String name, int[] prompt, int room) {
    if (model.tokens().isStack()) {
      throw new IllegalArgumentException(
          "generate: the model is a stack, which reads whole sequences only; its members write, see"
              + " Ensemble.unstack");
    }
    int context = model.config().context();
    if (prompt.length == 0 || prompt.length > context - room) {
      throw new IllegalArgumentException(
          "generate: "
              + name
              + " of "
              + prompt.length
              + " tokens and "
              + room
              + " new ones do not fit the context of "
              + context
              + "; needs at least one token, and both together within the context");
    }
    for (int token : prompt) {
      checkToken(model, name, token);
    }
  }

  /// @param what the token occurs in
  static void checkToken(Gpt model, String what, int token) {
    int vocabulary = model.config().vocabulary();
    if (token < 0 || token >= vocabulary) {
      throw new IllegalArgumentException(
          "generate: "
              + what
              + " has the token "
              + token
              + "; this model's tokens are 0 to "
              + (vocabulary - 1));
    }
  }
}
