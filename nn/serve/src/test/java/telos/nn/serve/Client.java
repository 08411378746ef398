package telos.nn.serve;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import telos.nn.format.Json;

/// Asks a server.
///
/// @param server which
record Client(Server server) {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:%d%s".formatted(server.address().getPort(), path)));
  }

  private static <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body)
      throws IOException {
    try {
      return HTTP.send(request, body);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  HttpResponse<String> get(String path, String... headers) throws IOException {
    var request = to(path).GET();
    return send(
        (headers.length == 0 ? request : request.headers(headers)).build(),
        BodyHandlers.ofString());
  }

  HttpResponse<String> post(String path, String body, String... headers) throws IOException {
    var request = to(path).POST(HttpRequest.BodyPublishers.ofString(body));
    return send(
        (headers.length == 0 ? request : request.headers(headers)).build(),
        BodyHandlers.ofString());
  }

  /// The answer line by line, as it comes; closing the stream leaves.
  Stream<String> stream(String path, String body) throws IOException {
    return send(
            to(path).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
            BodyHandlers.ofLines())
        .body();
  }

  /// Data of the events of a streamed answer.
  List<String> events(String path, String body) throws IOException {
    try (var lines = stream(path, body)) {
      return lines
          .filter(line -> line.startsWith("data: "))
          .map(line -> line.substring("data: ".length()))
          .toList();
    }
  }

  /// What comes back when these characters are sent, until the server closes.
  String raw(String text) throws IOException {
    try (var socket = new Socket(server.address().getAddress(), server.address().getPort())) {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  static Json.Obj json(String text) throws IOException {
    return (Json.Obj) Json.read("the answer", text.getBytes(StandardCharsets.UTF_8));
  }

  /// A value inside of others: names, or numbers of list items. Inside of null everything is null.
  static Json at(Json json, Object... path) {
    Json value = json;
    for (Object part : path) {
      if (value == Json.Null.NULL) {
        return value;
      }
      value =
          part instanceof Integer index
              ? ((Json.Arr) value).items().get(index)
              : ((Json.Obj) value).at((String) part);
    }
    return value;
  }

  static String text(Json json, Object... path) {
    return ((Json.Str) at(json, path)).value();
  }
}
