package telos.study;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/// A study whose answers are known: "learning curves" of closed form with noise by seed.
public final class ToyStudy implements Study {
  /// How often a stage really ran.
  public final AtomicInteger ran = new AtomicInteger();

  /// Fails at this seed of the second stage; -1 for never.
  public volatile long failingSeed = -1;

  public record Config(int steps, double noise, List<String> arms) {}

  @Override
  public String name() {
    return "toy-study";
  }

  @Override
  public Paper paper() {
    return new Paper("On Toys & <Games>", "A. Author, B. Author", 2025, "Journal of Toys 1");
  }

  @Override
  public String question() {
    return "Can a toy be told from a game by its </script><script>alert(1)</script> curve?";
  }

  @Override
  public Plan plan(Request request) {
    return new Plan(
        new Config(request.profile().pick(20, 2000, 4000), 0.01, List.of("toy", "game", "random")),
        request.profile().pick(2, 3, 5),
        List.of(new ToyWorld()),
        List.of(
            Arm.method("toy", "The method under test"),
            Arm.reference("game", "What there was before"),
            Arm.control("random", "An untrained scorer, \"which\" must stay at <chance>")),
        List.of(
            claim(
                "1",
                "A toy reaches at least 0.85",
                Estimand.mean("toy", "auc"),
                Criterion.atLeast(0.85)),
            claim(
                "2a",
                "A toy is better than a game",
                Estimand.difference("toy", "game", "auc"),
                Criterion.atLeast(0.21)),
            claim(
                "2b",
                "A random scorer stays near chance",
                Estimand.mean("random", "auc"),
                Criterion.within(0.45, 0.55)),
            claim(
                "3",
                "A game buys most of it",
                Estimand.ratio("game", "toy", "auc"),
                Criterion.atLeast(0.95)),
            claim("4", "Not measured here", Estimand.given("later"), Criterion.atMost(1))));
  }

  private static Claim claim(
      String name, String statement, Estimand estimand, Criterion criterion) {
    return new Claim(name, statement, estimand, criterion);
  }

  @Override
  public void run(StudyRun run) throws Exception {
    Config config = run.config(Config.class);
    run.eachSeed("pretrain", trial -> train(trial, config, List.of("base")));
    run.eachSeed(
        "score",
        trial -> {
          if (trial.seed() == failingSeed) {
            throw new IllegalStateException("the toy broke");
          }
          train(trial, config, config.arms());
        });
    run.note("Seed 0 is a <b>bold</b> one.");
  }

  private void train(Trial trial, Config config, List<String> arms) {
    ran.incrementAndGet();
    for (String arm : arms) {
      var random = new SplittableRandom(trial.seed() * 31 + arm.hashCode());
      double top = Map.of("toy", 0.9, "game", 0.7, "random", 0.5).getOrDefault(arm, 0.6);
      double shift = config.noise() * random.nextGaussian();
      for (int step = 0; step < config.steps(); step++) {
        double progress = 1 - Math.exp(-4.0 * step / config.steps());
        double value = 0.5 + (top - 0.5) * progress + shift + 0.01 * random.nextGaussian();
        boolean gap =
            step > config.steps() / 3 && step < config.steps() / 2.5 && arm.equals("game");
        trial.log(
            arm,
            step,
            Map.of(
                "auc",
                gap ? Double.NaN : value,
                "loss",
                3 * Math.exp(-3 * progress) + 0.02 * random.nextDouble()));
        trial.progress(step + 1, config.steps());
      }
      trial.measure(arm, "auc", top + shift);
      trial.measure(arm, "kl", 1.07 + shift);
    }
  }

  private record ToyWorld() implements World {
    @Override
    public String name() {
      return "toy box";
    }

    @Override
    public String description() {
      return "Noise with a slope.";
    }

    @Override
    public double randomScore() {
      return 0.5;
    }

    @Override
    public double bestScore() {
      return 1;
    }

    @Override
    public void selfTest() {}
  }
}
