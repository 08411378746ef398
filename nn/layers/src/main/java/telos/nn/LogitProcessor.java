package telos.nn;

/// Changes the scores of a row's next token by what stands before it.
@FunctionalInterface
public interface LogitProcessor {
  /// @param prompt the row's prompt, and
  /// @param written what was written behind it: copies
  /// @param logits `[V]`, a copy that may be changed and returned; minus infinity rules a token out
  /// @return as many scores
  float[] process(int[] prompt, int[] written, float[] logits);
}
