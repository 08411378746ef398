package telos.rl.data;

import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.rl.environment.Space;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// A dataset of D4RL (Fu et al. 2020): one flat HDF5 file whose row i is step i of all episodes one
/// after the other: `observations`, `actions`, `rewards`, `terminals` and `timeouts`. The groups
/// `infos` and `metadata` are left aside.
///
/// An episode ends with a row that is terminal or timed out. The file does not say what followed
/// its last action, unless it has `next_observations`; without them
/// - a terminal episode repeats its last observation: what follows has no discount there, so nobody
///   looks at it;
/// - an episode that timed out loses its last step, and so do rows at the end of the file that no
///   flag closes: their value would be bootstrapped from the beginning of another episode. D4RL's
///   own `qlearning_dataset` drops the same step.
public final class D4rl implements Episodes {
  private final Path path;
  private final Hdf5 file;
  private final Hdf5Group root;
  private final boolean hasNext;
  private final Map<String, Window> columns = new HashMap<>();
  private final List<Span> spans;
  private final Header header;

  /// Rows of an episode.
  ///
  /// @param to after the last
  private record Span(int from, int to, boolean terminated) {
    int rows() {
      return to - from;
    }
  }

  /// A column, read many rows at a time: a compressed chunk of the file holds thousands, and to
  /// unpack it again for each episode would take most of the time.
  private static final class Window {
    private static final int ELEMENTS = 1 << 20;

    private final Hdf5Dataset dataset;
    private final int[] dims;
    private final int width;
    private Object values = new float[0];
    private int from;
    private int to;

    Window(Hdf5Dataset dataset) throws FormatException {
      this.dataset = dataset;
      this.dims = dataset.dims();
      this.width = Shape.of(dims).without(0).size();
    }

    /// The rows `first` to `end - 1`.
    Tensor rows(int first, int end) throws FormatException {
      if (first < from || end > to) {
        long block = (long) first + ELEMENTS / Math.max(1, width);
        to = Math.max(end, (int) Math.min(dims[0], block));
        values = dataset.array(first, to);
        from = first;
      }
      int size = (end - first) * width;
      Object part = Array.newInstance(values.getClass().getComponentType(), size);
      System.arraycopy(values, (first - from) * width, part, 0, size);
      int[] extents = dims.clone();
      extents[0] = end - first;
      return dataset.tensor(part, extents);
    }
  }

  private Tensor rows(String name, int from, int to) throws FormatException {
    Window window = columns.get(name);
    if (window == null) {
      window = new Window(root.dataset(name));
      columns.put(name, window);
    }
    return window.rows(from, to);
  }

  private D4rl(Path path, Hdf5 file, OptionalInt limit) throws FormatException {
    this.path = path;
    this.file = file;
    this.root = file.root();
    this.hasNext = root.has("next_observations");
    boolean[] terminals = column("terminals");
    boolean[] timeouts = timeouts(terminals.length, limit);
    requireRows(terminals.length);
    this.spans =
        spans(terminals, timeouts, limit.orElse(Integer.MAX_VALUE)).stream()
            .filter(span -> length(span) > 0)
            .toList();
    this.header = describe();
  }

  /// Opens a file that has `timeouts`.
  public static D4rl open(Path file) throws IOException {
    return open(file, OptionalInt.empty());
  }

  /// Opens a file.
  ///
  /// @param limit the most steps that an episode of this task has (1000 in locomotion): where it is
  ///   reached the episode timed out. Needed where the file has no `timeouts`, as early ones have
  ///   none, because only this tells episodes apart there
  public static D4rl open(Path file, OptionalInt limit) throws IOException {
    if (limit.isPresent() && limit.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "d4rl: an episode has a step at least, not " + limit.getAsInt());
    }
    Hdf5 opened = Hdf5.open(file);
    try {
      return new D4rl(file, opened, limit);
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }

  private boolean[] timeouts(int rows, OptionalInt limit) throws FormatException {
    if (root.has("timeouts")) {
      return column("timeouts");
    }
    if (limit.isEmpty()) {
      throw file.fault(
          "timeouts", "is missing; say how many steps an episode has at most, to tell them apart");
    }
    return new boolean[rows];
  }

  /// Truth values `[N]` or `[N, 1]`.
  private boolean[] column(String name) throws FormatException {
    Hdf5Dataset dataset = root.dataset(name);
    requireVector(dataset);
    return dataset.flags();
  }

  private static void requireVector(Hdf5Dataset dataset) throws FormatException {
    int[] dims = dataset.dims();
    if (dims.length == 0 || dims.length > 2 || dims.length == 2 && dims[1] != 1) {
      throw dataset.fault("has the shape %s; needs [N] or [N, 1]".formatted(Arrays.toString(dims)));
    }
  }

