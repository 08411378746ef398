package telos.nn.serve;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;
import telos.nn.DecodingBatch;
import telos.nn.DecodingBatch.Event;
import telos.nn.Gpt;
import telos.nn.Prefix;
import telos.nn.Sampling;

/// The rows of a model. A long prompt is read in parts, one a step, so that the other rows need not
/// wait for all of it; the bits are the same.
final class ModelBatch implements Batch {
  private static final Comparator<Written.Likely> MOST_LIKELY =
      Comparator.comparingDouble((Written.Likely likely) -> -likely.logProb())
          .thenComparingInt(Written.Likely::token);

  private final DecodingBatch batch;
  private final int part;
  private final Map<Integer, DecodingBatch.Row> rows = new HashMap<>();
  private final Map<DecodingBatch.Row, Reading> asked = new HashMap<>();
  private final Deque<Reading> readings = new ArrayDeque<>();
  private int added;

  /// @param part most tokens of a prompt that are read at once
  ModelBatch(Gpt model, int part) {
    batch = new DecodingBatch(model);
    this.part = part;
  }

  /// A prompt that is not read yet.
  ///
  /// @param read what was read of it
  private record Reading(int number, Passage passage, Optional<Prefix> read) {
    int next(int part) {
      return Math.min(passage.prompt().length, read.map(p -> p.tokens().length).orElse(0) + part);
    }
  }

  @Override
  public int add(Passage passage) {
    var reading = new Reading(added++, passage, Optional.empty());
    if (passage.prompt().length > part) {
      readings.add(reading);
    } else {
      write(reading);
    }
    return reading.number();
  }

  /// What is left to read is read with the next step, and its first token written.
  private void write(Reading reading) {
    Passage passage = reading.passage();
    Sampling sampling =
        passage.likely() > 0 ? passage.sampling().withDistributions() : passage.sampling();
    var row = add(passage.prompt(), reading.read(), sampling, passage);
    rows.put(reading.number(), row);
    asked.put(row, reading);
  }

  private DecodingBatch.Row add(
      int[] prompt, Optional<Prefix> read, Sampling sampling, Passage passage) {
    return read.isPresent()
        ? batch.add(prompt, read.get(), sampling, passage.key())
        : batch.add(prompt, sampling, passage.key());
  }

  @Override
  public List<Written> step() {
    Reading reading = readings.poll();
    DecodingBatch.Row reader = reading == null ? null : begin(reading);
    var written = new ArrayList<Written>();
    for (Event event : batch.step()) {
      Reading wanted = asked.get(event.row());
      if (wanted != null) {
        written.add(written(wanted.number(), wanted.passage().likely(), event));
      }
    }
    if (reading != null && reader != null) {
      readings.addFirst(
          new Reading(reading.number(), reading.passage(), Optional.of(batch.prefix(reader))));
    }
    return written;
  }

  /// Has the next part of a prompt read, by a row that ends with one token nobody wants, or the
  /// last part by the row that goes on.
  ///
  /// @return the row that reads, null if it goes on
  private DecodingBatch.@Nullable Row begin(Reading reading) {
    int[] prompt = reading.passage().prompt();
    int next = reading.next(part);
    if (next == prompt.length) {
      write(reading);
      return null;
    }
    return add(Arrays.copyOf(prompt, next), reading.read(), Sampling.greedy(1), reading.passage());
  }

  private static Written written(int number, int likely, Event event) {
    return switch (event) {
      case Event.Token token ->
          new Written.Token(
              number,
              token.id(),
              token.logProb(),
              token.distribution().map(all -> likely(all, likely)).orElse(List.of()));
      case Event.Failure(_, var cause) -> new Written.Failure(number, cause);
    };
  }

  /// The most likely tokens, most likely first, lower ids first among equals: one pass over the
  /// vocabulary with as many candidates as are wanted.
  private static List<Written.Likely> likely(float[] logProbs, int count) {
    var least = new PriorityQueue<>(MOST_LIKELY.reversed());
    for (int token = 0; token < logProbs.length; token++) {
      if (least.size() < count || logProbs[token] > least.element().logProb()) {
        least.add(new Written.Likely(token, logProbs[token]));
        if (least.size() > count) {
          least.remove();
        }
      }
    }
    return least.stream().sorted(MOST_LIKELY).toList();
  }

  @Override
  public void remove(int row) {
    readings.removeIf(reading -> reading.number() == row);
    var removed = rows.remove(row);
    if (removed != null) {
      asked.remove(removed);
      batch.remove(removed);
    }
  }
}
