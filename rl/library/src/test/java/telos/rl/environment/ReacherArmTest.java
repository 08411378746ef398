package telos.rl.environment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;
import telos.tensor.Rng;

/// The arm of two joints against its mechanics.
final class ReacherArmTest {
  private static final Rng KEY = Rng.of(11);

  /// Without damping and torque the arm keeps its energy; with them, energy changes by the power
  /// `torque . velocity - damping |velocity|^2`.
  @Property(tries = 40)
  void theArmKeepsItsEnergy(
      @ForAll @DoubleRange(min = -3, max = 3) double bend,
      @ForAll @DoubleRange(min = -20, max = 20) double speed1,
      @ForAll @DoubleRange(min = -20, max = 20) double speed2) {
    // Heavy links, so that the terms of rotation matter.
    TwoLinkArm free = new TwoLinkArm(1, 0.4, 0.3, 0.01, 1, 0.5, 0);
    double[] y = {0.3, bend, speed1 / 10, speed2 / 10};
    double energy = free.energy(y);
    for (int i = 0; i < 1000; i++) {
      y = RungeKutta.step(now -> free.derivative(now, 0, 0), y, 0.001);
    }
    assertEquals(energy, free.energy(y), 1e-6 * Math.max(1, energy));

    TwoLinkArm damped = TwoLinkArm.reacher(1);
    double[] start = {0, bend, speed1, speed2};
    double h = 1e-5;
    double[] next = RungeKutta.step(now -> damped.derivative(now, 3, -2), start, h);
    double[] before = RungeKutta.step(now -> damped.derivative(now, 3, -2), start, -h);
    double power = 3 * speed1 - 2 * speed2 - speed1 * speed1 - speed2 * speed2;
    assertEquals(
        power,
        (damped.energy(next) - damped.energy(before)) / (2 * h),
        1e-5 * Math.max(1, Math.abs(power)));
  }

  /// With the elbow at rest and straight, one joint alone: `I q'' = torque - q'`, which has a
  /// closed solution.
  @Test
  void aSingleJointHasAClosedForm() {
    TwoLinkArm rod = new TwoLinkArm(0, 2, 0, 1, 0, 0, 1);
    double[] y = {0, 0, 0.5, 0};
    for (int i = 0; i < 100; i++) {
      y = RungeKutta.step(now -> rod.derivative(now, 3, 0), y, 0.01);
    }
    double decay = Math.exp(-1.0 / 2);
    assertEquals(3 + (0.5 - 3) * decay, y[2], 1e-9);
    assertEquals(3 + 2 * (0.5 - 3) * (1 - decay), y[0], 1e-9);
  }

  @Test
  void theElbowStops() {
    Simulation<float[]> arm = new Simulation<>(new Reacher());
    arm.reset(KEY);
    float[] seen = {};
    for (int i = 0; i < 200; i++) {
      seen = arm.step(new float[] {0, 1}).observation();
    }
    assertEquals(Math.cos(3), seen[1], 1e-6);
    assertEquals(0, seen[7], 4.1);
    double x = 0.1 * seen[0] + 0.11 * (seen[0] * seen[1] - seen[2] * seen[3]);
    assertEquals(x - seen[4], seen[8], 1e-6);
    Step<float[]> step = arm.step(new float[] {0.5f, -1});
    double distance = Math.hypot(step.observation()[8], step.observation()[9]);
    assertEquals(-distance - 1.25, step.reward(), 1e-6);
  }
}
