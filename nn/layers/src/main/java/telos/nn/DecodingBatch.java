package telos.nn;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.stream.IntStream;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Tensor;
import telos.tensor.fused.CachedAttention;

/// Rows that a model continues together, a token a step. Rows join and leave at any step, as in the
/// continuous batching of servers (Yu et al. 2022, "Orca"): a joining row is read while the others
/// go on, a row that has ended makes room.
///
///     var batch = new DecodingBatch(model);
///     DecodingBatch.Row row = batch.add(prompt, Sampling.of(64, EOS), key);
///     while (!row.ended()) {
///       for (DecodingBatch.Event event : batch.step()) { ... }
///     }
///
/// **Same bits.** Every row has a random key of its own, and on the cpu device its logits do not
/// depend on what else is in the batch: its tokens and their log-probabilities are those of the row
/// alone, whenever it joins and whoever leaves.
///
/// **Memory.** Rows that join in one step and are of similar length share a cache; equal prompts
/// are read once. The memory of rows that have ended or were removed goes back with the next call,
/// a cache with one row at once, a shared one whenever a quarter of its rows is gone.
///
/// Belongs to one thread. Nothing of it is recorded for a gradient.
public final class DecodingBatch {
  private final Reader reader;
  private final Optional<Guide> guide;
  private final List<List<Row>> cohorts = new ArrayList<>();
  private final List<Row> waiting = new ArrayList<>();
  private int added;

  public DecodingBatch(Gpt model) {
    reader = new Reader(model);
    guide = Optional.empty();
  }

  /// With a second model that has a say in what is drawn.
  public DecodingBatch(Gpt model, Guidance guidance) {
    int first = model.config().vocabulary();
    int second = guidance.model().config().vocabulary();
    if (first != second) {
      throw new IllegalArgumentException(
          "generate: a model of " + first + " tokens cannot be guided by one of " + second);
    }
    reader = new Reader(model);
    guide = Optional.of(new Guide(new Reader(guidance.model()), guidance.combine()));
  }

  /// The second model: it reads what the first one reads.
  private record Guide(Reader reader, BinaryOperator<Tensor> combine) {}

  /// What a step did to a row.
  public sealed interface Event {
    Row row();

