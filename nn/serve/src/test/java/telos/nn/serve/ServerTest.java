package telos.nn.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static telos.nn.serve.Client.at;
import static telos.nn.serve.Client.json;
import static telos.nn.serve.Client.text;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import telos.nn.format.Json;

/// What goes over the wire, with a batch that writes a known text.
final class ServerTest {
  private static final String COMPLETIONS = "/v1/completions";

  private static Server server(Scripted batch) throws IOException {
    return server(batch, Limits.defaults());
  }

  private static Server server(Scripted batch, Limits limits) throws IOException {
    return Server.start(Scripted.model(), () -> batch, Client.anyPort(), limits, Access.OWN);
  }

  /// With what differs from run to run made equal.
  private static String settled(String answer) {
    return answer
        .replaceAll("\"id\":\"cmpl-[0-9a-f]{32}\"", "\"id\":\"ID\"")
        .replaceAll("\"created\":[0-9]+", "\"created\":0")
        .replaceAll("\"system_fingerprint\":\"telos-[^\"]+\"", "\"system_fingerprint\":\"F\"");
  }

  @Test
  void completesAsOpenAi() throws IOException {
    try (var server = server(Scripted.ending("hé!"))) {
      var answer =
          new Client(server)
              .post(COMPLETIONS, "{\"model\": \"bytes\", \"prompt\": \"abc\", \"logprobs\": 1}");
      assertEquals(200, answer.statusCode(), answer.body());
      assertEquals("application/json", answer.headers().firstValue("Content-Type").orElse(""));
      assertEquals(
          """
          {"id":"ID","object":"text_completion","created":0,"model":"bytes","system_fingerprint":"F",\
          "choices":[{"text":"hé!","index":0,"logprobs":{"tokens":["h","\uFFFD","\uFFFD","!"],\
          "token_logprobs":[-0.125,-0.25,-0.375,-0.5],\
          "top_logprobs":[{"h":-0.125},{"\uFFFD":-0.25},{"\uFFFD":-0.375},{"!":-0.5}],\
          "text_offset":[0,1,1,2]},"finish_reason":"stop"}],\
          "usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}\
          """,
          settled(answer.body()));
    }
  }

  @Test
  void streamsAsOpenAi() throws IOException {
    try (var server = server(Scripted.of("hé!"))) {
      var events =
          new Client(server)
              .events(
                  COMPLETIONS,
                  "{\"prompt\": \"abc\", \"max_tokens\": 4, \"stream\": true, \"stream_options\":"
                      + " {\"include_usage\": true}}");
      String head =
          "{\"id\":\"ID\",\"object\":\"text_completion\",\"created\":0,\"model\":\"bytes\",\"system_fingerprint\":\"F\",\"choices\":[";
      assertEquals(
          List.of(
              head
                  + "{\"text\":\"h\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}",
              head
                  + "{\"text\":\"é\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}",
              head
                  + "{\"text\":\"!\",\"index\":0,\"logprobs\":null,\"finish_reason\":\"length\"}],\"usage\":null}",
              head
                  + "],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}",
              "[DONE]"),
          events.stream().map(ServerTest::settled).toList());
    }
  }

  /// Every event is `data: ...` and an empty line; nothing but whole characters in any.
  @Test
  void charactersAreWholeInEveryEvent() throws IOException {
    String text = "aé€😀🇩🇪\n\"<|im_end|>\" 日本";
    try (var server = server(Scripted.ending(text))) {
      var request = "{\"prompt\": \"x\", \"max_tokens\": 100, \"stream\": true}";
      var response = new Client(server).post(COMPLETIONS, request);
      String framing = response.body();
      assertTrue(Pattern.matches("(data: [^\n]+\n\n)+", framing), framing);
      assertEquals(List.of("no-cache"), response.headers().allValues("Cache-Control"));
      var pieces = new ArrayList<String>();
      for (String event : new Client(server).events(COMPLETIONS, request)) {
        if (!event.equals("[DONE]")) {
          pieces.add(text(json(event), "choices", 0, "text"));
        }
      }
      assertTrue(pieces.size() > 10, "piece by piece");
      assertEquals(text, String.join("", pieces));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "wo, 'hello ', stop, 8",
    "l, he, stop, 3",
    "zz, hello world, stop, 13",
    "never, hello worldzzzzz, length, 16",
  })
  void stopStringsEndTheText(String stop, String expected, String reason, int tokens)
      throws IOException {
    try (var server = server(Scripted.of("hello world"))) {
      var client = new Client(server);
      var request =
          "{\"prompt\": \"x\", \"logprobs\": 0, \"stop\": [\"%s\", \"#\"], \"stream\": %s}";
      Json whole = json(client.post(COMPLETIONS, request.formatted(stop, false)).body());
      assertEquals(expected, text(whole, "choices", 0, "text"));
      assertEquals(reason, text(whole, "choices", 0, "finish_reason"));
      assertEquals(Json.of(tokens), at(whole, "usage", "completion_tokens"));
      int listed = ((Json.Arr) at(whole, "choices", 0, "logprobs", "tokens")).items().size();
      assertEquals(text(whole, "choices", 0, "text").length(), listed, "tokens before the stop");
      var streamed = new StringBuilder();
      for (String event : client.events(COMPLETIONS, request.formatted(stop, true))) {
        streamed.append(event.equals("[DONE]") ? "" : text(json(event), "choices", 0, "text"));
      }
      assertEquals(text(whole, "choices", 0, "text"), streamed.toString());
    }
  }

