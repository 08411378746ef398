package telos.nn.serve;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import telos.nn.Sampling;
import telos.nn.serve.Piece.Finish;
import telos.nn.serve.Piece.Score;
import telos.nn.text.DecodeStream;
import telos.nn.text.StopStrings;

/// The text of one completion as its tokens come: no half characters, nothing of a stop string.
final class ChoiceText {
  private final int choice;
  private final DecodeStream decoding;
  private final StopStrings stops;
  private final Sampling sampling;
  private final boolean scored;
  private final List<Score> pending = new ArrayList<>();
  private int tokens;
  private int decoded;

  /// @param scored whether pieces tell how likely tokens were
  ChoiceText(
      int choice, DecodeStream decoding, List<String> stops, Sampling sampling, boolean scored) {
    this.choice = choice;
    this.decoding = decoding;
    this.stops = new StopStrings(stops);
    this.sampling = sampling;
    this.scored = scored;
  }

  /// What becomes certain with this token; empty while nothing does. After a piece with a finish
  /// there are no more.
  Optional<Piece> accept(Written.Token written) {
    tokens++;
    if (sampling.stopTokens().contains(written.id())) {
      return Optional.of(last(Finish.STOP));
    }
    if (scored) {
      pending.add(new Score(written, decoded));
    }
    String text = decoding.add(written.id());
    decoded += text.length();
    String certain = stops.add(text);
    if (stops.found()) {
      return Optional.of(piece(certain, Finish.STOP));
    }
    if (tokens == sampling.maxNewTokens()) {
      return Optional.of(piece(certain + rest(), stops.found() ? Finish.STOP : Finish.LENGTH));
    }
    return certain.isEmpty() ? Optional.empty() : Optional.of(piece(certain, null));
  }

  private Piece last(Finish finish) {
    return piece(rest(), finish);
  }

  /// What the decoder and the search for stop strings have held back.
  private String rest() {
    return stops.add(decoding.finish()) + stops.finish();
  }

  private Piece piece(String text, @Nullable Finish finish) {
    if (stops.found()) {
      pending.removeIf(score -> score.start() >= stops.passed());
    }
    var piece = new Piece(choice, text, pending, tokens, finish);
    pending.clear();
    return piece;
  }
}
