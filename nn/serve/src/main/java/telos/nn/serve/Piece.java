package telos.nn.serve;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What has become certain of a completion.
///
/// @param choice number of the completion in its request
/// @param text what follows
/// @param scores of the tokens it is made of, if they were asked for
/// @param tokens how many were written so far, the one that stopped it included
/// @param finish why it ended, or null while it goes on
record Piece(int choice, String text, List<Score> scores, int tokens, @Nullable Finish finish) {
  Piece {
    scores = List.copyOf(scores);
  }

  /// Why a completion ended.
  enum Finish {
    /// With a stop token or a stop string.
    STOP,
    /// At the limit of new tokens.
    LENGTH;

    /// As OpenAI writes it.
    String json() {
      return this == STOP ? "stop" : "length";
    }
  }

  /// How likely a token was.
  ///
  /// @param written the token
  /// @param start where in the completion its text begins
  record Score(Written.Token written, int start) {}
}
