package telos.nn.serve;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import telos.nn.format.Json;

/// One exchange with a client, who may be slow or hostile.
final class Call {
  /// How much of a refused body is read and thrown away, in bodies: many clients read the answer
  /// only after they have sent everything.
  private static final int DISCARDED = 16;

  private final HttpExchange exchange;
  private final Limits limits;
  private final Watchdog watchdog;
  private int status;

  Call(HttpExchange exchange, Limits limits, Watchdog watchdog) {
    this.exchange = exchange;
    this.limits = limits;
    this.watchdog = watchdog;
    header("X-Content-Type-Options", "nosniff");
    header("Cross-Origin-Resource-Policy", "same-origin");
    header("Cache-Control", "no-store");
  }

  HttpExchange exchange() {
    return exchange;
  }

  String method() {
    return exchange.getRequestMethod();
  }

  String path() {
    return exchange.getRequestURI().getPath();
  }

  /// The status that was sent, 0 before.
  int status() {
    return status;
  }

  void header(String name, String value) {
    exchange.getResponseHeaders().set(name, value);
  }

  /// The body of the request.
  ///
  /// @throws ApiError with status 413 when it is too large
  byte[] body() throws IOException {
    try (var _ = watchdog.watch(limits.bodyTime())) {
      String announced = exchange.getRequestHeaders().getFirst("Content-Length");
      boolean small =
          announced == null
              || announced.length() <= 10 && Long.parseLong(announced) <= limits.bodyBytes();
      byte[] body =
          small ? exchange.getRequestBody().readNBytes(limits.bodyBytes() + 1) : new byte[0];
      if (small && body.length <= limits.bodyBytes()) {
        return body;
      }
      discard();
      throw ApiError.invalid(
          413,
          "The body of a request has at most %d bytes".formatted(limits.bodyBytes()),
          null,
          "request_too_large");
    }
  }

  private void discard() throws IOException {
    header("Connection", "close");
    var chunk = new byte[8192];
    long most = (long) DISCARDED * limits.bodyBytes();
    for (long read = 0; read < most; ) {
      int count = exchange.getRequestBody().read(chunk);
      if (count < 0) {
        return;
      }
      read += count;
    }
  }

  void send(int code, Json json) throws IOException {
    send(code, "application/json", json.text().getBytes(StandardCharsets.UTF_8));
  }

  void send(int code, String type, byte[] body) throws IOException {
    status = code;
    header("Content-Type", type);
    boolean bare = method().equals("HEAD");
    try (var _ = watchdog.watch(limits.writeTime())) {
      exchange.sendResponseHeaders(code, bare || body.length == 0 ? -1 : body.length);
      if (!bare) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  void send(ApiError error) throws IOException {
    if (error.retryAfter() > 0) {
      header("Retry-After", Integer.toString(error.retryAfter()));
    }
    send(error.status(), error.json());
  }

  /// Begins an answer in events. Not `no-store`: Chromium reports a request whose answer has that
  /// and is read piece by piece as aborted, although it arrived whole. The answer to a POST is not
  /// kept by caches anyway (RFC 9111, section 3).
  Events events() throws IOException {
    status = 200;
    header("Content-Type", "text/event-stream; charset=utf-8");
    header("Cache-Control", "no-cache");
    header("X-Accel-Buffering", "no");
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().flush();
    return new Events(exchange.getResponseBody());
  }

  /// Server-sent events (WHATWG HTML, section 9.2).
  final class Events {
    private final OutputStream out;

    private Events(OutputStream out) {
      this.out = out;
    }

    /// One event.
    void data(String line) throws IOException {
      write("data: " + line + "\n\n");
    }

    /// A comment, which clients pass over: it only finds out whether there still is one.
    void comment() throws IOException {
      write(": waiting\n\n");
    }

    private void write(String text) throws IOException {
      try (var _ = watchdog.watch(limits.writeTime())) {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    }
  }

  @Override
  public String toString() {
    return "%s %s".formatted(method(), path()).toLowerCase(Locale.ROOT);
  }
}
