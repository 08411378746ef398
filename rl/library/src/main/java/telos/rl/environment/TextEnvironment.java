package telos.rl.environment;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import telos.tensor.Rng;

/// Writing as a process: an episode is a prompt and its continuation, an action is the next token,
/// and the reward comes with the last one. Token 2 ends the text (terminated); at the length limit
/// it is cut (truncated). Token 0 is padding.
///
/// What is seen are all tokens so far, padded on the right to the longest prompt plus the limit.
/// Allowed is every token but padding and 1, which begins texts.
public final class TextEnvironment implements Environment.Restorable<int[], Integer> {
  private static final double[] NO_VALUES = {};
  private static final int BEGIN = 1;
  private static final int END = 2;
  private static final int SEPARATOR = 3;

  private final List<int[]> prompts;
  private final int limit;
  private final Reward reward;
  private final Space.MultiDiscrete observations;
  private final Space.Discrete actions;
  private final boolean[] allowed;

  private int prompt;
  private int[] written = {};
  private boolean running;

  /// What a finished text is worth.
  @FunctionalInterface
  public interface Reward {
    double of(Text text);
  }

  /// A finished text.
  ///
  /// @param continuation what was written after the prompt, the ending token included
  /// @param ended whether it came to its end rather than to the limit
  @SuppressWarnings("ArrayRecordComponent") // compared by identity
  public record Text(int[] prompt, int[] continuation, boolean ended) {}

  /// @param vocabulary number of tokens
  /// @param prompts of which each episode draws one
  /// @param limit the most tokens that are written
  /// @param reward of the whole text
  public TextEnvironment(int vocabulary, List<int[]> prompts, int limit, Reward reward) {
    int longest = prompts.stream().mapToInt(tokens -> tokens.length).max().orElse(0);
    if (vocabulary <= SEPARATOR || prompts.isEmpty() || limit < 1) {
      throw new IllegalArgumentException(
          "text: %d tokens, %d prompts, at most %d to write; needs more than %d, 1 and 1"
              .formatted(vocabulary, prompts.size(), limit, SEPARATOR));
    }
    int[] sizes = new int[longest + limit];
    Arrays.fill(sizes, vocabulary);
    this.observations = new Space.MultiDiscrete(sizes);
    this.actions = Space.Discrete.of(vocabulary);
    this.prompts = prompts.stream().map(int[]::clone).toList();
    this.prompts.forEach(p -> observations.require("prompt", Arrays.copyOf(p, sizes.length)));
    this.limit = limit;
    this.reward = reward;
    this.allowed = new boolean[vocabulary];
    Arrays.fill(allowed, END, vocabulary, true);
  }

  /// Repeating a word of letters: the reward is the share of letters, the end included, that are
  /// right, so 1 at best.
  ///
  /// @param letters how many there are
  /// @param length of the words, all of which are prompts
  public static TextEnvironment echo(int letters, int length) {
    int words = (int) Math.pow(letters, length);
    List<int[]> prompts =
        IntStream.range(0, words).mapToObj(word -> spelled(word, letters, length)).toList();
    return new TextEnvironment(
        SEPARATOR + 1 + letters,
        prompts,
        length + 1,
        text -> {
          int right = 0;
          for (int i = 0; i < text.continuation().length; i++) {
            int wanted = i == length ? END : text.prompt()[1 + i];
            right += text.continuation()[i] == wanted ? 1 : 0;
          }
          return right / (length + 1.0);
        });
  }

  /// A number in the notation whose digits are the letters, between the marks of a prompt.
  private static int[] spelled(int word, int letters, int length) {
    int[] tokens = new int[length + 2];
    tokens[0] = BEGIN;
    int rest = word;
    for (int i = length; i >= 1; i--) {
      tokens[i] = SEPARATOR + 1 + rest % letters;
      rest /= letters;
    }
    tokens[length + 1] = SEPARATOR;
    return tokens;
  }

  @Override
  public Space<int[]> observations() {
    return observations;
  }

  @Override
  public Space<Integer> actions() {
    return actions;
  }

  @Override
  public Optional<boolean[]> allowed() {
    return Optional.of(allowed.clone());
  }

  @Override
  public int[] reset(Rng key) {
    return begun(key.integer(prompts.size()), new int[0]);
  }

  private int[] begun(int chosen, int[] continuation) {
    prompt = chosen;
    written = continuation;
    running = true;
    return seen();
  }

  @Override
  public Step<int[]> step(Integer action) {
    requireRunning();
    actions.require("action", action);
    written = Arrays.copyOf(written, written.length + 1);
    written[written.length - 1] = action;
    boolean ended = action == END;
    boolean cut = !ended && written.length == limit;
    running = !ended && !cut;
    double worth =
        running ? 0 : reward.of(new Text(prompts.get(prompt).clone(), written.clone(), ended));
    Step<int[]> step = Step.of(seen(), worth, ended);
    return cut ? step.truncate() : step;
  }

  private int[] seen() {
    int[] start = prompts.get(prompt);
    int[] tokens = Arrays.copyOf(start, observations.n().length);
    System.arraycopy(written, 0, tokens, start.length, written.length);
    return tokens;
  }

  /// Number of the prompt, then the tokens written.
  @Override
  public State state() {
    requireRunning();
    long[] counters = new long[1 + written.length];
    counters[0] = prompt;
    for (int i = 0; i < written.length; i++) {
      counters[1 + i] = written[i];
    }
    return new State(NO_VALUES, counters);
  }

  @Override
  public int[] restore(State state) {
    int length = state.counters().length - 1;
    boolean fits = state.values().length == 0 && length >= 0 && length < limit;
    if (!fits || state.counters()[0] < 0 || state.counters()[0] >= prompts.size()) {
      throw new IllegalArgumentException("state: it is of another environment than this of texts");
    }
    int[] tokens = Arrays.stream(state.counters()).skip(1).mapToInt(Math::toIntExact).toArray();
    IntStream.of(tokens).forEach(token -> actions.require("token", token));
    return begun((int) state.counters()[0], tokens);
  }

  private void requireRunning() {
    if (!running) {
      throw new IllegalStateException("environment: no episode is running; reset it first");
    }
  }
}
