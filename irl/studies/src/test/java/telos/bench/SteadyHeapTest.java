package telos.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import telos.tensor.Tensor;

class SteadyHeapTest {
  private static final int STEPS = 10_000;

  /// 10 000 steps of a network of one layer of width 8.
  @Test
  void trainingLeavesNothingBehind() {
    var setting = new TrainingBenchmarks.Setting("least", 1, 1, 8, 4, 1, 5);
    var training = new TrainingBenchmarks.Training(setting);
    double growth = SteadyHeap.growth(training::step, STEPS);
    assertTrue(growth < SteadyHeap.NOISE, growth + " bytes a step");
  }

  @Test
  void aLeakOfOneNumberAStepIsSeen() {
    List<Tensor> kept = new ArrayList<>();
    double growth = SteadyHeap.growth(() -> kept.add(Tensor.scalar(1f)), STEPS);
    assertTrue(growth > SteadyHeap.NOISE, growth + " bytes a step");
  }
}
