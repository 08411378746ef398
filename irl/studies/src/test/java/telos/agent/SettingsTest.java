package telos.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import telos.rl.environment.Space;
import telos.study.Canonical;

final class SettingsTest {
  /// What can be set.
  public enum Colour {
    RED,
    GREEN
  }

  /// One component of each kind.
  public record Config(
      int count, long steps, double rate, boolean fast, Colour colour, List<Integer> hidden) {
    public Config {
      if (count < 1) {
        throw new IllegalArgumentException("count: " + count + " does not fit");
      }
    }
  }

  private static final Config DEFAULTS = new Config(1, 2, 0.5, false, Colour.RED, List.of(64, 64));

  private static Config with(String name, String text) {
    return Settings.with("test", DEFAULTS, Map.of(name, text));
  }

  @Test
  void everyKindIsRead() {
    assertEquals(3, with("count", "3").count());
    assertEquals(1_000_000_000_000L, with("steps", "1_000_000_000_000").steps());
    assertEquals(1e-3, with("rate", "1e-3").rate());
    assertTrue(with("fast", "true").fast());
    assertEquals(Colour.GREEN, with("colour", "green").colour());
    assertEquals(List.of(32, 16), with("hidden", "32,16").hidden());
    assertEquals(List.of(), with("hidden", "").hidden());
    assertEquals(DEFAULTS, Settings.with("test", DEFAULTS, Map.of()));
  }

  @ParameterizedTest
  @CsvSource({
    "conut, 3, did you mean count?",
    "zebra, 3, 'it has count, steps, rate, fast, colour, hidden'",
    "count, three, count must be a whole number",
    "fast, maybe, fast must be true or false",
    "colour, blue, 'one of red, green'",
    "hidden, '8,x', whole numbers with commas between them",
    "count, 0, 'count: 0 does not fit'"
  })
  void whatDoesNotFitIsSaid(String name, String text, String said) {
    var refused = assertThrows(IllegalArgumentException.class, () -> with(name, text));
    assertTrue(refused.getMessage().contains(said), refused.getMessage());
  }

  /// The rate of PPO falls to zero with the end of the run, unless told otherwise.
  @ParameterizedTest
  @CsvSource({
    "ppo, annealing, 7000",
    "recurrent-ppo, annealing, 7000",
    "iql, actorUpdates, 7000",
    "dqn, explorationSteps, 3500",
    "dqn, importanceSteps, 7000",
    "c51, explorationSteps, 3500",
    "qr-dqn, explorationSteps, 1120"
  })
  void schedulesEndWithTheRun(String name, String setting, long end) {
    Algorithm<?> algorithm = Algorithms.of(name);
    Record config = algorithm.config("CartPole-v1", 7000, Map.of());
    assertEquals(Long.toString(end), String.valueOf(Canonical.map(config).get(setting)));
    Record told = algorithm.config("CartPole-v1", 7000, Map.of(setting, "12"));
    assertEquals("12", String.valueOf(Canonical.map(told).get(setting)));
  }

  private static List<Algorithm<?>> algorithms() {
    return Algorithms.all();
  }

  /// `run.json` gives every default configuration back, for discrete and continuous actions.
  @ParameterizedTest
  @MethodSource("algorithms")
  void configurationsComeBackFromTheirTexts(Algorithm<?> algorithm) {
    for (Space<?> actions : List.of(Space.Discrete.of(2), Space.Box.of(-1, 1, 2))) {
      Record config = algorithm.defaults().of(actions, 1000);
      Map<String, String> texts = new java.util.LinkedHashMap<>();
      Canonical.map(config).forEach((name, value) -> texts.put(name, String.valueOf(value)));
      assertEquals(config, Settings.with(algorithm.name(), config, texts));
    }
  }
}
