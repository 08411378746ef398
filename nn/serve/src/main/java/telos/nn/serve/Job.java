package telos.nn.serve;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A request on its way through the [Engine], which says what is written, and its reader.
final class Job {
  /// What its reader hears.
  sealed interface Event {}

  /// A piece of a completion.
  record Wrote(Piece piece) implements Event {}

  /// Nothing more will come.
  record Failed(ApiError error) implements Event {}

  /// One completion of it.
  record Row(Job job, Passage passage, ChoiceText text) {}

  private final List<Row> rows;
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private volatile boolean cancelled;

  /// @param passages one a completion
  /// @param texts the text of each
  Job(List<Passage> passages, List<ChoiceText> texts) {
    rows =
        java.util.stream.IntStream.range(0, passages.size())
            .mapToObj(i -> new Row(this, passages.get(i), texts.get(i)))
            .toList();
  }

  List<Row> rows() {
    return rows;
  }

  void tell(Event event) {
    events.add(event);
  }

  /// The next event, or null when there is none in this time.
  @Nullable Event next(Duration patience) throws InterruptedException {
    return events.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  boolean cancelled() {
    return cancelled;
  }

  void markCancelled() {
    cancelled = true;
  }
}
