package telos.nn.serve;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import telos.nn.format.Json;

/// `chat.completion` and `chat.completion.chunk`.
///
/// @param scores writes log-probabilities
record ChatForm(Scores scores) implements Form {
  @Override
  public String prefix() {
    return "chatcmpl-";
  }

  @Override
  public String whole() {
    return "chat.completion";
  }

  @Override
  public String chunk() {
    return "chat.completion.chunk";
  }

  @Override
  public Json choice(Piece all, boolean scored) {
    return JsonObject.of(
        "index", all.choice(),
        "message", JsonObject.of("role", "assistant", "content", all.text()),
        "logprobs", scored ? scores.chat(all.scores()) : null,
        "finish_reason", reason(all));
  }

  @Override
  public List<Json> opening(int choice) {
    return List.of(delta(choice, JsonObject.of("role", "assistant", "content", ""), null, null));
  }

  @Override
  public List<Json> pieces(Piece piece, boolean scored) {
    var choices = new ArrayList<Json>();
    if (!piece.text().isEmpty() || !piece.scores().isEmpty()) {
      Json logProbs = scored ? scores.chat(piece.scores()) : null;
      choices.add(delta(piece.choice(), JsonObject.of("content", piece.text()), logProbs, null));
    }
    if (piece.finish() != null) {
      choices.add(delta(piece.choice(), JsonObject.of(), null, reason(piece)));
    }
    return choices;
  }

  private static @Nullable String reason(Piece piece) {
    return piece.finish() == null ? null : piece.finish().json();
  }

  private static Json delta(
      int choice, Json delta, @Nullable Json logProbs, @Nullable String reason) {
    return JsonObject.of(
        "index", choice, "delta", delta, "logprobs", logProbs, "finish_reason", reason);
  }
}
