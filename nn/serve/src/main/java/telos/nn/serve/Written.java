package telos.nn.serve;

import java.util.List;

/// What a step did to a row.
sealed interface Written {
  /// Which row.
  int row();

  /// It has a token more.
  ///
  /// @param id the token
  /// @param logProb under the model itself, before temperature and penalties
  /// @param likely the most likely tokens in its place, most likely first, as many as were asked
  ///   for
  record Token(int row, int id, float logProb, List<Likely> likely) implements Written {
    public Token {
      likely = List.copyOf(likely);
    }
  }

  /// It has ended, because there was no token to write.
  record Failure(int row, RuntimeException cause) implements Written {}

  /// A token and its log-probability.
  record Likely(int token, float logProb) {}
}
