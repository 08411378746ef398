package telos.nn.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static telos.nn.serve.Client.json;
import static telos.nn.serve.Client.text;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/// Clients that leave, dawdle, crowd or come from elsewhere; and the end of the server.
final class HostileClientsTest {
  private static final String COMPLETIONS = "/v1/completions";
  private static final String HEAD = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n";
  private static final String STREAM = "{\"prompt\": \"x\", \"max_tokens\": 400, \"stream\": true}";

  private static Limits limits(
      int requests, int rows, Duration slow, Duration request, Duration grace) {
    var d = Limits.defaults();
    return new Limits(
        d.connections(),
        d.bodyBytes(),
        d.messages(),
        d.choices(),
        d.stops(),
        d.newTokens(),
        requests,
        rows,
        d.tokens(),
        d.prefill(),
        slow,
        slow,
        slow,
        request,
        grace);
  }

  private static Limits patient(int requests, int rows) {
    return limits(
        requests, rows, Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ofSeconds(10));
  }

  private static Server server(Scripted batch, Limits limits, Access access) throws IOException {
    return Server.start(Scripted.model(), () -> batch, Client.anyPort(), limits, access);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < 1000 && !condition.getAsBoolean(); i++) {
      Thread.sleep(5);
    }
    assertTrue(condition.getAsBoolean());
  }

  /// Asks and reads nothing.
  private static Socket open(Server server, String body) throws IOException {
    var socket = new Socket();
    socket.setReceiveBufferSize(1024);
    socket.connect(server.address());
    String head = HEAD + "Content-Length: %d\r\n\r\n".formatted(body.length());
    socket.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  /// Reads up to a text.
  private static void await(Socket socket, String text) throws IOException {
    var read = new StringBuilder();
    while (read.indexOf(text) < 0) {
      int b = socket.getInputStream().read();
      assertTrue(b >= 0, read.toString());
      read.append((char) b);
    }
  }

  @Test
  void aStreamThatIsLeftFreesItsRow() throws Exception {
    Scripted batch = Scripted.waiting("hello");
    try (var server = server(batch, patient(64, 32), Access.OWN);
        batch) {
      try (var socket = open(server, STREAM)) {
        batch.steps.release(3);
        await(socket, "\"text\":\"h\"");
        assertEquals(1, batch.rows.get());
      }
      for (int i = 0; i < 300 && batch.rows.get() > 0; i++) {
        batch.steps.release();
        Thread.sleep(5);
      }
      assertEquals(0, batch.rows.get(), "freed long before its 400 tokens");
      await(() -> server.requests() == 0);
    }
  }

  @Test
  void whoFindsNoPlaceIsToldSo() throws Exception {
    Scripted batch = Scripted.waiting("hello");
    try (var server = server(batch, patient(2, 1), Access.OWN);
        batch) {
      var client = new Client(server);
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        var first = CompletableFuture.supplyAsync(() -> status(client), threads);
        var second = CompletableFuture.supplyAsync(() -> status(client), threads);
        await(() -> server.requests() == 2);
        var third = client.post(COMPLETIONS, "{\"prompt\": \"x\"}");
        assertEquals(429, third.statusCode());
        assertEquals("1", third.headers().firstValue("Retry-After").orElse(""));
        assertEquals("rate_limit_exceeded", text(json(third.body()), "error", "code"));
        assertTrue(batch.rows.get() <= 1, "one row at a time");
        batch.steps.release(10_000);
        assertEquals(200, first.join());
        assertEquals(200, second.join());
      }
    }
  }

  private static int status(Client client) {
    try {
      return client.post(COMPLETIONS, "{\"prompt\": \"x\"}").statusCode();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void slowClientsAreDropped() throws Exception {
    var limits = limits(8, 8, Duration.ofMillis(300), Duration.ofMinutes(1), Duration.ofSeconds(1));
    try (var server = server(Scripted.of("x"), limits, Access.OWN)) {
      var client = new Client(server);
      assertTimeoutPreemptively(
          Duration.ofSeconds(5),
          () -> {
            assertEquals("", client.raw(HEAD));
            assertEquals("", client.raw(HEAD + "Content-Length: 100\r\n\r\n{"));
          });
      assertEquals(200, status(client), "others are served");
    }
  }

  /// A client that takes nothing of its stream: the socket's buffers fill, a write waits, the row
  /// ends.
  @Test
  void whoDoesNotReadIsDropped() throws Exception {
    var batch = Scripted.of("x");
    var limits =
        limits(8, 32, Duration.ofMillis(300), Duration.ofMinutes(1), Duration.ofSeconds(1));
    try (var server = server(batch, limits, Access.OWN);
        var _ =
            open(
                server,
                "{\"prompt\": \"x\", \"n\": 16, \"max_tokens\": 500, \"logprobs\": 1, \"stream\":"
                    + " true}")) {
      await(() -> server.requests() > 0);
      await(() -> server.requests() == 0);
    }
  }

  @Test
  void anAnswerHasATime() throws Exception {
    Scripted batch = Scripted.waiting("x");
    var limits = limits(8, 8, Duration.ofSeconds(5), Duration.ofMillis(200), Duration.ofSeconds(1));
    try (var server = server(batch, limits, Access.OWN);
        batch) {
      var answer = new Client(server).post(COMPLETIONS, "{\"prompt\": \"x\"}");
      assertEquals(504, answer.statusCode());
      var events = new Client(server).events(COMPLETIONS, STREAM);
      assertEquals("timeout", text(json(events.getLast()), "error", "code"));
      batch.steps.release(10_000);
      await(() -> batch.rows.get() == 0);
    }
  }

  @Test
  void otherOriginsAndNamesAreRefused() throws Exception {
    var access = new Access(Set.of("Lab.example"), Set.of("https://chat.example"));
    try (var server = server(Scripted.of("x"), patient(8, 8), access)) {
      var client = new Client(server);
      assertEquals(403, client.get("/v1/models", "Origin", "https://evil.example").statusCode());
      assertEquals(403, client.get("/v1/models", "Origin", "null").statusCode());
      var allowed = client.get("/v1/models", "Origin", "https://chat.example");
      assertEquals(
          "https://chat.example",
          allowed.headers().firstValue("Access-Control-Allow-Origin").orElse(""));
      String own = "http://127.0.0.1:%d".formatted(server.address().getPort());
      var same = client.get("/v1/models", "Origin", own);
      assertEquals(200, same.statusCode());
      assertTrue(same.headers().firstValue("Access-Control-Allow-Origin").isEmpty());
      String request = "GET /health HTTP/1.1\r\nConnection: close\r\nHost: %s\r\n\r\n";
      assertTrue(client.raw(request.formatted("evil.example:80")).startsWith("HTTP/1.1 403"));
      assertTrue(
          client.raw(request.formatted("localhost.evil.example")).startsWith("HTTP/1.1 403"));
      assertTrue(
          client.raw(request.formatted("127.0.0.1.evil.example")).startsWith("HTTP/1.1 403"));
      assertTrue(client.raw(request.formatted("lab.EXAMPLE:1")).startsWith("HTTP/1.1 200"));
      assertTrue(client.raw(request.formatted("[::1]:8080")).startsWith("HTTP/1.1 200"));
    }
  }

  @Test
  void stoppingLetsAnswersEnd() throws Exception {
    Scripted batch = Scripted.waiting("hello");
    var server = server(batch, patient(8, 8), Access.OWN);
    var client = new Client(server);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var answer = CompletableFuture.supplyAsync(() -> status(client), threads);
      await(() -> batch.rows.get() == 1);
      var closed = CompletableFuture.runAsync(server::close, threads);
      await(() -> health(client) == 503);
      var late = client.post(COMPLETIONS, "{\"prompt\": \"x\"}");
      assertEquals(503, late.statusCode());
      assertFalse(late.headers().firstValue("Retry-After").isEmpty());
      batch.steps.release(10_000);
      assertEquals(200, answer.join());
      closed.join();
    }
  }

  private static int health(Client client) {
    try {
      return client.get("/health").statusCode();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void stoppingTellsThoseWhoDoNotEnd() throws Exception {
    Scripted batch = Scripted.waiting("hello");
    var limits = limits(8, 8, Duration.ofSeconds(5), Duration.ofMinutes(1), Duration.ofMillis(100));
    var server = server(batch, limits, Access.OWN);
    var lines = new Client(server).stream(COMPLETIONS, STREAM);
    batch.steps.release(2);
    await(() -> batch.rows.get() == 1);
    var closed = CompletableFuture.runAsync(server::close);
    Thread.sleep(300);
    batch.steps.release(1);
    var all = lines.toList();
    assertTrue(
        all.stream().anyMatch(line -> line.contains("\"code\":\"service_unavailable\"")),
        all.toString());
    assertFalse(all.contains("data: [DONE]"));
    closed.join();
  }
}
