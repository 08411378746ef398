package telos.irl;

import java.util.List;

/// Scores whole sequences, prompt and response together.
@FunctionalInterface
public interface SequenceReward {
  /// One score a sequence, in order; deterministic and independent of the batch.
  double[] of(List<int[]> sequences);
}
