package telos.nn.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/// What each path answers.
final class Api implements HttpHandler {
  private static final System.Logger LOG = System.getLogger("telos.nn.serve");
  private static final List<String> PATHS =
      List.of("/", "/v1/chat/completions", "/v1/completions", "/v1/models", "/health", "/metrics");

  private final ServedModel model;
  private final Limits limits;
  private final Access access;
  private final Engine engine;
  private final Metrics metrics;
  private final Watchdog watchdog;
  private final RequestReader reader;
  private final Scores scores;
  private final Page page;
  private final String fingerprint;
  private final long created = Instant.now().getEpochSecond();

  Api(
      ServedModel model,
      Limits limits,
      Access access,
      Engine engine,
      Metrics metrics,
      Watchdog watchdog) {
    this.model = model;
    this.limits = limits;
    this.access = access;
    this.engine = engine;
    this.metrics = metrics;
    this.watchdog = watchdog;
    reader = new RequestReader(model, limits);
    scores = new Scores(new TokenTexts(model.tokenizer()));
    page = Page.of(model);
    fingerprint = fingerprint(model);
  }

  /// Version, device and order of summation: answers with a seed are the same wherever these are.
  private static String fingerprint(ServedModel model) {
    var descriptor = Api.class.getModule().getDescriptor();
    String version =
        descriptor == null ? "development" : descriptor.rawVersion().orElse("development");
    String device = model.gpt().tokens().weight().device().name();
    return "telos-%s-%s-32lanes".formatted(version, device);
  }

  @Override
  public void handle(HttpExchange exchange) {
    try (exchange) {
      Server.HEAD.get().close();
      var call = new Call(exchange, limits, watchdog);
      try {
        answer(call);
      } catch (ApiError e) {
        call.send(e);
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "Answering " + call, e);
        if (call.status() == 0) {
          call.send(ApiError.internal("The server failed; its log says how"));
        }
      } finally {
        metrics.answered(PATHS.contains(call.path()) ? call.path() : "other", call.status());
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "A client has left", e);
    }
  }

  private void answer(Call call) throws IOException {
    access.check(call.exchange().getRequestHeaders()).ifPresent(origin -> share(call, origin));
    if (call.method().equals("OPTIONS")) {
      call.send(204, "text/plain", new byte[0]);
      return;
    }
    switch (call.path()) {
      case "/v1/chat/completions" -> {
        require(call, "POST");
        answer(call, new ChatForm(scores));
      }
      case "/v1/completions" -> {
        require(call, "POST");
        answer(call, new CompletionForm(scores));
      }
      case "/v1/models" -> {
        require(call, "GET", "HEAD");
        call.send(200, models());
      }
      case "/health" -> {
        require(call, "GET", "HEAD");
        boolean well = engine.accepting();
        call.send(well ? 200 : 503, JsonObject.of("status", well ? "ok" : "stopping"));
      }
      case "/metrics" -> {
        require(call, "GET", "HEAD");
        byte[] text = metrics.text(engine.requests()).getBytes(StandardCharsets.UTF_8);
        call.send(200, "text/plain; version=0.0.4; charset=utf-8", text);
      }
      case "/" -> {
        require(call, "GET", "HEAD");
        page.send(call);
      }
      default -> throw ApiError.invalid(404, "There is nothing at this path", null, "not_found");
    }
  }

  /// Lets the page of another origin read the answer.
  private static void share(Call call, String origin) {
    call.header("Access-Control-Allow-Origin", origin);
    call.header("Access-Control-Allow-Methods", "GET, POST");
    call.header("Access-Control-Allow-Headers", "Content-Type, Authorization");
    call.header("Cross-Origin-Resource-Policy", "cross-origin");
    call.header("Vary", "Origin");
  }

  private static void require(Call call, String... methods) {
    if (!List.of(methods).contains(call.method())) {
      call.header("Allow", String.join(", ", methods));
      throw ApiError.invalid(
          405,
          "%s takes %s".formatted(call.path(), String.join(" or ", methods)),
          null,
          "method_not_allowed");
    }
  }

  /// Reads, understands and answers a question. What it costs to understand one is bounded too: who
  /// finds no place is told so before.
  private void answer(Call call, Form form) throws IOException {
    byte[] body = call.body();
    engine.checkRoom();
    Fields fields = RequestReader.fields(body);
    Question question = form instanceof ChatForm ? reader.chat(fields) : reader.completion(fields);
    new Answering(engine, limits, metrics, model, fingerprint, form, question).answer(call);
  }

  private telos.nn.format.Json models() {
    return JsonObject.of(
        "object",
        "list",
        "data",
        List.of(
            JsonObject.of(
                "id", model.id(), "object", "model", "created", created, "owned_by", "telos")));
  }
}
