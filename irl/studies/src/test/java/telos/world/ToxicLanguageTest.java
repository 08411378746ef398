package telos.world;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import telos.world.ToxicLanguage.Corpus;
import telos.world.ToxicLanguage.HeatMix;

/// The alphabet, as the world fixes it: heats 4 to 6, QUOTE 7, negators 8 to 11, toxic words 12 to
/// 24 (five of severity 1, four of 2, four of 3), neutral words from 25.
class ToxicLanguageTest {
  private static final int QUOTE = 7;
  private static final int NOT = 8;
  private static final int MILD = 12;
  private static final int RUDE = 17;
  private static final int VILE = 21;
  private static final int NEUTRAL = 25;

  /// A text whose continuation starts with `words` and goes on with neutral ones.
  private static int[] text(int... words) {
    int[] text = new int[ToxicLanguage.LENGTH];
    Arrays.fill(text, NEUTRAL);
    text[0] = ToxicLanguage.BOS;
    text[1] = 4;
    text[ToxicLanguage.PROMPT - 1] = ToxicLanguage.SEP;
    System.arraycopy(words, 0, text, ToxicLanguage.PROMPT, words.length);
    text[text.length - 1] = ToxicLanguage.EOS;
    return text;
  }

  private static int[] numbers(String words) {
    return words == null
        ? new int[0]
        : Arrays.stream(words.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  // --- the exact reward ---

  @ParameterizedTest
  @CsvSource({
    ", 0, 0",
    "12, 1, 0",
    "16, 1, 0",
    "17, 2, 0",
    "20, 2, 0",
    "21, 3, 0",
    "24, 3, 0",
    "25 63, 0, 0",
    "8, 0, 0",
    "8 21, 0, 1",
    "11 21, 0, 1",
    "8 25 21, 3, 0",
    "21 8, 3, 0",
    "8 21 21, 3, 1",
    "8 8 21, 0, 1",
    "8 17 25 9 12 25 24, 3, 2",
    "12 17 21, 6, 0"
  })
  void toxicityOfHandMadeTexts(String words, int toxicity, int negated) {
    int[] text = text(numbers(words));
    assertEquals(toxicity, ToxicLanguage.toxicity(text), () -> ToxicLanguage.describe(text));
    assertEquals(negated, ToxicLanguage.negatedWords(text));
    assertEquals(toxicity >= 2, ToxicLanguage.isToxic(text));
    assertEquals(-toxicity / 6.0, ToxicLanguage.reward(text));
  }

  @Test
  void theRewardEndsAtMinusOne() {
    assertEquals(-1, ToxicLanguage.reward(text(VILE, VILE)));
    assertEquals(9, ToxicLanguage.toxicity(text(VILE, VILE, VILE)));
    assertEquals(-1, ToxicLanguage.reward(text(VILE, VILE, VILE)));
    assertEquals(-5 / 6.0, ToxicLanguage.reward(text(VILE, RUDE)));
  }

  /// A negator before an open toxic word takes away exactly its severity.
  @Property(tries = 200)
  void negationTakesAwayOneWordsSeverity(
      @ForAll @IntRange(min = MILD, max = NEUTRAL - 1) int word,
      @ForAll @IntRange(min = NOT, max = MILD - 1) int negator,
      @ForAll @IntRange(max = 14) int at,
      @ForAll long seed) {
    int[] open =
        new ToxicLanguage(Corpus.PLAIN, 0).text(HeatMix.UNIFORM, new SplittableRandom(seed));
    int slot = ToxicLanguage.PROMPT + at;
    open[slot] = NEUTRAL;
    open[slot + 1] = word;
    int[] negated = open.clone();
    negated[slot] = negator;
    int severity = word < RUDE ? 1 : word < VILE ? 2 : 3;
    assertEquals(severity, ToxicLanguage.toxicity(open) - ToxicLanguage.toxicity(negated));
    assertEquals(1, ToxicLanguage.negatedWords(negated) - ToxicLanguage.negatedWords(open));
  }

  // --- texts ---

  @ParameterizedTest
  @CsvSource({"1, 1, 1, 0", "1, 1, 1, 1", "1, 1, 1, 3", "4, 1, 1, 0"})
  void heatsOccurAsOftenAsTheMixSays(double h0, double h1, double h2, double quote) {
    HeatMix mix = new HeatMix(h0, h1, h2, quote);
    SplittableRandom random = new SplittableRandom(3);
    ToxicLanguage language = new ToxicLanguage(Corpus.QUOTE, 1);
    int draws = 6000;
    double[] share = new double[4];
    for (int i = 0; i < draws; i++) {
      share[language.prompt(mix, random)[1] - 4] += 1.0 / draws;
    }
    double total = h0 + h1 + h2 + quote;
    double fourDeviations = 4 * Math.sqrt(0.25 / draws);
    assertArrayEquals(
        new double[] {h0 / total, h1 / total, h2 / total, quote / total}, share, fourDeviations);
    assertEquals(quote == 0, share[3] == 0);
  }

  /// Expected T is about 3: toxic words at the rates of the three heats, three in ten negated.
  @Test
  void plainTextsHaveToxicityThreeOnAverage() {
    SplittableRandom random = new SplittableRandom(5);
    ToxicLanguage language = new ToxicLanguage(Corpus.PLAIN, 1);
    int texts = 6000;
    double sum = 0;
    for (int i = 0; i < texts; i++) {
      sum += ToxicLanguage.toxicity(language.text(HeatMix.UNIFORM, random));
    }
    assertEquals(3.0, sum / texts, 0.3);
  }

  @Test
  void quoteTextsNegateEveryToxicWordAndOthersNone() {
    SplittableRandom random = new SplittableRandom(6);
    ToxicLanguage language = new ToxicLanguage(Corpus.QUOTE, 1);
    int negated = 0;
    int open = 0;
    for (int i = 0; i < 1000; i++) {
      int[] text = language.text(HeatMix.WITH_QUOTE, random);
      if (text[1] == QUOTE) {
        assertEquals(0, ToxicLanguage.toxicity(text), () -> ToxicLanguage.describe(text));
        negated += ToxicLanguage.negatedWords(text);
      } else {
        assertEquals(0, Arrays.stream(text).filter(ToxicLanguage::isNegator).count());
        open += ToxicLanguage.toxicity(text);
      }
    }
    assertTrue(negated > 100 && open > 100, "both kinds occur");
  }

  @Property(tries = 100)
  void textsHaveTheirForm(@ForAll Corpus corpus, @ForAll long seed) {
    int[] text = new ToxicLanguage(corpus, 2).text(corpus.mix(), new SplittableRandom(seed));
    assertEquals(24, text.length);
    assertEquals(ToxicLanguage.BOS, text[0]);
    assertEquals(ToxicLanguage.SEP, text[6]);
    assertEquals(ToxicLanguage.EOS, text[23]);
    for (int t = ToxicLanguage.PROMPT; t < 23; t++) {
      assertTrue(text[t] >= NOT && text[t] < 64, "a continuation has words only");
    }
    assertArrayEquals(
        text, new ToxicLanguage(corpus, 2).text(corpus.mix(), new SplittableRandom(seed)));
  }

  @Property(tries = 100)
  void minimalPairsDifferBeforeToxicWordsOnly(@ForAll long seed) {
    var pair = new ToxicLanguage(Corpus.PLAIN, 1).minimalPair(new SplittableRandom(seed));
    assertEquals(0, ToxicLanguage.toxicity(pair.negated()));
    assertTrue(ToxicLanguage.isToxic(pair.open()));
    int words = 0;
    for (int t = 0; t < ToxicLanguage.LENGTH; t++) {
      if (pair.negated()[t] != pair.open()[t]) {
        assertTrue(ToxicLanguage.isNegator(pair.negated()[t]));
        assertTrue(pair.open()[t] >= NEUTRAL);
        assertTrue(ToxicLanguage.isToxicWord(pair.open()[t + 1]));
        words++;
      }
    }
    assertTrue(words >= 1 && words <= 4, "one to four toxic words");
    assertTrue(pair.open()[1] == 5 || pair.open()[1] == 6, "heat H1 or H2");
  }

  @Test
  void balancedTextsAreHalfToxic() {
    List<int[]> texts =
        new ToxicLanguage(Corpus.PLAIN, 1).balanced(101, HeatMix.COOL, new SplittableRandom(8));
    assertEquals(101, texts.size());
    assertEquals(50, texts.stream().filter(ToxicLanguage::isToxic).count());
  }

  @Test
  void theSeedChoosesTheBigrams() {
    int[] one = new ToxicLanguage(Corpus.PLAIN, 1).prompt(HeatMix.UNIFORM, new SplittableRandom(1));
    int[] two = new ToxicLanguage(Corpus.PLAIN, 2).prompt(HeatMix.UNIFORM, new SplittableRandom(1));
    assertEquals(one[1], two[1]);
    assertNotEquals(Arrays.toString(one), Arrays.toString(two));
  }

  // --- as a world ---

  @ParameterizedTest
  @EnumSource(Corpus.class)
  void theSelfTestHolds(Corpus corpus) {
    ToxicLanguage world = new ToxicLanguage(corpus, 0);
    assertDoesNotThrow(world::selfTest);
    assertTrue(world.randomScore() > -1 && world.randomScore() < -0.1);
    assertEquals(0, world.bestScore());
  }

  // --- features ---

  @Test
  void featuresCountWords() {
    int[] text = text(NOT, VILE, VILE, MILD);
    double[] bag = ToxicLanguage.bagOfWords(text);
    double[] apart = ToxicLanguage.negationCounts(text);
    assertEquals(2, bag[VILE]);
    assertEquals(1, apart[VILE]);
    assertEquals(1, apart[ToxicLanguage.VOCABULARY + VILE]);
    assertEquals(0, apart[ToxicLanguage.VOCABULARY + MILD]);
    assertEquals(ToxicLanguage.LENGTH, Arrays.stream(bag).sum());
    assertEquals(ToxicLanguage.LENGTH, Arrays.stream(apart).sum());
    assertTrue(ToxicLanguage.describe(text).contains("SEP not0 bad9(3) bad9(3) bad0(1) w0"));
  }
}
