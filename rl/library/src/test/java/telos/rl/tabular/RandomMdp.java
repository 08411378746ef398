package telos.rl.tabular;

import java.util.Arrays;
import java.util.SplittableRandom;
import telos.rl.tabular.Mdp.Outcome;

/// Random processes for tests: each pair leads to two or three states, some outcomes terminate.
public final class RandomMdp {
  private RandomMdp() {}

  public static Mdp of(int seed, int states, int actions, double discount) {
    var random = new SplittableRandom(seed);
    Outcome[][][] outcomes = new Outcome[states][actions][];
    for (Outcome[][] row : outcomes) {
      for (int a = 0; a < actions; a++) {
        row[a] =
            Arrays.stream(distribution(random, 2 + random.nextInt(2)))
                .mapToObj(p ->
                    new Outcome(
                        p,
                        random.nextInt(states),
                        random.nextDouble(-1, 1),
                        random.nextInt(5) == 0))
                .toArray(Outcome[]::new);
      }
    }
    return new Mdp(outcomes, distribution(random, states), discount);
  }

  private static double[] distribution(SplittableRandom random, int size) {
    double[] p = random.doubles(size, 0.1, 1).toArray();
    double sum = Arrays.stream(p).sum();
    return Arrays.stream(p).map(x -> x / sum).toArray();
  }
}
