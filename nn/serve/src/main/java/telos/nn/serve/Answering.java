package telos.nn.serve;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import telos.nn.format.Json;

/// Answers one question, whole or piece by piece.
final class Answering {
  private static final Duration HEARTBEAT = Duration.ofSeconds(2);
  private static final int NAMED = 20;

  private final Engine engine;
  private final Limits limits;
  private final Metrics metrics;
  private final Form form;
  private final Question question;
  private final Job job;
  private final Whole[] choices;
  private final List<@Nullable Object> head;
  private final long start = System.nanoTime();

  /// @param fingerprint what the bits of an answer depend on besides the request
  Answering(
      Engine engine,
      Limits limits,
      Metrics metrics,
      ServedModel model,
      String fingerprint,
      Form form,
      Question question) {
    this.engine = engine;
    this.limits = limits;
    this.metrics = metrics;
    this.form = form;
    this.question = question;
    job = question.job(model.tokenizer());
    choices = new Whole[question.passages().size()];
    java.util.Arrays.setAll(choices, i -> new Whole(i));
    var random = ThreadLocalRandom.current();
    String id =
        HexFormat.of().toHexDigits(random.nextLong())
            + HexFormat.of().toHexDigits(random.nextLong());
    head =
        List.of(
            "id",
            form.prefix() + id,
            "object",
            question.stream() ? form.chunk() : form.whole(),
            "created",
            Instant.now().getEpochSecond(),
            "model",
            model.id(),
            "system_fingerprint",
            fingerprint);
  }

  /// A choice as far as it is known.
  private static final class Whole {
    private final int index;
    private final StringBuilder text = new StringBuilder();
    private final List<Piece.Score> scores = new ArrayList<>();
    private int tokens;
    private Piece.@Nullable Finish finish;

    Whole(int index) {
      this.index = index;
    }

    void add(Piece piece) {
      text.append(piece.text());
      scores.addAll(piece.scores());
      tokens = piece.tokens();
      finish = piece.finish();
    }

    Piece piece() {
      return new Piece(index, text.toString(), scores, tokens, finish);
    }
  }

  /// @throws ApiError when there is no answer
  void answer(Call call) throws IOException {
    warn(call);
    engine.submit(job);
    try {
      if (question.stream()) {
        stream(call);
      } else {
        call.send(200, whole());
      }
      metrics.answer(System.nanoTime() - start);
    } finally {
      engine.release(job);
    }
  }

  /// Names fields that nobody knows, in a header of ours.
  private void warn(Call call) {
    if (!question.ignored().isEmpty()) {
      String names =
          question.ignored().stream()
              .limit(NAMED)
              .map(name -> name.replaceAll("[^A-Za-z0-9_.-]", "?"))
              .map(name -> name.substring(0, Math.min(name.length(), 64)))
              .collect(Collectors.joining(", "));
      call.header("X-Telos-Warning", "ignored unknown fields: " + names);
    }
  }

  private Json whole() throws IOException {
    int open = choices.length;
    while (open > 0) {
      Piece piece = next();
      if (piece != null && piece.finish() != null) {
        open--;
      }
    }
    var all = new ArrayList<Json>();
    for (Whole choice : choices) {
      all.add(form.choice(choice.piece(), question.scored()));
    }
    return envelope("choices", all, "usage", usage());
  }

  private void stream(Call call) throws IOException {
    Call.Events events = call.events();
    for (Whole choice : choices) {
      send(events, form.opening(choice.index));
    }
    try {
      int open = choices.length;
      while (open > 0) {
        Piece piece = next();
        if (piece == null) {
          events.comment();
          continue;
        }
        send(events, form.pieces(piece, question.scored()));
        if (piece.finish() != null) {
          open--;
        }
      }
      if (question.usage()) {
        events.data(envelope("choices", List.of(), "usage", usage()).text());
      }
      events.data("[DONE]");
    } catch (ApiError e) {
      events.data(e.json().text());
    }
  }

  private void send(Call.Events events, List<Json> pieces) throws IOException {
    for (Json piece : pieces) {
      var choice = List.of(piece);
      Json event =
          question.usage()
              ? envelope("choices", choice, "usage", null)
              : envelope("choices", choice);
      events.data(event.text());
    }
  }

  /// The next piece, or null when there was none for a while.
  private @Nullable Piece next() throws IOException {
    Duration left = limits.requestTime().minusNanos(System.nanoTime() - start);
    if (!left.isPositive()) {
      throw ApiError.late(limits.requestTime().toSeconds());
    }
    try {
      return switch (job.next(left.compareTo(HEARTBEAT) < 0 ? left : HEARTBEAT)) {
        case null -> null;
        case Job.Failed(var error) -> throw error;
        case Job.Wrote(var piece) -> {
          if (java.util.Arrays.stream(choices).allMatch(choice -> choice.tokens == 0)) {
            metrics.firstToken(System.nanoTime() - start);
          }
          choices[piece.choice()].add(piece);
          yield piece;
        }
      };
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  private Json usage() {
    int written = java.util.Arrays.stream(choices).mapToInt(choice -> choice.tokens).sum();
    return JsonObject.of(
        "prompt_tokens",
        question.promptTokens(),
        "completion_tokens",
        written,
        "total_tokens",
        question.promptTokens() + written);
  }

  private Json envelope(@Nullable Object... more) {
    var fields = new ArrayList<@Nullable Object>(head);
    fields.addAll(java.util.Arrays.asList(more));
    return JsonObject.of(fields.toArray());
  }
}
