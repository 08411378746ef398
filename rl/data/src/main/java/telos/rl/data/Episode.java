package telos.rl.data;

import java.util.List;
import java.util.OptionalLong;
import telos.nn.format.Json;
import telos.tensor.Tensor;

/// An episode, or a stretch of one, whatever its spaces are. Where they are boxes or discrete it is
/// a [telos.rl.Trajectory], see [Header#trajectory].
///
/// @param observations `T + 1` rows: the last is what followed the last action
/// @param actions T rows
/// @param rewards F32 or F64 `[T]`, finite
/// @param terminated whether the process came to its end with the last step
/// @param truncated whether the episode was cut after the last step, where the process would go on
/// @param infos anything else that was noted at each step, kept as it is
/// @param attributes anything that was noted of the episode as a whole; `seed`, `options` (an
///   object) and `source` have a meaning
public record Episode(
    Column observations,
    Column actions,
    Tensor rewards,
    boolean terminated,
    boolean truncated,
    Column.Fields infos,
    Json.Obj attributes)
    implements Item {
  /// @throws IllegalArgumentException when the fields are of different lengths, there is no step,
  ///   or a reward is no finite number
  public Episode {
    if (rewards.rank() != 1 || !rewards.dtype().isFloat() || rewards.dim(0) == 0) {
      throw new IllegalArgumentException(
          "the rewards are "
              + rewards.dtype()
              + " "
              + rewards.shape()
              + "; an episode needs F32 or F64 [T] with T at least 1");
    }
    int length = rewards.dim(0);
    requireRows("observations", observations, length + 1);
    requireRows("actions", actions, length);
    requireFinite(rewards.toDoubles());
  }

  private static void requireRows(String name, Column column, int rows) {
    if (!column.hasRows(rows)) {
      throw new IllegalArgumentException(
          "the %s do not have %d rows throughout, as the length of the rewards asks for"
              .formatted(name, rows));
    }
  }

  private static void requireFinite(double[] rewards) {
    for (int t = 0; t < rewards.length; t++) {
      if (!Double.isFinite(rewards[t])) {
        throw new IllegalArgumentException(
            "the reward of step %d is %s, which is no finite number".formatted(t, rewards[t]));
      }
    }
  }

  /// T.
  public int length() {
    return rewards.dim(0);
  }

  /// The seed that the environment was reset with, if it is known.
  public OptionalLong seed() {
    return attributes.at("seed") instanceof Json.Num(var digits) && digits.matches("-?\\d{1,18}")
        ? OptionalLong.of(Long.parseLong(digits))
        : OptionalLong.empty();
  }

  /// The options that the environment was reset with.
  public Json.Obj options() {
    return attributes.at("options") instanceof Json.Obj options
        ? options
        : new Json.Obj(java.util.Map.of());
  }

  /// Who acted, such as `medium`: what tells the parts of a mixture apart. Empty if unknown.
  public String source() {
    return attributes.at("source") instanceof Json.Str(var source) ? source : "";
  }

  /// This one.
  @Override
  public List<Episode> episodes() {
    return List.of(this);
  }
}
