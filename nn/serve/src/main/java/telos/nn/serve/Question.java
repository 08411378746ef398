package telos.nn.serve;

import java.util.ArrayList;
import java.util.List;
import telos.nn.text.Tokenizer;

/// A request that was understood.
///
/// @param passages what is to be written: the completions of one prompt together
/// @param promptTokens of all prompts, each counted once
/// @param stops strings that end a completion
/// @param scored whether to tell how likely tokens were
/// @param stream whether to answer piece by piece
/// @param usage whether a stream ends with the numbers of tokens
/// @param ignored names of fields that nobody knows
record Question(
    List<Passage> passages,
    int promptTokens,
    List<String> stops,
    boolean scored,
    boolean stream,
    boolean usage,
    List<String> ignored) {
  Question {
    passages = List.copyOf(passages);
    stops = List.copyOf(stops);
    ignored = List.copyOf(ignored);
  }

  /// The work it is for the engine.
  Job job(Tokenizer tokenizer) {
    var texts = new ArrayList<ChoiceText>();
    for (Passage passage : passages) {
      texts.add(
          new ChoiceText(texts.size(), tokenizer.stream(), stops, passage.sampling(), scored));
    }
    return new Job(passages, texts);
  }
}
