package telos.nn.serve;

import java.util.List;
import telos.nn.format.Json;

/// `text_completion`, whole and in pieces.
///
/// @param scores writes log-probabilities
record CompletionForm(Scores scores) implements Form {
  @Override
  public String prefix() {
    return "cmpl-";
  }

  @Override
  public String whole() {
    return "text_completion";
  }

  @Override
  public String chunk() {
    return "text_completion";
  }

  @Override
  public Json choice(Piece piece, boolean scored) {
    return JsonObject.of(
        "text",
        piece.text(),
        "index",
        piece.choice(),
        "logprobs",
        scored ? scores.completion(piece.scores()) : null,
        "finish_reason",
        piece.finish() == null ? null : piece.finish().json());
  }

  @Override
  public List<Json> opening(int choice) {
    return List.of();
  }

  @Override
  public List<Json> pieces(Piece piece, boolean scored) {
    return List.of(choice(piece, scored));
  }
}