    /// The row's next token.
    ///
    /// @param logProb under the model itself
    /// @param sampledLogProb under the distribution it was drawn from
    /// @param last whether the row has ended with it
    /// @param distribution log-probabilities of the whole vocabulary under the model itself, where
    ///   [Sampling#distributions] asks for them
    @SuppressWarnings("ArrayRecordComponent") // events are told apart by their row and token
    record Token(
        Row row,
        int id,
        float logProb,
        float sampledLogProb,
        boolean last,
        Optional<float[]> distribution)
        implements Event {
      /// The most likely tokens with their log-probabilities, lower ids first among equals; empty
      /// where [#distribution] is.
      public List<Map.Entry<Integer, Float>> top(int count) {
        float[] all = distribution.orElse(new float[0]);
        return IntStream.range(0, all.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer token) -> -all[token]))
            .limit(count)
            .map(token -> Map.entry(token, all[token]))
            .toList();
      }
    }

    /// The row has ended without a token, because the model's scores or what was asked for left
    /// none to draw. The other rows are not concerned.
    record Failure(Row row, RuntimeException cause) implements Event {}
  }

  /// A sequence in the making.
  public static final class Row {
    private final int number;
    private final Reader.Request request;
    private final Written written;

    private Row(int number, Reader.Request request, Written written) {
      this.number = number;
      this.request = request;
      this.written = written;
    }

    /// How many rows the batch was given before.
    public int number() {
      return number;
    }

    /// True if no more tokens come: the row is complete, has failed or was removed.
    public boolean ended() {
      return written.ended();
    }

    /// What was written so far.
    public Completion completion() {
      return written.completion();
    }
  }

  /// A row that continues `prompt`; its first token comes with the next [#step].
  ///
  /// @param prompt at least one token; with the new ones it must fit the context
  /// @param key of this row alone
  public Row add(int[] prompt, Sampling sampling, Rng key) {
    return add(prompt, Optional.empty(), sampling, key);
  }

  /// As [#add(int[], Sampling, Rng)], where the model has read the prompt's beginning already. What
  /// `prefix` and `prompt` begin with is not read again; the bits are the same.
  public Row add(int[] prompt, Prefix prefix, Sampling sampling, Rng key) {
    return add(prompt, Optional.of(prefix), sampling, key);
  }

  private Row add(int[] prompt, Optional<Prefix> prefix, Sampling sampling, Rng key) {
    for (Reader each : readers()) {
      Prompts.check(each.model(), "prompt " + added, prompt, sampling.maxNewTokens());
    }
    sampling.check(reader.model());
    var request = new Reader.Request(prompt.clone(), prefix.filter(p -> serves(p, prompt)));
    Row row = new Row(added++, request, new Written(request.prompt(), sampling, key));
    waiting.add(row);
    return row;
  }

  private boolean serves(Prefix prefix, int[] prompt) {
    return prefix.shared(prompt) > 0
        && turnsAsEver(Math.max(prefix.tokens().length, prompt.length));
  }

  /// False if so long a sequence turns its beginning otherwise than a shorter one: then nothing
  /// that was read of it can be kept, or be read together with what is longer.
  private boolean turnsAsEver(int length) {
    Gpt model = reader.model();
    return model.rotary(length).equals(model.rotary());
  }

  /// Ends a row. Its memory goes back.
  public void remove(Row row) {
    row.written.end();
    waiting.remove(row);
    Prompts.reading(
        reader.model(),
        () -> {
          compact();
          return row;
        });
  }

  /// Number of rows that have not ended.
  public int size() {
    return (int)
        (waiting.size()
            + cohorts.stream().flatMap(List::stream).filter(row -> !row.ended()).count());
  }

  /// Gives every row that has not ended one token. Without such rows nothing happens but that
  /// memory goes back.
  ///
  /// @return one event a row, in the order in which they were added
  public List<Event> step() {
    return Prompts.reading(reader.model(), this::stepped);
  }

  /// What the model has read of a row, its last token excepted, for other rows to begin with: a
  /// copy. Ended rows have it until the next call of any other method.
  public Prefix prefix(Row row) {
    for (int i = 0; i < cohorts.size(); i++) {
      int place = cohorts.get(i).indexOf(row);
      if (place >= 0) {
        int cohort = i;
        return new Prefix(
            row.written.read(), Prompts.reading(reader.model(), () -> reader.row(cohort, place)));
      }
    }
    throw new IllegalStateException(
        "generate: the model has read nothing of row " + row.number + ", or it has left the batch");
  }

  private List<Event> stepped() {
    compact();
    List<Event> events = new ArrayList<>();
    if (!cohorts.isEmpty()) {
      List<Row> rows = cohorts.stream().flatMap(List::stream).toList();
      int[] tokens = rows.stream().mapToInt(row -> row.written.last()).toArray();
      draw(rows, readers().stream().map(each -> each.advance(tokens)).toList(), events);
    }
    for (List<Row> cohort : admitted()) {
      List<Reader.Request> requests = cohort.stream().map(row -> row.request).toList();
      List<Tensor> scores = new ArrayList<>(List.of(reader.join(requests)));
      guide.ifPresent(g -> scores.add(g.reader.join(Reader.Request.unread(requests))));
      cohorts.add(cohort);
      draw(cohort, scores, events);
    }
    events.sort(Comparator.comparingInt(event -> event.row().number()));
    return List.copyOf(events);
  }

  private List<Reader> readers() {
    return guide.map(g -> List.of(reader, g.reader)).orElse(List.of(reader));
  }

  /// @param scores `[B, V]` of each model
  private void draw(List<Row> rows, List<Tensor> scores, List<Event> events) {
    Tensor logits = scores.getFirst();
    List<Written> texts = rows.stream().map(row -> row.written).toList();
    List<Drawing> drawings =
        Scope.call(
            "draw",
            () ->
                Drawing.of(
                    texts,
                    logits,
                    guide.map(g -> g.combine.apply(logits, scores.getLast())).orElse(logits)));
    scores.forEach(tensor -> tensor.storage().consume());
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      if (!row.ended()) {
        events.add(event(row, drawings.get(i)));
      }
    }
  }

  private static Event event(Row row, Drawing drawing) {
    if (drawing.failure().isPresent()) {
      row.written.end();
      return new Event.Failure(row, drawing.failure().get());
    }
    if (!Float.isFinite(drawing.logProb())) {
      row.written.end();
      return new Event.Failure(
          row,
          new ArithmeticException(
              "generate: the log-probability of token "
                  + row.written.length()
                  + " of prompt "
                  + row.number
                  + " is "
                  + drawing.logProb()
                  + "; the model's logits there are not finite"));
    }
    row.written.append(drawing);
    return new Event.Token(
        row,
        drawing.token(),
        drawing.logProb(),
        drawing.sampledLogProb(),
        row.written.ended(),
        drawing.distribution());
  }

  /// The waiting rows as cohorts: what is padded to one length is at least half as long as that, or
  /// within one block of the cache, has a prefix or has none, and turns by the same angles.
  private List<List<Row>> admitted() {
    Comparator<Row> order =
        Comparator.comparing((Row row) -> row.request.prefix().isPresent())
            .thenComparingInt(row -> -row.request.prompt().length);
    List<List<Row>> admitted = new ArrayList<>();
    for (Row row : waiting.stream().sorted(order).toList()) {
      if (admitted.isEmpty() || !fits(admitted.getLast().getFirst(), row)) {
        admitted.add(new ArrayList<>());
      }
      admitted.getLast().add(row);
    }
    waiting.clear();
    return admitted;
  }

  private boolean fits(Row longest, Row row) {
    int most = longest.request.prompt().length;
    int length = row.request.prompt().length;
    return longest.request.prefix().isPresent() == row.request.prefix().isPresent()
        && (most <= CachedAttention.BLOCK || 2 * length >= most)
        && (most == length || turnsAsEver(most));
  }

  /// Lets go of rows that have ended.
  private void compact() {
    for (int i = cohorts.size() - 1; i >= 0; i--) {
      int cohort = i;
      List<Row> rows = cohorts.get(i);
      int[] live = IntStream.range(0, rows.size()).filter(r -> !rows.get(r).ended()).toArray();
      if (live.length == 0) {
        readers().forEach(each -> each.drop(cohort));
        cohorts.remove(i);
      } else if (4 * live.length <= 3 * rows.size()) {
        readers().forEach(each -> each.keep(cohort, live));
        cohorts.set(i, IntStream.of(live).mapToObj(rows::get).toList());
      } else if (live.length < rows.size()) {
        readers().forEach(each -> each.rest(cohort, live));
      }
    }
  }
}
