package telos.nn.serve;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import telos.nn.serve.Watchdog.Watch;

/// An HTTP server that answers as OpenAI's does: `/v1/chat/completions`, `/v1/completions`,
/// `/v1/models`, and `/health`, `/metrics` (for Prometheus) and `/`, a page to chat in.
///
///     try (var server = Server.start(model, new InetSocketAddress("127.0.0.1", 8080), Limits.defaults(), Access.OWN)) { ... }
///
/// Requests are answered side by side ([Engine]) with the same bits as one at a time: what is
/// written depends on the request and its `seed` alone. Any number of threads may use one.
public final class Server implements AutoCloseable {
  /// Watches over the head of a request, which is read before there is a handler.
  static final ScopedValue<Watch> HEAD = ScopedValue.newInstance();

  private final HttpServer http;
  private final Engine engine;
  private final Watchdog watchdog;
  private final Limits limits;

  private Server(HttpServer http, Engine engine, Watchdog watchdog, Limits limits) {
    this.http = http;
    this.engine = engine;
    this.watchdog = watchdog;
    this.limits = limits;
  }

  /// Starts a server; it answers when this returns.
  ///
  /// @param address where it listens; port 0 is any free one
  /// @throws IOException when it cannot listen there
  public static Server start(
      ServedModel model, InetSocketAddress address, Limits limits, Access access)
      throws IOException {
    return start(
        model, () -> new ModelBatch(model.gpt(), limits.prefill()), address, limits, access);
  }

  static Server start(
      ServedModel model,
      Supplier<Batch> batches,
      InetSocketAddress address,
      Limits limits,
      Access access)
      throws IOException {
    // Small events must not wait for each other; read once, when the first server is made.
    if (System.getProperty("sun.net.httpserver.nodelay") == null) {
      System.setProperty("sun.net.httpserver.nodelay", "true");
    }
    HttpServer http = HttpServer.create(address, 0);
    var metrics = new Metrics();
    var watchdog = new Watchdog();
    var engine = new Engine(batches, limits, metrics);
    http.createContext("/", new Api(model, limits, access, engine, metrics, watchdog));
    http.setExecutor(threads(limits, watchdog));
    http.start();
    return new Server(http, engine, watchdog, limits);
  }

  /// A virtual thread an exchange.
  private static Executor threads(Limits limits, Watchdog watchdog) {
    var free = new Semaphore(limits.connections());
    return exchange -> {
      if (!free.tryAcquire()) {
        throw new RejectedExecutionException("too many connections");
      }
      Thread.ofVirtual()
          .start(() -> {
            try (Watch head = watchdog.watch(limits.headerTime())) {
              ScopedValue.where(HEAD, head).run(exchange);
            } finally {
              free.release();
            }
          });
    };
  }

  /// Where it listens.
  public InetSocketAddress address() {
    return http.getAddress();
  }

  /// Requests that are answered or wait.
  int requests() {
    return engine.requests();
  }

  /// Stops: no more requests are taken, those at work have [Limits#grace] to end, what remains is
  /// told so.
  @Override
  public void close() {
    try {
      engine.drain(limits.grace());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    engine.close();
    http.stop(1);
    watchdog.close();
  }
}
