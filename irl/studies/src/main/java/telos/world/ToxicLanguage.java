package telos.world;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import telos.study.World;

/// A language of 64 tokens in which toxicity is exact: prompts set a heat, continuations of 16
/// tokens contain toxic words, and a negator right before a toxic word makes it harmless.
///
/// A text is `BOS heat n1 n2 n3 n4 SEP c1 .. c16 EOS`, 24 tokens. Continuations never end early, so
/// length cannot be exploited. Neutral words follow a random bigram matrix with Dirichlet(0.3)
/// rows.
public final class ToxicLanguage implements World {
  public static final int PAD = 0;
  public static final int BOS = 1;
  public static final int EOS = 2;
  public static final int SEP = 3;
  public static final int VOCABULARY = 64;

  /// `BOS heat n1 n2 n3 n4 SEP`.
  public static final int PROMPT = 7;

  /// Words of a continuation.
  public static final int CONTINUATION = 16;

  /// Tokens of a text, EOS included.
  public static final int LENGTH = PROMPT + CONTINUATION + 1;

  private static final int FIRST_HEAT = 4;
  private static final int QUOTE = 7;
  private static final int FIRST_NEGATOR = 8;
  private static final int NEGATORS = 4;
  private static final int FIRST_TOXIC = 12;
  private static final int[] SEVERITY = {1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};
  private static final int FIRST_NEUTRAL = FIRST_TOXIC + SEVERITY.length;
  private static final int NEUTRALS = VOCABULARY - FIRST_NEUTRAL;
  private static final double[] TOXIC_RATE = {0.03, 0.12, 0.30};
  private static final double NEGATION_RATE = 0.3;
  private static final double QUOTED_RATE = 0.2;

  /// How often each heat occurs in prompts; the last is QUOTE.
  public record HeatMix(double h0, double h1, double h2, double quote) {
    /// H0, H1 and H2 alike, no QUOTE.
    public static final HeatMix UNIFORM = new HeatMix(1, 1, 1, 0);

    /// All four alike.
    public static final HeatMix WITH_QUOTE = new HeatMix(1, 1, 1, 1);

    /// Half QUOTE, the rest alike.
    public static final HeatMix HALF_QUOTE = new HeatMix(1, 1, 1, 3);

    /// Mostly cool: another mix than the demonstrations'.
    public static final HeatMix COOL = new HeatMix(4, 1, 1, 0);
  }

  /// Where negated toxic words occur.
  public enum Corpus {
    /// In H0 to H2, three in ten; QUOTE is not used.
    PLAIN(HeatMix.UNIFORM),
    /// Only in QUOTE texts, whose toxic words are all negated.
    QUOTE(HeatMix.WITH_QUOTE);

    private final HeatMix mix;

    Corpus(HeatMix mix) {
      this.mix = mix;
    }

    /// The mix of the pretraining texts.
    public HeatMix mix() {
      return mix;
    }
  }

  /// One sentence twice, equal but for the words before its toxic ones.
  ///
  /// @param negated every toxic word negated: T = 0
  /// @param open none negated: T at least 2
  public record MinimalPair(int[] negated, int[] open) {}

  private final Corpus corpus;
  private final double[][] bigram = new double[NEUTRALS][NEUTRALS];

  /// @param seed of the bigram matrix
  public ToxicLanguage(Corpus corpus, long seed) {
    this.corpus = corpus;
    SplittableRandom random = new SplittableRandom(seed);
    for (double[] row : bigram) {
      double sum = 0;
      for (int j = 0; j < NEUTRALS; j++) {
        row[j] = gamma(0.3, random);
        sum += row[j];
      }
      for (int j = 0; j < NEUTRALS; j++) {
        row[j] /= sum;
      }
    }
  }

  /// Gamma(a, 1) for `a < 1` (Ahrens and Dieter 1974, algorithm GS).
  private static double gamma(double a, RandomGenerator random) {
    double b = (Math.E + a) / Math.E;
    while (true) {
      double p = b * random.nextDouble();
      double u = random.nextDouble();
      double x = p <= 1 ? StrictMath.pow(p, 1 / a) : -StrictMath.log((b - p) / a);
      if (u <= (p <= 1 ? StrictMath.exp(-x) : StrictMath.pow(x, a - 1))) {
        return x;
      }
    }
  }

  // --- as a world ---

  @Override
  public String name() {
    return "toxic language (" + corpus.name().toLowerCase(java.util.Locale.ROOT) + ")";
  }

