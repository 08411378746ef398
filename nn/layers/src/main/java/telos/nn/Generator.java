package telos.nn;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import telos.tensor.Rng;

/// Completes prompts together: a [DecodingBatch] that runs until every row has ended.
///
/// Every row has a random key of its own, and on the cpu device its logits do not depend on the
/// batch: the same prompt with the same key gives the same completion alone and among others, in
/// any order.
///
///     List<Rng> keys = Generator.keys(Rng.of(seed), prompts.length, 1);
///     Sampling sampling = Sampling.of(64, EOS).withTemperature(0.8).withTopP(0.95);
///     List<Completion> completions = Generator.generate(model, prompts, sampling, keys);
public final class Generator {
  private Generator() {}

  /// Completes every prompt.
  ///
  /// @param prompts token ids, at least one each; with the new tokens they must fit the context
  /// @param keys one a prompt, such as those of [#keys]
  /// @return one completion a prompt, in order
  public static List<Completion> generate(
      Gpt model, int[][] prompts, Sampling sampling, List<Rng> keys) {
    return generate(new DecodingBatch(model), prompts, sampling, keys, _ -> {});
  }

  /// The same in a batch of one's own, guided perhaps, telling what is written while it is.
  ///
  /// @param batch with no rows yet
  /// @param heard is told of every token
  public static List<Completion> generate(
      DecodingBatch batch,
      int[][] prompts,
      Sampling sampling,
      List<Rng> keys,
      Consumer<DecodingBatch.Event.Token> heard) {
    if (keys.size() != prompts.length) {
      throw new IllegalArgumentException(
          "generate: " + prompts.length + " prompts and " + keys.size() + " keys; needs one each");
    }
    List<DecodingBatch.Row> rows =
        IntStream.range(0, prompts.length)
            .mapToObj(i -> batch.add(prompts[i], sampling, keys.get(i)))
            .toList();
    List<DecodingBatch.Event> events;
    do {
      events = batch.step();
      for (DecodingBatch.Event event : events) {
        switch (event) {
          case DecodingBatch.Event.Token token -> heard.accept(token);
          case DecodingBatch.Event.Failure(_, var cause) -> throw cause;
        }
      }
    } while (!events.isEmpty());
    return rows.stream().map(DecodingBatch.Row::completion).toList();
  }

  /// Lets the model choose between sequences of tokens.
  ///
  /// @param sampling such as [Sampling#greedy] or [Sampling#of]; its limit does not matter
  public static Choices.Chosen choose(
      Gpt model, int[] prompt, Choices choices, Sampling sampling, Rng key) {
    Sampling among = sampling.upTo(choices.longest()).with(new Warp.Among(choices));
    return choices.chosen(generate(model, new int[][] {prompt}, among, List.of(key)).getFirst());
  }

  /// Keys for `samples` completions of each of `prompts` prompts, those of one prompt together. The
  /// key of a sample depends on the seed, the prompt's number and the sample's number only.
  public static List<Rng> keys(Rng seed, int prompts, int samples) {
    return IntStream.range(0, prompts * samples)
        .mapToObj(i -> seed.fold(i / samples).fold(i % samples))
        .toList();
  }
}
