package telos.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// How the next token is drawn from the model's distribution, and when a completion ends.
///
///     Sampling.of(64, EOS).with(new Warp.Temperature(0.8), new Warp.TopP(0.95))
///
/// @param warps how the distribution is changed, in the order of [Warp], without those that change
///   nothing
/// @param maxNewTokens the most tokens a completion has
/// @param stopTokens tokens that end a completion, as its last token
/// @param distributions whether the log-probabilities of the whole vocabulary are wanted with every
///   token
public record Sampling(
    List<Warp> warps, int maxNewTokens, Set<Integer> stopTokens, boolean distributions) {
  public Sampling {
    warps =
        warps.stream()
            .filter(warp -> !warp.isNeutral())
            .sorted(Comparator.comparingInt(warp -> Warp.ORDER.indexOf(warp.getClass())))
            .toList();
    stopTokens = Set.copyOf(stopTokens);
    if (maxNewTokens < 1) {
      throw new IllegalArgumentException(
          "sampling: maxNewTokens is " + maxNewTokens + ", must be at least 1");
    }
  }

  /// The model's own distribution.
  public static Sampling of(int maxNewTokens, Integer... stopTokens) {
    return new Sampling(List.of(), maxNewTokens, Set.copyOf(Arrays.asList(stopTokens)), false);
  }

  /// Always the most likely token.
  public static Sampling greedy(int maxNewTokens, Integer... stopTokens) {
    return of(maxNewTokens, stopTokens).withTemperature(0);
  }

  /// With these warps in place of those of their types; only of processors there may be several.
  public Sampling with(Warp... more) {
    Sampling sampling = this;
    for (Warp warp : more) {
      sampling = sampling.with(warp);
    }
    return sampling;
  }

  private Sampling with(Warp warp) {
    List<Warp> next = new ArrayList<>(warps);
    next.removeIf(
        known -> known.getClass() == warp.getClass() && !(warp instanceof Warp.Processor));
    next.add(warp);
    return new Sampling(next, maxNewTokens, stopTokens, distributions);
  }

  public Sampling withTemperature(double value) {
    return with(new Warp.Temperature(value));
  }

  public Sampling withTopK(int value) {
    return with(new Warp.TopK(value));
  }

  public Sampling withTopP(double value) {
    return with(new Warp.TopP(value));
  }

  /// The same with another limit.
  public Sampling upTo(int tokens) {
    return new Sampling(warps, tokens, stopTokens, distributions);
  }

  /// The same with other tokens that end a completion; with none it has its full length.
  public Sampling withStopTokens(Set<Integer> tokens) {
    return new Sampling(warps, maxNewTokens, tokens, distributions);
  }

  /// The same, reporting the log-probabilities of the whole vocabulary with every token.
  public Sampling withDistributions() {
    return new Sampling(warps, maxNewTokens, stopTokens, true);
  }

  /// What divides the logits; 0 is greedy.
  public double temperature() {
    return find(Warp.Temperature.class).map(Warp.Temperature::temperature).orElse(1.0);
  }

  public boolean isGreedy() {
    return temperature() == 0;
  }

  /// True if tokens are drawn from the model's own distribution, unchanged.
  public boolean isPlain() {
    return warps.isEmpty();
  }

  <W extends Warp> Optional<W> find(Class<W> type) {
    return warps.stream().filter(type::isInstance).map(type::cast).findFirst();
  }

  /// Tokens must be ones the model knows.
  void check(Gpt model) {
    find(Warp.Bias.class)
        .ifPresent(warp ->
            warp.bias().keySet().forEach(t -> Prompts.checkToken(model, "the logit bias", t)));
    find(Warp.Among.class)
        .ifPresent(warp ->
            warp.choices()
                .sequences()
                .forEach(choice -> choice.forEach(t -> Prompts.checkToken(model, "a choice", t))));
  }
}