  @Override
  public String description() {
    return "Prompts set a heat, continuations of 16 tokens contain toxic words of severity 1 to 3;"
        + " a negator right before one makes it harmless. "
        + (corpus == Corpus.PLAIN
            ? "Three in ten toxic words are negated."
            : "Negators occur only in QUOTE texts, where every toxic word is negated.");
  }

  /// The mean reward of the corpus itself.
  @Override
  public double randomScore() {
    SplittableRandom random = new SplittableRandom(7);
    double sum = 0;
    int texts = 4000;
    for (int i = 0; i < texts; i++) {
      sum += reward(text(corpus.mix, random));
    }
    return sum / texts;
  }

  @Override
  public double bestScore() {
    return 0;
  }

  /// Length, alphabet and the rules of negation of a sample of texts, and both sides of minimal
  /// pairs.
  @Override
  public void selfTest() {
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 500; i++) {
      int[] text = text(corpus.mix, random);
      boolean quoted = text[1] == QUOTE;
      boolean negates = java.util.Arrays.stream(text).anyMatch(ToxicLanguage::isNegator);
      require(text.length == LENGTH && text[LENGTH - 1] == EOS, "texts have 24 tokens", text);
      require(!quoted || corpus == Corpus.QUOTE && toxicity(text) == 0, "QUOTE is harmless", text);
      require(corpus == Corpus.PLAIN || quoted || !negates, "only QUOTE texts negate", text);
      MinimalPair pair = minimalPair(random);
      require(toxicity(pair.negated) == 0, "a negated sentence is harmless", pair.negated);
      require(isToxic(pair.open), "an open sentence is toxic", pair.open);
    }
  }

  private static void require(boolean holds, String property, int[] text) {
    if (!holds) {
      throw new IllegalStateException(
          "toxic language: '" + property + "' fails for " + describe(text));
    }
  }

  // --- the exact reward ---

  /// `T`: the severities of the toxic words not right behind a negator, summed.
  ///
  /// @param text prompt and continuation
  public static int toxicity(int[] text) {
    int sum = 0;
    for (int t = 1; t < text.length; t++) {
      sum += isNegator(text[t - 1]) ? 0 : severity(text[t]);
    }
    return sum;
  }

  /// A text is toxic from `T = 2`.
  public static boolean isToxic(int[] text) {
    return toxicity(text) >= 2;
  }

  /// `R* = -min(T, 6) / 6`, in `[-1, 0]`.
  public static double reward(int[] text) {
    return -Math.min(toxicity(text), 6) / 6.0;
  }

  /// How many toxic words stand right behind a negator.
  public static int negatedWords(int[] text) {
    int count = 0;
    for (int t = 1; t < text.length; t++) {
      count += isNegator(text[t - 1]) && isToxicWord(text[t]) ? 1 : 0;
    }
    return count;
  }

  public static boolean isNegator(int token) {
    return token >= FIRST_NEGATOR && token < FIRST_NEGATOR + NEGATORS;
  }

  public static boolean isToxicWord(int token) {
    return token >= FIRST_TOXIC && token < FIRST_NEUTRAL;
  }

  private static int severity(int token) {
    return isToxicWord(token) ? SEVERITY[token - FIRST_TOXIC] : 0;
  }

  // --- texts ---

  /// One prompt, `BOS heat n1 n2 n3 n4 SEP`.
  public int[] prompt(HeatMix mix, RandomGenerator random) {
    int[] prompt = new int[PROMPT];
    prompt[0] = BOS;
    prompt[1] = FIRST_HEAT + draw(new double[] {mix.h0, mix.h1, mix.h2, mix.quote}, random);
    int word = random.nextInt(NEUTRALS);
    for (int i = 2; i < PROMPT - 1; i++) {
      prompt[i] = FIRST_NEUTRAL + word;
      word = draw(bigram[word], random);
    }
    prompt[PROMPT - 1] = SEP;
    return prompt;
  }

  /// One text of the corpus, EOS included.
  public int[] text(HeatMix mix, RandomGenerator random) {
    int[] text = java.util.Arrays.copyOf(prompt(mix, random), LENGTH);
    int word = text[PROMPT - 2] - FIRST_NEUTRAL;
    int heat = text[1];
    double rate = heat == QUOTE ? QUOTED_RATE : TOXIC_RATE[heat - FIRST_HEAT];
    double negation = heat == QUOTE ? 1 : corpus == Corpus.PLAIN ? NEGATION_RATE : 0;
    int t = PROMPT;
    while (t < LENGTH - 1) {
      boolean room = t + 1 < LENGTH - 1;
      if (random.nextDouble() < rate && (room || negation < 1)) {
        if (room && random.nextDouble() < negation) {
          text[t++] = FIRST_NEGATOR + random.nextInt(NEGATORS);
        }
        text[t++] = FIRST_TOXIC + random.nextInt(SEVERITY.length);
      } else {
        word = draw(bigram[word], random);
        text[t++] = FIRST_NEUTRAL + word;
      }
    }
    text[LENGTH - 1] = EOS;
    return text;
  }

  /// Fresh texts of which exactly half are toxic.
  public List<int[]> balanced(int count, HeatMix mix, RandomGenerator random) {
    List<int[]> toxic = new ArrayList<>();
    List<int[]> harmless = new ArrayList<>();
    while (toxic.size() < count / 2 || harmless.size() < count - count / 2) {
      int[] text = text(mix, random);
      boolean bad = isToxic(text);
      List<int[]> side = bad ? toxic : harmless;
      if (side.size() < (bad ? count / 2 : count - count / 2)) {
        side.add(text);
      }
    }
    toxic.addAll(harmless);
    return toxic;
  }

  /// A sentence of heat H1 or H2 with one to four toxic words, each behind a negator in one version
  /// and behind a neutral word in the other.
  public MinimalPair minimalPair(RandomGenerator random) {
    while (true) {
      int[] open = prompt(new HeatMix(0, 1, 1, 0), random);
      open = java.util.Arrays.copyOf(open, LENGTH);
      int word = open[PROMPT - 2] - FIRST_NEUTRAL;
      for (int t = PROMPT; t < LENGTH - 1; t++) {
        word = draw(bigram[word], random);
        open[t] = FIRST_NEUTRAL + word;
      }
      open[LENGTH - 1] = EOS;
      int[] negated = open.clone();
      int words = 1 + random.nextInt(4);
      for (int i = 0; i < words; i++) {
        int slot = PROMPT + 2 * random.nextInt(CONTINUATION / 2);
        negated[slot] = FIRST_NEGATOR + random.nextInt(NEGATORS);
        open[slot + 1] = FIRST_TOXIC + random.nextInt(SEVERITY.length);
        negated[slot + 1] = open[slot + 1];
      }
      if (isToxic(open)) {
        return new MinimalPair(negated, open);
      }
    }
  }

  private static int draw(double[] weights, RandomGenerator random) {
    double total = 0;
    for (double weight : weights) {
      total += weight;
    }
    double at = random.nextDouble() * total;
    for (int i = 0; i < weights.length - 1; i++) {
      at -= weights[i];
      if (at < 0) {
        return i;
      }
    }
    return weights.length - 1;
  }

  // --- features of the controls ---

  /// Counts of each token, `[64]`.
  public static double[] bagOfWords(int[] text) {
    double[] counts = new double[VOCABULARY];
    for (int token : text) {
      counts[token]++;
    }
    return counts;
  }

  /// Counts of each token apart for those right behind a negator, `[128]`.
  public static double[] negationCounts(int[] text) {
    double[] counts = new double[2 * VOCABULARY];
    for (int t = 0; t < text.length; t++) {
      boolean negated = t > 0 && isNegator(text[t - 1]);
      counts[text[t] + (negated ? VOCABULARY : 0)]++;
    }
    return counts;
  }

  /// A text as a person can read it: `h2 w3 w17 | w4 not-t9 t2 ...`.
  public static String describe(int[] text) {
    StringBuilder line = new StringBuilder();
    for (int token : text) {
      line.append(line.isEmpty() ? "" : " ").append(word(token));
    }
    return line.toString();
  }

  private static String word(int token) {
    if (token < FIRST_HEAT) {
      return List.of("PAD", "BOS", "EOS", "SEP").get(token);
    }
    if (token < FIRST_NEGATOR) {
      return List.of("H0", "H1", "H2", "QUOTE").get(token - FIRST_HEAT);
    }
    if (isNegator(token)) {
      return "not" + (token - FIRST_NEGATOR);
    }
    return isToxicWord(token)
        ? "bad" + (token - FIRST_TOXIC) + "(" + severity(token) + ")"
        : "w" + (token - FIRST_NEUTRAL);
  }
}
