package telos.nn.serve;

import java.io.Serial;
import org.jspecify.annotations.Nullable;
import telos.nn.format.Json;

/// A request that is not answered as it asks, in the form OpenAI's clients know.
final class ApiError extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;
  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";

  private final int status;
  private final String type;
  private final @Nullable String param;
  private final @Nullable String code;

  private ApiError(
      int status, String message, String type, @Nullable String param, @Nullable String code) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
  }

  /// The request itself is wrong.
  ///
  /// @param param the field that is
  static ApiError invalid(String message, @Nullable String param) {
    return new ApiError(400, message, INVALID, param, null);
  }

  /// As [#invalid], with a code that clients look for.
  static ApiError invalid(int status, String message, @Nullable String param, String code) {
    return new ApiError(status, message, INVALID, param, code);
  }

  /// Who asks may not.
  static ApiError forbidden(String message) {
    return new ApiError(403, message, INVALID, null, "forbidden");
  }

  /// Too many ask at once.
  static ApiError busy(String message) {
    return new ApiError(429, message, "requests", null, "rate_limit_exceeded");
  }

  /// The server is at its end.
  static ApiError stopping() {
    return new ApiError(503, "The server is stopping", SERVER, null, "service_unavailable");
  }

  /// It took too long.
  static ApiError late(long seconds) {
    return new ApiError(
        504,
        "The answer was not complete within the %d seconds a request may take".formatted(seconds),
        SERVER,
        null,
        "timeout");
  }

  /// The server is at fault.
  static ApiError internal(String message) {
    return new ApiError(500, message, SERVER, null, "internal_error");
  }

  int status() {
    return status;
  }

  /// Seconds after which to try again, 0 where that is no use.
  int retryAfter() {
    return status == 429 ? 1 : status == 503 ? 5 : 0;
  }

  /// `{"error": {"message", "type", "param", "code"}}`.
  Json json() {
    return JsonObject.of(
        "error",
        JsonObject.of("message", getMessage(), "type", type, "param", param, "code", code));
  }
}
