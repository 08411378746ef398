package telos.nn.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.tensor.Rng;

/// The demonstrations of a file in random order, again and again, with bounded memory: a buffer
/// holds some examples, each draw takes one of them and puts the file's next in its place (examples
/// move by about the buffer's size; a buffer as large as the file shuffles it wholly). An epoch
/// ends when the buffer is empty.
///
/// The order is a function of the key alone. [#cursor] says where the stream is, by the places of
/// what the buffer holds, and [#seek] goes on from there to the same bits.
///
/// Not for use by several threads.
public final class DemonstrationStream implements AutoCloseable {
  private final Path path;
  private final ExampleFile file;
  private final Demonstrations demonstrations;
  private final Order order;
  private final List<ExampleFile.Placed> buffer = new ArrayList<>();
  private long epoch;
  private long drawn;

  /// In which order, and which.
  ///
  /// @param buffer examples to choose from, at least 1
  /// @param key decides every draw
  /// @param lines which examples are of the stream, by the line at which they begin
  public record Order(int buffer, Rng key, LongPredicate lines) {
    /// @throws IllegalArgumentException for an empty buffer
    public Order {
      if (buffer < 1) {
        throw new IllegalArgumentException("a shuffling buffer of %d".formatted(buffer));
      }
    }
  }

  private DemonstrationStream(
      Path path, ExampleFile file, Demonstrations demonstrations, Order order) {
    this.path = path;
    this.file = file;
    this.demonstrations = demonstrations;
    this.order = order;
  }

  /// At the beginning.
  public static DemonstrationStream open(Path file, Demonstrations demonstrations, Order order)
      throws IOException {
    return new DemonstrationStream(file, ExampleFile.open(file), demonstrations, order);
  }

  /// Reads the whole file, so that no malformed line is met in the middle of a run, and counts its
  /// examples.
  ///
  /// @throws FormatException for the first malformed line, with file and line
  public static long count(Path file, LongPredicate lines) throws IOException {
    long count = 0;
    try (var examples = ExampleFile.open(file)) {
      for (var next = examples.next(); next.isPresent(); next = examples.next()) {
        count += lines.test(next.get().place().line()) ? 1 : 0;
      }
    }
    return count;
  }

  /// The first demonstrations of a file in its order, for evaluation.
  public static List<Demonstration> first(
      Path file, Demonstrations demonstrations, LongPredicate lines, int most) throws IOException {
    var found = new ArrayList<Demonstration>();
    try (var examples = ExampleFile.open(file)) {
      for (var next = examples.next();
          next.isPresent() && found.size() < most;
          next = examples.next()) {
        var place = next.get().place();
        if (lines.test(place.line())) {
          found.addAll(demonstrations.of(next.get().example(), examples.name(place), place.line()));
        }
      }
    }
    return List.copyOf(found);
  }

  /// The epoch, from 0, of the last example drawn.
  public long epoch() {
    return epoch;
  }

  /// The sequences of the next `examples` examples.
  public List<Demonstration> next(int examples) throws IOException {
    var sequences = new ArrayList<Demonstration>();
    for (int i = 0; i < examples; i++) {
      var placed = draw();
      long line = placed.place().line();
      sequences.addAll(demonstrations.of(placed.example(), file.name(placed.place()), line));
    }
    return sequences;
  }

  private ExampleFile.Placed draw() throws IOException {
    fill();
    if (buffer.isEmpty()) {
      epoch++;
      drawn = 0;
      file.seek(DataLines.Place.START);
      fill();
    }
    if (buffer.isEmpty()) {
      throw new FormatException("%s: has no example to train on".formatted(path));
    }
    int chosen = order.key().fold(epoch).fold(drawn++).integer(buffer.size());
    var placed = buffer.get(chosen);
    var last = buffer.removeLast();
    if (chosen < buffer.size()) {
      buffer.set(chosen, last);
    }
    return placed;
  }

  private void fill() throws IOException {
    while (buffer.size() < order.buffer()) {
      var next = file.next();
      if (next.isEmpty()) {
        return;
      }
      if (order.lines().test(next.get().place().line())) {
        buffer.add(next.get());
      }
    }
  }

  /// Where the stream is.
  public Json.Obj cursor() throws IOException {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("bytes", Files.size(path));
    fields.put("epoch", epoch);
    fields.put("drawn", drawn);
    fields.put("next", numbers(file.place()));
    fields.put("buffer", buffer.stream().map(placed -> numbers(placed.place())).toList());
    return (Json.Obj) Json.of(fields);
  }

  private static List<Long> numbers(DataLines.Place place) {
    return List.of(place.offset(), place.line());
  }

  /// Goes to where a stream of the same file and order was.
  ///
  /// @throws FormatException when the file has changed since, or this is no cursor
  public void seek(Json.Obj cursor) throws IOException {
    if (number(cursor.at("bytes")) != Files.size(path)) {
      throw new FormatException(
          "%s: has %d bytes, but had %d when the run was stopped; a run goes on with the same data only"
              .formatted(path, Files.size(path), number(cursor.at("bytes"))));
    }
    epoch = number(cursor.at("epoch"));
    drawn = number(cursor.at("drawn"));
    buffer.clear();
    if (!(cursor.at("buffer") instanceof Json.Arr(var items))) {
      throw wrong();
    }
    var places = new ArrayList<DataLines.Place>();
    for (var item : items) {
      places.add(place(item));
    }
    var read = read(places);
    places.forEach(place -> buffer.add(read.get(place)));
    file.seek(place(cursor.at("next")));
  }

  /// The examples at some places, read in the order of the file.
  private Map<DataLines.Place, ExampleFile.Placed> read(List<DataLines.Place> places)
      throws IOException {
    var read = new LinkedHashMap<DataLines.Place, ExampleFile.Placed>();
    var sorted = new ArrayList<>(places);
    sorted.sort(Comparator.comparingLong(DataLines.Place::offset));
    for (var place : sorted) {
      file.seek(place);
      read.put(place, file.next().orElseThrow(this::wrong));
    }
    return read;
  }

  private DataLines.Place place(Json json) throws FormatException {
    if (json instanceof Json.Arr(var pair) && pair.size() == 2) {
      return new DataLines.Place(number(pair.get(0)), number(pair.get(1)));
    }
    throw wrong();
  }

  private long number(Json json) throws FormatException {
    if (json instanceof Json.Num(var digits) && digits.matches("\\d{1,18}")) {
      return Long.parseLong(digits);
    }
    throw wrong();
  }

  private FormatException wrong() {
    return new FormatException("%s: the cursor does not fit this file".formatted(path));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
