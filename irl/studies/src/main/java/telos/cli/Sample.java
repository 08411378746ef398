package telos.cli;

import java.util.List;
import telos.nn.Generator;
import telos.nn.Gpt;
import telos.nn.Sampling;
import telos.nn.text.ByteTokenizer;
import telos.tensor.Rng;

/// Text sampled from a byte-level model.
final class Sample {
  private Sample() {}

  /// The prompt's continuation. The prompt's beginning is left out where both together would not
  /// fit the context.
  static String continuation(Gpt gpt, String prompt, Sampling sampling, long seed) {
    var tokenizer = new ByteTokenizer();
    int[] ids = tokenizer.encode(prompt.isEmpty() ? "\n" : prompt);
    int room = gpt.config().context() - sampling.maxNewTokens();
    if (room < 1) {
      throw new IllegalArgumentException(
          "The model's context is %d tokens; ask for at most %d new ones"
              .formatted(gpt.config().context(), gpt.config().context() - 1));
    }
    int[] kept = java.util.Arrays.copyOfRange(ids, Math.max(0, ids.length - room), ids.length);
    List<Rng> keys = Generator.keys(Rng.of(seed), 1, 1);
    return tokenizer.decode(
        Generator.generate(gpt, new int[][] {kept}, sampling, keys).getFirst().tokens());
  }
}
