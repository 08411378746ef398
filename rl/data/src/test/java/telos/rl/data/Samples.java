package telos.rl.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import telos.nn.format.Json;
import telos.rl.environment.Space;
import telos.tensor.DType;
import telos.tensor.Rng;
import telos.tensor.Tensor;

/// Random spaces, columns, episodes and items, and what to compare them by.
final class Samples {
  private static final String ALPHABET = "abc äß\"\\{}€";

  private Samples() {}

  static Space<?> space(Rng key, int depth) {
    int n = 1 + key.fold("n").integer(4);
    return switch (key.fold("kind").integer(depth > 0 ? 7 : 5)) {
      case 0 -> box(key, n);
      case 1 -> new Space.Discrete(n, key.fold("start").integer(9) - 4);
      case 2 -> {
        int[] sizes = new int[n];
        int[] starts = new int[n];
        Arrays.setAll(sizes, i -> 1 + key.fold(i).integer(5));
        Arrays.setAll(starts, i -> key.fold(-1 - i).integer(9) - 4);
        yield new Space.MultiDiscrete(sizes, starts);
      }
      case 3 -> new Space.MultiBinary(n);
      case 4 -> new Space.Text(0, n, ALPHABET);
      case 5 -> new Space.Tuple(parts(key, n, depth));
      default -> {
        Map<String, Space<?>> named = new LinkedHashMap<>();
        parts(key, n, depth).forEach(part -> named.put("näme " + named.size(), part));
        yield new Space.Dict(named);
      }
    };
  }