  private void requireRows(int rows) throws FormatException {
    List<String> names = new ArrayList<>(List.of("observations", "actions", "rewards"));
    names.addAll(root.has("timeouts") ? List.of("timeouts") : List.of());
    names.addAll(hasNext ? List.of("next_observations") : List.of());
    for (String name : names) {
      Hdf5Dataset dataset = root.dataset(name);
      int[] dims = dataset.dims();
      if (dims.length == 0 || dims[0] != rows) {
        throw dataset.fault(
            "has the shape %s, and terminals has %d rows".formatted(Arrays.toString(dims), rows));
      }
    }
    requireVector(root.dataset("rewards"));
  }

  private static List<Span> spans(boolean[] terminals, boolean[] timeouts, int limit) {
    List<Span> spans = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < terminals.length; i++) {
      boolean last = i + 1 == terminals.length;
      if (terminals[i] || timeouts[i] || i + 1 - from == limit || last) {
        spans.add(new Span(from, i + 1, terminals[i]));
        from = i + 1;
      }
    }
    return spans;
  }

  /// How many steps are left of a span.
  private int length(Span span) {
    return span.rows() - (span.terminated() || hasNext ? 0 : 1);
  }

  /// The spaces as far as the file shows them: it names no bounds.
  private Header describe() throws FormatException {
    Hdf5Dataset actions = root.dataset("actions");
    Space<?> choices = box(actions);
    if (actions.dims().length == 1) {
      Tensor values = actions.tensor();
      choices = values.dtype() == DType.I32 ? discrete(values.toInts()) : choices;
    }
    return new Header(
        box(root.dataset("observations")),
        choices,
        (Json.Obj) Json.of(Map.of("d4rl_file", path.getFileName().toString())));
  }

  private static Space<?> discrete(int[] actions) {
    int least = Math.min(0, IntStream.of(actions).min().orElse(0));
    int most = IntStream.of(actions).max().orElse(0);
    return new Space.Discrete(Math.addExact(Math.subtractExact(most, least), 1), least);
  }

  private static Space.Box box(Hdf5Dataset dataset) throws FormatException {
    int[] dims = dataset.dims();
    List<Integer> shape = IntStream.of(dims).skip(1).boxed().toList();
    // a row is in the file, so it is no more than the file
    dataset.requireSize(IntStream.of(dims).skip(1).toArray());
    float[] high = new float[IntStream.of(dims).skip(1).reduce(1, Math::multiplyExact)];
    float[] low = high.clone();
    Arrays.fill(high, Float.POSITIVE_INFINITY);
    Arrays.fill(low, Float.NEGATIVE_INFINITY);
    return new Space.Box(low, high, shape);
  }

  @Override
  public Header header() {
    return header;
  }

  /// How many episodes there are.
  public int count() {
    return spans.size();
  }

  @Override
  public void forEach(Sink sink) throws IOException {
    for (int i = 0; i < spans.size(); i++) {
      sink.accept(episode(i));
    }
  }

  /// The episode at a position, from 0.
  public Episode episode(int index) throws IOException {
    if (index < 0 || index >= spans.size()) {
      throw new IllegalArgumentException(
          "%s: there is no episode %d among %d".formatted(path, index, spans.size()));
    }
    Span span = spans.get(index);
    try {
      Episode episode = episode(span);
      header.require(episode);
      return episode;
    } catch (IllegalArgumentException e) {
      throw new FormatException(
          "%s: rows %d to %d: %s".formatted(path, span.from(), span.to() - 1, e.getMessage()), e);
    }
  }

  private Episode episode(Span span) throws FormatException {
    int to = span.from() + length(span);
    Tensor rewards = rows("rewards", span.from(), to);
    rewards = rewards.dtype().isFloat() ? rewards : rewards.cast(DType.F64);
    return new Episode(
        new Column.Numbers(observations(span)),
        new Column.Numbers(rows("actions", span.from(), to)),
        rewards.reshape(length(span)),
        span.terminated(),
        !span.terminated(),
        Column.Fields.NONE,
        new Json.Obj(Map.of()));
  }

  private Tensor observations(Span span) throws FormatException {
    Tensor rows = rows("observations", span.from(), span.to());
    if (hasNext) {
      Tensor next = rows("next_observations", span.to() - 1, span.to());
      return Tensor.concat(0, List.of(rows, next.cast(rows.dtype())));
    }
    return span.terminated()
        ? Tensor.concat(0, List.of(rows, rows.slice(0, span.rows() - 1, span.rows())))
        : rows;
  }

  @Override
  public void close() {
    file.close();
  }
}
