package telos.nn;

import java.util.Arrays;
import java.util.Set;

/// How the next token is drawn from the model's distribution: first the temperature, then top-k,
/// then top-p of what top-k left, renormalised.
///
/// @param temperature divides the logits; 0 is greedy (the most likely token, the lowest index
///   among equals)
/// @param topK how many of the most likely tokens stay, lower indices first among equals; 0 is all
/// @param topP the fewest most likely tokens whose probabilities reach this sum stay; 1 is all
/// @param maxNewTokens the most tokens a completion has
/// @param stopTokens tokens that end a completion, as its last token
public record Sampling(
    double temperature, int topK, double topP, int maxNewTokens, Set<Integer> stopTokens) {
  public Sampling {
    stopTokens = Set.copyOf(stopTokens);
    require(temperature >= 0 && temperature < Double.POSITIVE_INFINITY, "temperature", temperature);
    require(topK >= 0, "topK", topK);
    require(topP > 0 && topP <= 1, "topP", topP);
    require(maxNewTokens >= 1, "maxNewTokens", maxNewTokens);
  }

  private static void require(boolean holds, String name, Number value) {
    if (!holds) {
      throw new IllegalArgumentException(
          "sampling: "
              + name
              + " is "
              + value
              + "; needs temperature >= 0, topK >= 0, 0 < topP <= 1, maxNewTokens >= 1");
    }
  }

  /// The model's own distribution.
  public static Sampling of(int maxNewTokens, Integer... stopTokens) {
    return new Sampling(1, 0, 1, maxNewTokens, Set.copyOf(Arrays.asList(stopTokens)));
  }

  /// Always the most likely token.
  public static Sampling greedy(int maxNewTokens, Integer... stopTokens) {
    return of(maxNewTokens, stopTokens).withTemperature(0);
  }

  public Sampling withTemperature(double value) {
    return new Sampling(value, topK, topP, maxNewTokens, stopTokens);
  }

  public Sampling withTopK(int value) {
    return new Sampling(temperature, value, topP, maxNewTokens, stopTokens);
  }

  public Sampling withTopP(double value) {
    return new Sampling(temperature, topK, value, maxNewTokens, stopTokens);
  }

  public boolean isGreedy() {
    return temperature == 0;
  }

  /// True if tokens are drawn from the model's own distribution, unchanged.
  public boolean isPlain() {
    return temperature == 1 && topK == 0 && topP == 1;
  }
}
