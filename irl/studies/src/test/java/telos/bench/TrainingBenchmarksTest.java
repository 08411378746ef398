package telos.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TrainingBenchmarksTest {
  private final TrainingBenchmarks.Setting setting =
      new TrainingBenchmarks.Setting("least", 1, 2, 8, 4, 3, 5);

  @Test
  void stepsLearnTheBatch() {
    var training = new TrainingBenchmarks.Training(setting);
    double first = training.step();
    assertEquals(Math.log(5), first, 0.1);
    double last = first;
    for (int i = 0; i < 50; i++) {
      last = training.step();
    }
    assertTrue(last < first - 0.01, first + " became " + last);
  }

  /// 768 weights of a block and 40 of the head, six operations each; scores and values are 2 D T
  /// multiply-adds a token, half of them behind the diagonal.
  @Test
  void operationsOfOneStep() {
    assertEquals(12 * (6 * (768 + 40) + 6 * 2 * 8 * 4 / 2), setting.flops(), 1e-9);
  }
}
