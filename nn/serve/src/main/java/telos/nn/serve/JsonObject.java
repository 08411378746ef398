package telos.nn.serve;

import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;
import telos.nn.format.Json;

/// JSON objects as they are written down.
final class JsonObject {
  private JsonObject() {}

  /// The object of alternating names and values, in that order.
  static Json.Obj of(@Nullable Object... parts) {
    var fields = new LinkedHashMap<String, Json>();
    for (int i = 0; i < parts.length; i += 2) {
      fields.put(String.valueOf(parts[i]), Json.of(parts[i + 1]));
    }
    return new Json.Obj(fields);
  }
}
