package telos.nn.serve;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/// What the server has done, as Prometheus reads it (text format 0.0.4).
final class Metrics {
  private final Map<String, LongAdder> answers = new ConcurrentSkipListMap<>();
  private final LongAdder promptTokens = new LongAdder();
  private final LongAdder newTokens = new LongAdder();
  private final LongAdder cancelled = new LongAdder();
  private final Histogram steps =
      new Histogram(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5);
  private final Histogram firstTokens =
      new Histogram(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30);
  private final Histogram answerTimes =
      new Histogram(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600);
  private volatile int rows;
  private volatile int reserved;

  /// A request was answered.
  ///
  /// @param path one of the server's own, never what a client wrote
  void answered(String path, int status) {
    answers
        .computeIfAbsent("path=\"%s\",status=\"%d\"".formatted(path, status), _ -> new LongAdder())
        .increment();
  }

  /// A prompt was read.
  void prompt(int tokens) {
    promptTokens.add(tokens);
  }

  /// A token was written.
  void token() {
    newTokens.increment();
  }

  /// A row ended because nobody waits for it.
  void cancelled() {
    cancelled.increment();
  }

  /// All rows advanced by a token.
  void step(long nanos) {
    steps.add(nanos);
  }

  /// From a request to its first token.
  void firstToken(long nanos) {
    firstTokens.add(nanos);
  }

  /// From a request to the end of its answer.
  void answer(long nanos) {
    answerTimes.add(nanos);
  }

  /// What the batch holds.
  void load(int liveRows, int reservedTokens) {
    rows = liveRows;
    reserved = reservedTokens;
  }

  /// Rows in the batch.
  int rows() {
    return rows;
  }

  /// The exposition.
  ///
  /// @param requests that are answered or wait
  String text(int requests) {
    var out = new StringBuilder();
    head(out, "telos_answers_total", "counter", "Answers by path and status.");
    answers.forEach((labels, count) ->
        out.append("telos_answers_total{%s} %d\n".formatted(labels, count.sum())));
    one(out, "telos_prompt_tokens_total", "counter", "Prompt tokens read.", promptTokens.sum());
    one(out, "telos_new_tokens_total", "counter", "Tokens written.", newTokens.sum());
    one(out, "telos_cancelled_rows_total", "counter", "Rows nobody waited for.", cancelled.sum());
    one(out, "telos_requests", "gauge", "Requests answered now or waiting.", requests);
    one(out, "telos_rows", "gauge", "Completions written side by side.", rows);
    one(out, "telos_reserved_tokens", "gauge", "Cache positions reserved for them.", reserved);
    steps.append(out, "telos_step_seconds", "Time of one token of all rows.");
    firstTokens.append(out, "telos_first_token_seconds", "Time to the first token.");
    answerTimes.append(out, "telos_answer_seconds", "Time to the end of an answer.");
    return out.toString();
  }

  private static void head(StringBuilder out, String name, String type, String help) {
    out.append("# HELP %s %s\n# TYPE %s %s\n".formatted(name, help, name, type));
  }

  private static void one(StringBuilder out, String name, String type, String help, long value) {
    head(out, name, type, help);
    out.append(name).append(' ').append(value).append('\n');
  }

  /// Times, counted by upper bounds in seconds.
  private static final class Histogram {
    private final double[] bounds;
    private final LongAdder[] counts;
    private final LongAdder nanos = new LongAdder();

    Histogram(double... bounds) {
      this.bounds = bounds;
      counts = new LongAdder[bounds.length + 1];
      java.util.Arrays.setAll(counts, _ -> new LongAdder());
    }

    void add(long time) {
      int bucket = 0;
      while (bucket < bounds.length && time > bounds[bucket] * 1e9) {
        bucket++;
      }
      counts[bucket].increment();
      nanos.add(time);
    }

    void append(StringBuilder out, String name, String help) {
      head(out, name, "histogram", help);
      long sum = 0;
      for (int i = 0; i < counts.length; i++) {
        sum += counts[i].sum();
        String bound = i < bounds.length ? Double.toString(bounds[i]) : "+Inf";
        out.append("%s_bucket{le=\"%s\"} %d\n".formatted(name, bound, sum));
      }
      out.append(String.format(Locale.ROOT, "%s_sum %.6f\n", name, nanos.sum() / 1e9));
      out.append("%s_count %d\n".formatted(name, sum));
    }
  }
}
