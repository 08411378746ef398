package telos.rl.data;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import telos.nn.format.Json;
import telos.rl.Trajectory;
import telos.rl.environment.Space;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// What the episodes of a file have in common.
///
/// @param observations where observations lie
/// @param actions where actions lie
/// @param provenance where the data come from; the names are those of Minari's metadata, such as
///   `algorithm_name`, `author` (a list), `env_spec`, `code_permalink`, and any others
public record Header(Space<?> observations, Space<?> actions, Json.Obj provenance) {
  /// Of a part whose origin is not noted.
  public Header(Space<?> observations, Space<?> actions) {
    this(observations, actions, new Json.Obj(Map.of()));
  }

  /// The episode as algorithms see it: F32 observations and actions of a box, I32 ones of a
  /// discrete space, which are counted from zero whatever its start.
  ///
  /// @throws IllegalArgumentException when a space is neither, or the episode is of other spaces
  public Trajectory trajectory(Episode episode) {
    require(episode);
    return new Trajectory(
        tensor("observations", observations, episode.observations()),
        tensor("actions", actions, episode.actions()),
        episode.rewards().cast(DType.F32),
        episode.terminated(),
        episode.truncated());
  }

  private static Tensor tensor(String name, Space<?> space, Column column) {
    if (column instanceof Column.Numbers(Tensor values)) {
      if (space instanceof Space.Box) {
        return values.cast(DType.F32);
      }
      if (space instanceof Space.Discrete(_, int start)) {
        return shifted(values, -start);
      }
    }
    throw new IllegalArgumentException(
        "a trajectory has %s in a box or a discrete space, not in %s".formatted(name, space));
  }

  private static Tensor shifted(Tensor indices, int by) {
    int[] values = indices.toInts();
    return Tensor.of(IntStream.of(values).map(i -> i + by).toArray(), indices.shape());
  }

  /// The trajectory as an episode of these spaces.
  ///
  /// @param source who acted, see [Episode#source]
  public Episode episode(Trajectory trajectory, String source) {
    return episode(trajectory, (Json.Obj) Json.of(Map.of("source", source)));
  }

  /// The trajectory as an episode of these spaces.
  ///
  /// @param attributes see [Episode]
  public Episode episode(Trajectory trajectory, Json.Obj attributes) {
    var episode =
        new Episode(
            column(observations, trajectory.observations()),
            column(actions, trajectory.actions()),
            trajectory.rewards(),
            trajectory.terminated(),
            trajectory.truncated(),
            Column.Fields.NONE,
            attributes);
    require(episode);
    return episode;
  }

  private static Column column(Space<?> space, Tensor values) {
    boolean shift = space instanceof Space.Discrete && values.dtype() == DType.I32;
    return new Column.Numbers(shift ? shifted(values, ((Space.Discrete) space).start()) : values);
  }

  /// Refuses an episode of other spaces.
  void require(Episode episode) {
    String fault = fault("observations", observations, episode.observations());
    fault = fault.isEmpty() ? fault("actions", actions, episode.actions()) : fault;
    if (!fault.isEmpty()) {
      throw new IllegalArgumentException(fault);
    }
  }

  /// Why a column holds no elements of a space, or the empty string if it does. Whether numbers
  /// keep to the bounds of a box is not asked: those of a file are rounded.
  private static String fault(String name, Space<?> space, Column column) {
    return switch (space) {
      case Space.Box box when column instanceof Column.Numbers(Tensor values) ->
          rows(name, values, box.shape(), DType.F32, DType.F64, DType.I32);
      case Space.Discrete discrete when column instanceof Column.Numbers(Tensor values) ->
          integers(name, values, List.of(), new int[] {discrete.n()}, discrete.start());
      case Space.MultiDiscrete(int[] n, int[] start)
          when column instanceof Column.Numbers(Tensor values) ->
          integers(name, values, List.of(n.length), n, start);
      case Space.MultiBinary(int n) when column instanceof Column.Numbers(Tensor values) ->
          rows(name, values, List.of(n), DType.BOOL);
      case Space.Text text when column instanceof Column.Texts(List<String> values) ->
          texts(name, text, values);
      case Space.Tuple(var spaces) when column instanceof Column.Parts(var parts) ->
          parts(name, spaces, parts);
      case Space.Dict(var spaces) when column instanceof Column.Fields(var fields) ->
          fields(name, spaces, fields);
      default ->
          "%s: a column of %s holds no elements of %s"
              .formatted(name, column.getClass().getSimpleName(), space);
    };
  }

  private static String rows(String name, Tensor values, List<Integer> shape, DType... fit) {
    int[] dims = values.shape().dims();
    boolean fits =
        List.of(fit).contains(values.dtype())
            && IntStream.of(dims).skip(1).boxed().toList().equals(shape);
    return fits
        ? ""
        : "%s: rows of %s %s instead of %s %s"
            .formatted(
                name,
                values.dtype(),
                IntStream.of(dims).skip(1).boxed().toList(),
                List.of(fit),
                shape);
  }

  private static String integers(
      String name, Tensor values, List<Integer> shape, int[] n, int... start) {
    String fault = rows(name, values, shape, DType.I32);
    if (fault.isEmpty()) {
      int[] integers = values.toInts();
      for (int i = 0; i < integers.length; i++) {
        int k = i % n.length;
        if (integers[i] < start[k] || (long) integers[i] - start[k] >= n[k]) {
          return "%s: row %d has %d, which is not in %d to %d"
              .formatted(name, i / n.length, integers[i], start[k], start[k] + n[k] - 1L);
        }
      }
    }
    return fault;
  }

  private static String texts(String name, Space.Text space, List<String> values) {
    for (int i = 0; i < values.size(); i++) {
      String fault = space.fault(values.get(i));
      if (!fault.isEmpty()) {
        return "%s: row %d: %s".formatted(name, i, fault);
      }
    }
    return "";
  }

  private static String parts(String name, List<Space<?>> spaces, List<Column> parts) {
    if (parts.size() != spaces.size()) {
      return "%s: %d parts instead of %d".formatted(name, parts.size(), spaces.size());
    }
    for (int i = 0; i < parts.size(); i++) {
      String fault = fault(name + "/" + i, spaces.get(i), parts.get(i));
      if (!fault.isEmpty()) {
        return fault;
      }
    }
    return "";
  }

  private static String fields(
      String name, Map<String, Space<?>> spaces, Map<String, Column> fields) {
    if (!fields.keySet().equals(spaces.keySet())) {
      return "%s: the names %s instead of %s".formatted(name, fields.keySet(), spaces.keySet());
    }
    for (var space : spaces.entrySet()) {
      String own = name + "/" + space.getKey();
      Column column = fields.getOrDefault(space.getKey(), Column.Fields.NONE);
      String fault = fault(own, space.getValue(), column);
      if (!fault.isEmpty()) {
        return fault;
      }
    }
    return "";
  }

  /// The shape of `rows` elements of this shape.
  static Shape rows(int rows, List<Integer> shape) {
    return Shape.of(shape.stream().mapToInt(Integer::intValue).toArray()).insert(0, rows);
  }
}