  @Test
  void severalChoicesAndPrompts() throws IOException {
    try (var server = server(Scripted.of("ab"))) {
      Json answer =
          json(
              new Client(server)
                  .post(
                      COMPLETIONS,
                      "{\"prompt\": [\"x\", [70, 71, 72]], \"n\": 2, \"max_tokens\": 2}")
                  .body());
      var indices =
          ((Json.Arr) at(answer, "choices"))
              .items().stream().map(choice -> at(choice, "index")).toList();
      assertEquals(IntStream.range(0, 4).mapToObj(Json::of).toList(), indices);
      assertEquals(Json.of(4), at(answer, "usage", "prompt_tokens"), "each prompt once");
      assertEquals(Json.of(8), at(answer, "usage", "completion_tokens"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"prompt\": \"x\"                                   | 400 | null",
        "[]                                                   | 400 | null",
        "{\"prompt\": \"x\", \"prompt\": \"y\"}               | 400 | null",
        "{}                                                   | 400 | \"prompt\"",
        "{\"prompt\": \"\"}                                   | 400 | \"prompt\"",
        "{\"prompt\": [1, 9999]}                              | 400 | \"prompt\"",
        "{\"prompt\": \"x\", \"model\": \"other\"}            | 404 | \"model\"",
        "{\"prompt\": \"x\", \"temperature\": 3}              | 400 | \"temperature\"",
        "{\"prompt\": \"x\", \"temperature\": \"hot\"}        | 400 | \"temperature\"",
        "{\"prompt\": \"x\", \"top_p\": 0}                    | 400 | \"top_p\"",
        "{\"prompt\": \"x\", \"n\": 0}                        | 400 | \"n\"",
        "{\"prompt\": \"x\", \"n\": 1000000}                  | 400 | \"n\"",
        "{\"prompt\": \"x\", \"max_tokens\": 1.5}             | 400 | \"max_tokens\"",
        "{\"prompt\": \"x\", \"max_tokens\": 600}             | 400 | \"prompt\"",
        "{\"prompt\": \"x\", \"seed\": 99999999999999999999}  | 400 | \"seed\"",
        "{\"prompt\": \"x\", \"stop\": [\"\"]}                | 400 | \"stop\"",
        "{\"prompt\": \"x\", \"stream\": 1}                   | 400 | \"stream\"",
        "{\"prompt\": \"x\", \"logit_bias\": {\"a\": 1}}      | 400 | \"logit_bias\"",
        "{\"prompt\": \"x\", \"logit_bias\": {\"5\": 101}}    | 400 | \"logit_bias\"",
        "{\"prompt\": \"x\", \"presence_penalty\": -3}        | 400 | \"presence_penalty\"",
        "{\"prompt\": \"x\", \"suffix\": \"y\"}               | 400 | \"suffix\"",
        "{\"prompt\": \"x\", \"echo\": true}                  | 400 | \"echo\"",
      })
  void refusesInOpenAisForm(String body, int status, String param) throws IOException {
    try (var server = server(Scripted.of("x"))) {
      var answer = new Client(server).post(COMPLETIONS, body);
      assertEquals(status, answer.statusCode(), answer.body());
      Json error = at(json(answer.body()), "error");
      assertEquals("invalid_request_error", text(error, "type"));
      assertEquals(param, at(error, "param").text());
      assertFalse(text(error, "message").isBlank());
      assertEquals(
          List.of("message", "type", "param", "code"),
          List.copyOf(((Json.Obj) error).fields().keySet()));
    }
  }

  @Test
  void tenThousandStopStringsAreRefused() throws IOException {
    String stops =
        IntStream.range(0, 10_000).mapToObj(i -> "\"s" + i + "\"").collect(Collectors.joining(","));
    try (var server = server(Scripted.of("x"))) {
      var answer =
          new Client(server)
              .post(COMPLETIONS, "{\"prompt\": \"x\", \"stop\": [%s]}".formatted(stops));
      assertEquals(400, answer.statusCode());
      assertEquals("stop", text(json(answer.body()), "error", "param"));
    }
  }

  @Test
  void deeplyNestedJsonIsRefused() throws IOException {
    try (var server = server(Scripted.of("x"))) {
      var answer = new Client(server).post(COMPLETIONS, "[".repeat(100_000));
      assertEquals(400, answer.statusCode());
    }
  }

  @Test
  void largeBodiesAreRefusedWhetherAnnouncedOrNot() throws IOException {
    String large = "{\"prompt\": \"%s\"}".formatted("x".repeat(3 << 20));
    try (var server = server(Scripted.of("x"))) {
      var client = new Client(server);
      var answer = client.post(COMPLETIONS, large);
      assertEquals(413, answer.statusCode(), answer.body());
      assertEquals("request_too_large", text(json(answer.body()), "error", "code"));
      String chunked =
          client.raw(
              "POST /v1/completions HTTP/1.1\r\n"
                  + "Host: localhost\r\n"
                  + "Transfer-Encoding: chunked\r\n\r\n"
                  + "200000\r\n"
                  + "x".repeat(0x200000)
                  + "\r\n0\r\n\r\n");
      assertTrue(chunked.startsWith("HTTP/1.1 413"), chunked);
    }
  }

  @Test
  void unknownFieldsAreNamedInAHeader() throws IOException {
    try (var server = server(Scripted.of("x"))) {
      var answer =
          new Client(server)
              .post(
                  COMPLETIONS,
                  "{\"prompt\": \"x\", \"user\": \"u\", \"min_zeal\": 1, \"a\\r\\nSet-Cookie: b\":"
                      + " 2}");
      assertEquals(200, answer.statusCode(), answer.body());
      assertEquals(
          "ignored unknown fields: min_zeal, a??Set-Cookie??b",
          answer.headers().firstValue("X-Telos-Warning").orElse(""));
      assertTrue(answer.headers().firstValue("Set-Cookie").isEmpty());
    }
  }

  @Test
  void modelsHealthMetricsAndPaths() throws IOException {
    try (var server = server(Scripted.of("x"))) {
      var client = new Client(server);
      assertEquals(
          "{\"object\":\"list\",\"data\":[{\"id\":\"bytes\",\"object\":\"model\",\"created\":0,\"owned_by\":\"telos\"}]}",
          settled(client.get("/v1/models").body()));
      assertEquals("{\"status\":\"ok\"}", client.get("/health").body());
      client.post(COMPLETIONS, "{\"prompt\": \"x\"}");
      var metrics = client.get("/metrics").body();
      assertTrue(
          metrics.contains("telos_answers_total{path=\"/v1/completions\",status=\"200\"} 1\n"),
          metrics);
      assertTrue(metrics.contains("\ntelos_new_tokens_total 16\n"), metrics);
      assertTrue(metrics.contains("\ntelos_step_seconds_bucket{le=\"+Inf\"} 16\n"), metrics);
      assertEquals(404, client.get("/v1/nothing").statusCode());
      assertEquals(405, client.get(COMPLETIONS).statusCode());
      assertEquals("POST", client.get(COMPLETIONS).headers().firstValue("Allow").orElse(""));
    }
  }

  @Test
  void thePageMayRunNothingButItself() throws IOException {
    try (var server = server(Scripted.of("x"))) {
      var page = new Client(server).get("/");
      assertTrue(page.body().contains("data-mode=\"text\""), page.body());
      String policy = page.headers().firstValue("Content-Security-Policy").orElse("");
      assertTrue(
          policy.startsWith("default-src 'none'; connect-src 'self'; script-src 'sha256-"), policy);
      assertFalse(policy.contains("unsafe"), policy);
      assertFalse(Pattern.compile("(src|href)=\"(?!data:)").matcher(page.body()).find());
      assertFalse(page.body().contains("innerHTML"));
    }
  }

  @Test
  void conversationsNeedATemplate() throws IOException {
    try (var server = server(Scripted.of("x"))) {
      var answer =
          new Client(server)
              .post(
                  "/v1/chat/completions",
                  "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}");
      assertEquals(400, answer.statusCode());
      assertTrue(answer.body().contains("has no chat template"), answer.body());
    }
  }
}
