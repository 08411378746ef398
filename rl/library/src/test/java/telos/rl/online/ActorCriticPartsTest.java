package telos.rl.online;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import telos.autograd.Grad;
import telos.nn.Activation;
import telos.nn.AdamW;
import telos.nn.Ensemble;
import telos.nn.Linear;
import telos.nn.Mlp;
import telos.rl.Critics;
import telos.rl.DeterministicActor;
import telos.rl.OrnsteinUhlenbeck;
import telos.rl.Transitions;
import telos.rl.UnitBox;
import telos.rl.environment.Space;
import telos.tensor.Rng;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// Targets, losses and noise of the off-policy actor-critics, by hand.
final class ActorCriticPartsTest {
  private static final Rng KEY = Rng.of(7);

  private static Mlp linear(double observation, double action, double constant) {
    return new Mlp(
        List.of(
            Linear.of(
                Tensor.of(new float[] {(float) observation, (float) action}, 2, 1),
                Tensor.of((float) constant))),
        Activation.RELU);
  }

  /// A deviation without bound makes the clipped noise its sign times the clip.
  @Test
  void td3ValuesABlurredActionByTheLowerCritic() {
    var actor =
        new DeterministicActor(
            new Mlp(
                List.of(Linear.of(Tensor.of(new float[] {0.5f}, 1, 1), Tensor.of(new float[] {0}))),
                Activation.RELU));
    var critics = new Critics(Ensemble.of(List.of(linear(1, 2, 0), linear(2, -1, 0.1))));
    var adam = AdamW.adam(1e-3);
    var state =
        new Td3.State(
            Tensor.zeros(1, 1),
            actor,
            actor,
            critics,
            critics,
            adam.init(actor),
            adam.init(critics));
    double[] next = {-1.5, 0.2, 3, 0.4, 2};
    double[] rewards = {1, 2, 3, 4, 5};
    double[] discounts = {0.9, 0.9, 0.9, 0, 0.9};
    Tensor column = floats(next).reshape(5, 1);
    var batch = new Transitions(column, column, floats(rewards), column, floats(discounts));
    var config =
        new Td3.Config(1, 1, 1, 9, 5, 0.9, 0.1, 1e-3, 1e-3, 0.1, 0, 1e6, 0.3, 2, List.of(), 0);
    double[] goals = Td3.goals(state, batch, config, KEY).toDoubles();
    double[] noise = KEY.normal(Shape.of(5, 1)).toDoubles();
    for (int i = 0; i < 5; i++) {
      double blurred = Math.tanh(0.5 * next[i]) + 0.3 * Math.signum(noise[i]);
      double action = Math.clamp(blurred, -1, 1);
      double least = Math.min(next[i] + 2 * action, 2 * next[i] - action + 0.1);
      assertEquals(rewards[i] + discounts[i] * least, goals[i], 1e-5);
    }
    assertEquals(4, goals[3]);
  }

  private static Tensor floats(double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return Tensor.of(floats, floats.length);
  }

  @Test
  void someCriticsSayWhatTheySayAmongAll() {
    var critics =
        new Critics(Ensemble.of(List.of(linear(1, 2, 0), linear(2, -1, 0.1), linear(0, 0, 5))));
    Tensor seen = floats(1, 2).reshape(2, 1);
    assertArrayEquals(
        new double[] {5, 5, 3, 6}, critics.members(2, 0).values(seen, seen).toDoubles(), 1e-6);
    assertArrayEquals(new double[] {1.1, 2.1}, critics.least(seen, seen).toDoubles(), 1e-6);
  }

  /// `d/dlog alpha of alpha (entropy - target) = alpha (entropy - target)`.
  @Test
  void temperatureFallsWhereThereIsEntropyToSpare() {
    for (double excess : new double[] {0.7, -0.2}) {
      Tensor log = Tensor.scalar((float) Math.log(0.3));
      var step = Grad.valueAndGrad(l -> Sac.temperatureLoss(l, excess), log);
      assertEquals(0.3 * excess, step.grad().item(), 1e-6);
      var moved = AdamW.adam(0.1).step(log, step.grad(), AdamW.adam(0.1).init(log)).model();
      assertEquals(-Math.signum(excess), Math.signum(moved.item() - log.item()));
    }
  }

  @Test
  void noiseIsStandardNormalAndRemembers() {
    var process = new OrnsteinUhlenbeck(0.8);
    int size = 20_000;
    double[] before = KEY.normal(Shape.of(size)).toDoubles();
    double[] after = process.next(KEY.normal(Shape.of(size)), KEY.fold(1)).toDoubles();
    double square = 0;
    double product = 0;
    for (int i = 0; i < size; i++) {
      square += after[i] * after[i] / size;
      product += before[i] * after[i] / size;
    }
    assertEquals(1, square, 0.05);
    assertEquals(0.8, product, 0.04);
    assertThrows(IllegalArgumentException.class, () -> new OrnsteinUhlenbeck(1));
  }

  @Test
  void aBoxIsSeenFromMinusOneToOne() {
    var box = UnitBox.of(Space.Box.of(new float[] {-2, 10}, new float[] {2, 30}));
    assertArrayEquals(
        new double[] {-2, 30, 1, 20}, box.outward(unit(-1, 1, 0.5, 0)).toDoubles(), 1e-6);
    assertArrayEquals(
        new double[] {-1, 1, 0.5, 0}, box.inward(unit(-2, 30, 1, 20)).toDoubles(), 1e-6);
    var unbounded = Space.Box.of(new float[] {0}, new float[] {Float.POSITIVE_INFINITY});
    String message =
        assertThrows(IllegalArgumentException.class, () -> UnitBox.of(unbounded)).getMessage();
    assertTrue(message.contains("finite bounds"), message);
  }

  private static Tensor unit(double... values) {
    return floats(values).reshape(2, 2);
  }
}
