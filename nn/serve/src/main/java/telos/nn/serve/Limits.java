package telos.nn.serve;

import java.time.Duration;

/// How much a [Server] takes on. What goes beyond is refused before it costs anything.
///
/// @param connections exchanges that are open at the same time; more are closed unanswered
/// @param bodyBytes the largest body of a request; larger is status 413
/// @param messages the most messages of a conversation
/// @param choices the most completions a request may ask for: `n` times the prompts
/// @param stops the most stop strings of a request
/// @param newTokens the most tokens a completion may have; fewer where the context ends before
/// @param requests requests that generate or wait for it; more are status 429
/// @param rows completions that are written side by side
/// @param tokens what those rows may reserve, prompts and all that may be written, which bounds the
///   memory of the cache
/// @param prefill prompt tokens that are read between two steps of those rows; a longer prompt is
///   read in parts
/// @param headerTime for a client to send the head of a request
/// @param bodyTime for a client to send the body
/// @param writeTime for a client to take one piece of an answer
/// @param requestTime for an answer, waiting included; after it status 504
/// @param grace for running answers when the server stops
public record Limits(
    int connections,
    int bodyBytes,
    int messages,
    int choices,
    int stops,
    int newTokens,
    int requests,
    int rows,
    int tokens,
    int prefill,
    Duration headerTime,
    Duration bodyTime,
    Duration writeTime,
    Duration requestTime,
    Duration grace) {
  /// @throws IllegalArgumentException for what is not positive
  public Limits {
    require(connections, "connections");
    require(bodyBytes, "bodyBytes");
    require(messages, "messages");
    require(choices, "choices");
    require(stops, "stops");
    require(newTokens, "newTokens");
    require(requests, "requests");
    require(rows, "rows");
    require(tokens, "tokens");
    require(prefill, "prefill");
    require(headerTime.toMillis(), "headerTime");
    require(bodyTime.toMillis(), "bodyTime");
    require(writeTime.toMillis(), "writeTime");
    require(requestTime.toMillis(), "requestTime");
    require(grace.toMillis() + 1, "grace");
  }

  private static void require(long value, String name) {
    if (value < 1) {
      throw new IllegalArgumentException("limits: %s must be positive".formatted(name));
    }
  }

  /// For one machine and a handful of people.
  public static Limits defaults() {
    return new Limits(
        256,
        1 << 20,
        1000,
        16,
        4,
        4096,
        64,
        32,
        1 << 16,
        512,
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        Duration.ofMinutes(10),
        Duration.ofSeconds(20));
  }
}
