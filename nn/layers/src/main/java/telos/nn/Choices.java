package telos.nn;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Sequences of tokens of which a completion must be one: labels, moves, the words of a grammar.
///
///     Sampling one = Sampling.of(8).with(new Warp.Among(choices));
///     Choices.Chosen chosen = choices.chosen(completion);
public final class Choices {
  private final List<List<Integer>> sequences;
  private final Node root = new Node();

  private Choices(List<List<Integer>> sequences) {
    this.sequences = sequences;
    for (int i = 0; i < sequences.size(); i++) {
      insert(i);
    }
  }

  /// @param sequences at least one, none of them the beginning of another: with a stop token behind
  ///   each, none is
  public static Choices of(int[]... sequences) {
    if (sequences.length == 0) {
      throw new IllegalArgumentException("choices: there are none; needs at least one");
    }
    return new Choices(
        Arrays.stream(sequences).map(s -> IntStream.of(s).boxed().toList()).toList());
  }

  /// What a row chose.
  ///
  /// @param index of the choice
  /// @param logProb of its tokens under the model itself
  /// @param sampledLogProb under the distribution they were drawn from, in which the choices alone
  ///   have probability
  public record Chosen(int index, double logProb, double sampledLogProb) {}

  private static final class Node {
    private final Map<Integer, Node> next = new HashMap<>();
    private int choice = -1;
  }

  private void insert(int choice) {
    Node node = root;
    for (int token : sequences.get(choice)) {
      requireApart(choice, node.choice);
      node = node.next.computeIfAbsent(token, _ -> new Node());
    }
    requireApart(choice, node.choice >= 0 ? node.choice : node.next.isEmpty() ? -1 : within(node));
    if (node == root) {
      throw new IllegalArgumentException("choices: number " + choice + " is empty");
    }
    node.choice = choice;
  }

  private static int within(Node node) {
    return node.choice >= 0 ? node.choice : within(node.next.values().iterator().next());
  }

  private static void requireApart(int choice, int other) {
    if (other >= 0) {
      throw new IllegalArgumentException(
          "choices: of numbers "
              + other
              + " and "
              + choice
              + " one begins with all of the other; end each with a stop token");
    }
  }

  /// The choices, in order.
  public List<List<Integer>> sequences() {
    return sequences;
  }

  /// The number of tokens of the longest.
  public int longest() {
    return sequences.stream().mapToInt(List::size).max().orElseThrow();
  }

  /// Which choice a completion is.
  ///
  /// @throws IllegalArgumentException if it is none of them
  public Chosen chosen(Completion completion) {
    Node node = at(completion.tokens());
    if (node == null || node.choice < 0) {
      throw new IllegalArgumentException("choices: " + completion + " is none of them");
    }
    return new Chosen(node.choice, sum(completion.logProbs()), sum(completion.sampledLogProbs()));
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  private @Nullable Node at(int[] written) {
    Node node = root;
    for (int token : written) {
      node = node == null ? null : node.next.get(token);
    }
    return node;
  }

  /// True if these tokens are one of the choices.
  boolean contains(int[] written) {
    Node node = at(written);
    return node != null && node.choice >= 0;
  }

  /// The scores with all tokens ruled out that do not go on with a choice.
  float[] masked(int[] written, float[] logits) {
    float[] masked = new float[logits.length];
    Arrays.fill(masked, Float.NEGATIVE_INFINITY);
    Node node = at(written);
    if (node != null) {
      node.next.keySet().forEach(token -> masked[token] = logits[token]);
    }
    return masked;
  }
}
