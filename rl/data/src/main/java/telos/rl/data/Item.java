package telos.rl.data;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import telos.tensor.Tensor;

/// What a record of a [RecordFile] holds: an [Episode] by itself, or one or two with what somebody
/// knows about them.
public sealed interface Item permits Episode, Item.Demonstration, Item.Preference, Item.Rollout {
  /// The episodes in it.
  List<Episode> episodes();

  /// An episode to be imitated.
  ///
  /// @param demonstrator whose it is
  record Demonstration(Episode episode, String demonstrator) implements Item {
    @Override
    public List<Episode> episodes() {
      return List.of(episode);
    }
  }

  /// Two segments that somebody compared.
  ///
  /// @param secondPreferred 0, 1/2 or 1; empty where the judge was unsure
  /// @param judge who compared them
  record Preference(Episode first, Episode second, OptionalDouble secondPreferred, String judge)
      implements Item {
    public Preference {
      double value = secondPreferred.orElse(0.5);
      if (value != 0 && value != 0.5 && value != 1) {
        throw new IllegalArgumentException(
            "the second is preferred by " + value + "; needs 0, 1/2, 1, or nothing for unsure");
      }
    }

    @Override
    public List<Episode> episodes() {
      return List.of(first, second);
    }
  }

  /// An episode with what the policy computed while it acted.
  ///
  /// @param logProbs of the actions, F32 `[T]`
  /// @param values the critic's estimates, F32 `[T + 1]`, if there is a critic
  /// @param version of the policy: how often it had been updated
  record Rollout(Episode episode, Tensor logProbs, Optional<Tensor> values, long version)
      implements Item {
    public Rollout {
      requireLength("log-probabilities", logProbs, episode.length());
      values.ifPresent(tensor -> requireLength("values", tensor, episode.length() + 1));
    }

    private static void requireLength(String name, Tensor tensor, int length) {
      if (tensor.rank() != 1 || tensor.dim(0) != length || !tensor.dtype().isFloat()) {
        throw new IllegalArgumentException(
            "the %s are %s %s; this episode needs floats [%d]"
                .formatted(name, tensor.dtype(), tensor.shape(), length));
      }
    }

    @Override
    public List<Episode> episodes() {
      return List.of(episode);
    }
  }
}
