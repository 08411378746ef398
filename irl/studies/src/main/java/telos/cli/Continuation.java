package telos.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import telos.nn.text.DecodeStream;
import telos.nn.text.StopStrings;
import telos.nn.text.Tokenizer;

/// What a model writes, as its tokens come: text without half characters, cut before a stop string.
final class Continuation {
  private final List<Integer> ids = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private final Optional<DecodeStream> stream;
  private final StopStrings stops;
  private final Set<Integer> stopTokens;
  private final Consumer<String> heard;

  /// @param stopTokens tokens that end it and are no part of the text
  /// @param heard is told what becomes certain
  Continuation(
      Optional<Tokenizer> tokenizer,
      List<String> stops,
      Set<Integer> stopTokens,
      Consumer<String> heard) {
    stream = tokenizer.map(Tokenizer::stream);
    this.stops = new StopStrings(stops);
    this.stopTokens = stopTokens;
    this.heard = heard;
  }

  /// @return whether a stop string was found, behind which nothing is wanted
  boolean add(int id) {
    ids.add(id);
    if (!stopTokens.contains(id)) {
      stream.ifPresent(decoding -> tell(stops.add(decoding.add(id))));
    }
    return stops.found();
  }

  /// Nothing more comes.
  void finish() {
    stream.ifPresent(decoding -> tell(stops.add(decoding.finish()) + stops.finish()));
  }

  private void tell(String certain) {
    if (!certain.isEmpty()) {
      text.append(certain);
      heard.accept(certain);
    }
  }

  List<Integer> ids() {
    return ids;
  }

  String text() {
    return text.toString();
  }
}
