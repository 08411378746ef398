package telos.nn.serve;

import telos.nn.Sampling;
import telos.tensor.Rng;

/// What one row is to write.
///
/// @param prompt token ids, at least one
/// @param sampling how; its stop tokens and its limit end the row
/// @param key what chance depends on
/// @param likely how many of the most likely tokens to report in each place
record Passage(int[] prompt, Sampling sampling, Rng key, int likely) {
  /// Positions of the cache it may come to need.
  int reserved() {
    return prompt.length + sampling.maxNewTokens();
  }
}