  private static List<Space<?>> parts(Rng key, int n, int depth) {
    List<Space<?>> parts = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      parts.add(space(key.fold("part").fold(i), depth - 1));
    }
    return parts;
  }

  private static Space.Box box(Rng key, int n) {
    List<Integer> shape =
        List.of(List.of(), List.of(n), List.of(2, n)).stream()
            .skip(key.fold("rank").integer(3))
            .findFirst()
            .get()
            .stream()
            .map(Integer.class::cast)
            .toList();
    int size = shape.stream().reduce(1, Math::multiplyExact);
    float[] low = new float[size];
    float[] high = new float[size];
    for (int i = 0; i < size; i++) {
      low[i] = key.fold(i).bernoulli(0.3) ? Float.NEGATIVE_INFINITY : -i - 0.1f;
      high[i] = key.fold(-i - 1).bernoulli(0.3) ? Float.POSITIVE_INFINITY : i + 1e9f;
    }
    return new Space.Box(low, high, shape);
  }

  /// @param dtype of the numbers of boxes
  static Column column(Space<?> space, int rows, DType dtype, Rng key) {
    return switch (space) {
      case Space.Box box -> {
        double[] values = new double[rows * box.size()];
        Arrays.setAll(values, i -> 1000 * key.fold(i).normal());
        yield new Column.Numbers(
            Tensor.of(values, Header.rows(rows, box.shape()).dims()).cast(dtype));
      }
      case Space.Discrete discrete -> {
        int[] values = new int[rows];
        Arrays.setAll(values, i -> discrete.sample(key.fold(i)));
        yield new Column.Numbers(Tensor.of(values));
      }
      case Space.MultiDiscrete several -> {
        int n = several.n().length;
        int[] values = new int[rows * n];
        Arrays.setAll(values, i -> several.sample(key.fold(i / n))[i % n]);
        yield new Column.Numbers(Tensor.of(values, telos.tensor.Shape.of(rows, n)));
      }
      case Space.MultiBinary(int n) -> {
        boolean[] values = new boolean[rows * n];
        for (int i = 0; i < values.length; i++) {
          values[i] = key.fold(i).bernoulli(0.5);
        }
        yield new Column.Numbers(Tensor.of(values, rows, n));
      }
      case Space.Text text -> {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
          values.add(text.sample(key.fold(i)));
        }
        yield new Column.Texts(values);
      }
      case Space.Tuple(var parts) -> {
        List<Column> columns = new ArrayList<>();
        for (Space<?> part : parts) {
          columns.add(column(part, rows, dtype, key.fold(columns.size())));
        }
        yield new Column.Parts(columns);
      }
      case Space.Dict(var parts) -> {
        Map<String, Column> columns = new LinkedHashMap<>();
        parts.forEach((name, part) -> columns.put(name, column(part, rows, dtype, key.fold(name))));
        yield new Column.Fields(columns);
      }
    };
  }

  static Header header(Rng key) {
    return new Header(
        space(key.fold("observations"), 2),
        space(key.fold("actions"), 1),
        (Json.Obj) Json.of(Map.of("algorithm_name", "chance", "author", List.of("a", "ö"))));
  }

  static Episode episode(Header header, DType dtype, Rng key) {
    int length = 1 + key.fold("length").integer(5);
    double[] rewards = new double[length];
    Arrays.setAll(rewards, t -> key.fold("reward").fold(t).normal());
    return new Episode(
        column(header.observations(), length + 1, dtype, key.fold("observations")),
        column(header.actions(), length, dtype, key.fold("actions")),
        Tensor.of(rewards),
        key.fold("terminated").bernoulli(0.5),
        key.fold("truncated").bernoulli(0.5),
        infos(length + 1, key),
        attributes(key));
  }

  private static Column.Fields infos(int rows, Rng key) {
    if (key.fold("no infos").bernoulli(0.3)) {
      return Column.Fields.NONE;
    }
    boolean[] flags = new boolean[rows];
    long[] large = new long[rows];
    Arrays.setAll(large, t -> (1L << 40) + t);
    flags[rows - 1] = true;
    var deep =
        new Column.Fields(
            Map.of(
                "hit", new Column.Numbers(Tensor.of(flags)),
                "word", new Column.Texts(java.util.Collections.nCopies(rows, "w€"))));
    var time = Tensor.of(large, DType.I64, telos.tensor.Shape.of(rows));
    return new Column.Fields(Map.of("time", new Column.Numbers(time), "deep", deep));
  }

  private static Json.Obj attributes(Rng key) {
    return (Json.Obj)
        Json.of(
            Map.of(
                "seed", key.integer(1000),
                "source", "medium",
                "options",
                    Map.of(
                        "gravity", key.uniform(),
                        "goal", Map.of("open", true, "at", List.of(1, 2), "name", "dör"))));
  }

  static Item item(Header header, DType dtype, Rng key) {
    Episode episode = episode(header, dtype, key.fold("first"));
    return switch (key.fold("item").integer(4)) {
      case 0 -> episode;
      case 1 -> new Item.Demonstration(episode, "somebody");
      case 2 -> {
        int answer = key.fold("answer").integer(4);
        yield new Item.Preference(
            episode,
            episode(header, dtype, key.fold("second")),
            answer == 3 ? OptionalDouble.empty() : OptionalDouble.of(answer / 2.0),
            "judge");
      }
      default -> {
        double[] numbers = new double[episode.length() + 1];
        Arrays.setAll(numbers, t -> key.fold(t).normal());
        Tensor values = Tensor.of(numbers).cast(DType.F32);
        yield new Item.Rollout(
            episode,
            values.slice(0, 1, numbers.length),
            key.bernoulli(0.5) ? Optional.of(values) : Optional.empty(),
            key.key());
      }
    };
  }

  /// Everything in a value, to the bit.
  static String digest(Object value) {
    return switch (value) {
      case Tensor tensor -> tensor.dtype() + "" + tensor.shape() + bits(tensor);
      case Column.Numbers(Tensor values) -> digest(values);
      case Column.Texts(var values) -> values.toString();
      case Column.Parts(var parts) -> parts.stream().map(Samples::digest).toList().toString();
      case Column.Fields(var fields) -> {
        var sorted = new java.util.TreeMap<String, String>();
        fields.forEach((name, field) -> sorted.put(name, digest(field)));
        yield sorted.toString();
      }
      case Episode e ->
          String.join(
              "; ",
              digest(e.observations()),
              digest(e.actions()),
              digest(e.rewards()),
              e.terminated() + "" + e.truncated(),
              digest(e.infos()),
              sorted(e.attributes()));
      case Item.Demonstration(Episode episode, String by) -> digest(episode) + by;
      case Item.Preference(Episode first, Episode second, var preferred, String judge) ->
          digest(first) + digest(second) + preferred + judge;
      case Item.Rollout(Episode episode, Tensor logProbs, var values, long version) ->
          digest(episode) + digest(logProbs) + values.map(Samples::digest) + version;
      default -> throw new AssertionError(value);
    };
  }

  private static String bits(Tensor tensor) {
    return switch (tensor.toArray()) {
      case float[] floats -> Arrays.toString(floats);
      case double[] doubles -> Arrays.toString(doubles);
      case int[] ints -> Arrays.toString(ints);
      case long[] longs -> Arrays.toString(longs);
      case byte[] bytes -> Arrays.toString(bytes);
      default -> throw new AssertionError(tensor);
    };
  }

  private static String sorted(Json json) {
    return json instanceof Json.Obj(var fields)
        ? fields.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(field -> field.getKey() + sorted(field.getValue()))
            .toList()
            .toString()
        : json.text();
  }

  /// All episodes of a file, digested.
  static List<String> digests(Episodes episodes) throws java.io.IOException {
    List<String> digests = new ArrayList<>();
    episodes.forEach(episode -> digests.add(digest(episode)));
    return digests;
  }

  /// A file of the test resources.
  static java.nio.file.Path resource(String name) {
    try {
      return java.nio.file.Path.of(Samples.class.getResource(name).toURI());
    } catch (java.net.URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
