package telos.nn.serve;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import telos.nn.format.Json;
import telos.nn.serve.Piece.Score;

/// Log-probabilities of tokens as OpenAI writes them. They are the model's own, before temperature
/// and penalties.
final class Scores {
  /// What stands for zero probability.
  private static final float NEVER = -9999;

  private final TokenTexts texts;

  Scores(TokenTexts texts) {
    this.texts = texts;
  }

  /// `{"content": [{"token", "logprob", "bytes", "top_logprobs"}]}`.
  Json chat(List<Score> scores) {
    var content = new ArrayList<Json>();
    for (Score score : scores) {
      var written = score.written();
      var fields = new LinkedHashMap<>(entry(written.id(), written.logProb()).fields());
      fields.put(
          "top_logprobs",
          Json.of(written.likely().stream().map(l -> entry(l.token(), l.logProb())).toList()));
      content.add(new Json.Obj(fields));
    }
    return JsonObject.of("content", content, "refusal", null);
  }

  private Json.Obj entry(int token, float logProb) {
    var bytes = new ArrayList<Integer>();
    for (byte b : texts.bytes(token)) {
      bytes.add(b & 0xff);
    }
    return JsonObject.of("token", texts.text(token), "logprob", finite(logProb), "bytes", bytes);
  }

  /// `{"tokens", "token_logprobs", "top_logprobs", "text_offset"}`.
  Json completion(List<Score> scores) {
    var likely = new ArrayList<Map<String, Float>>();
    for (Score score : scores) {
      var most = new LinkedHashMap<String, Float>();
      score
          .written()
          .likely()
          .forEach(l -> most.putIfAbsent(texts.text(l.token()), finite(l.logProb())));
      likely.add(most);
    }
    return JsonObject.of(
        "tokens", scores.stream().map(s -> texts.text(s.written().id())).toList(),
        "token_logprobs", scores.stream().map(s -> finite(s.written().logProb())).toList(),
        "top_logprobs", likely,
        "text_offset", scores.stream().map(Score::start).toList());
  }

  private static float finite(float logProb) {
    return Math.max(logProb, NEVER);
  }
}
