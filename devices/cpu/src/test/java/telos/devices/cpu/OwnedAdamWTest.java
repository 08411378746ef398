package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import telos.tensor.DType;
import telos.tensor.Recorder;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.AdamW;

/// Moments that the operation owns: their memory goes on, they do not.
class OwnedAdamWTest {
  private static final int BIG = 1 << 17;

  private static void onDevice(Consumer<CpuDevice> body) {
    try (CpuDevice device = new CpuDevice(2)) {
      device.with(() -> {
        body.accept(device);
        return null;
      });
    }
  }

  private static AdamW.Rates rates(int leaves) {
    return new AdamW.Rates(0.1, 0.9, 0.99, 1e-8, Collections.nCopies(leaves, 0.1), 3);
  }

  private static Tensor normal(long seed, int size) {
    return Rng.of(seed).normal(Shape.of(size));
  }

  /// Nothing is left on its way to the collector, which would still be counted as live.
  private static AdamW step(boolean owned, int... sizes) {
    List<List<Tensor>> in =
        IntStream.range(0, 3)
            .mapToObj(k -> IntStream.of(sizes).mapToObj(n -> normal(n + k, n)).toList())
            .toList();
    List<Tensor> second =
        IntStream.of(sizes).mapToObj(n -> Rng.of(n).uniform(Shape.of(n))).toList();
    return new AdamW(in.get(0), in.get(1), in.get(2), second, rates(sizes.length), owned);
  }

  private static void sameBits(List<Tensor> expected, List<Tensor> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i).toFloats(), actual.get(i).toFloats());
    }
  }

  @Test
  void newMomentsTakeTheMemoryOfTheOldOnes() {
    onDevice(device -> {
      AdamW owned = step(true, 1, 31, 70_001, BIG);
      List<Tensor> moments = new ArrayList<>(owned.firstMoments());
      moments.addAll(owned.secondMoments());
      List<Object> arrays = moments.stream().map(CpuDevice::array).toList();
      List<float[]> kept =
          Stream.concat(owned.weights().stream(), owned.gradients().stream())
              .map(Tensor::toFloats)
              .toList();
      List<Tensor> expected = step(false, 1, 31, 70_001, BIG).outputs();
      List<Tensor> outputs = Scope.call(owned::outputs);
      sameBits(expected, outputs);
      for (int i = 0; i < moments.size(); i++) {
        Tensor old = moments.get(i);
        assertSame(arrays.get(i), CpuDevice.array(outputs.get(4 + i)));
        assertFalse(old.storage().alive());
        assertThrows(IllegalStateException.class, () -> old.add(1));
        assertThrows(IllegalStateException.class, old::toFloats);
      }
      for (int i = 0; i < 4; i++) {
        assertArrayEquals(kept.get(i), owned.weights().get(i).toFloats());
        assertArrayEquals(kept.get(4 + i), owned.gradients().get(i).toFloats());
      }
      assertThrows(IllegalStateException.class, owned::outputs);
    });
  }

  @Test
  void aStepNeedsMemoryForTheWeightsOnly() {
    onDevice(device -> {
      AdamW owned = step(true, BIG);
      long before = device.memory().live();
      List<Tensor> outputs = owned.outputs();
      assertEquals(before + 4L * BIG, device.memory().live());
      outputs.forEach(output -> output.storage().consume());
      assertEquals(before - 8L * BIG, device.memory().live());
    });
  }

  @Test
  void withoutOwnershipNothingIsTaken() {
    onDevice(device -> {
      AdamW step = step(false, 100);
      sameBits(step.outputs(), step.outputs());
      AdamW owned = step(true, 100);
      sameBits(step.outputs(), owned.with(owned.inputs()).outputs());
      assertTrue(owned.inputs().stream().allMatch(tensor -> tensor.storage().alive()));
    });
  }

  /// What is read in two places cannot be written in one of them; the other moment is taken still.
  @Test
  void sharedMemoryIsNotTaken() {
    onDevice(device -> {
      Tensor w = normal(1, BIG).abs();
      Tensor g = normal(2, BIG);
      Tensor m = normal(3, BIG).abs();
      assertEquals(List.of(), taken(List.of(w), List.of(g), List.of(m), List.of(m.reshape(BIG))));
      assertEquals(List.of(m), taken(List.of(w), List.of(g), List.of(m), List.of(w)));
      Tensor v = normal(4, BIG).abs();
      assertEquals(List.of(v), taken(List.of(w), List.of(g), List.of(g), List.of(v)));
      Tensor x = normal(5, BIG).abs();
      Tensor y = normal(6, BIG).abs();
      assertEquals(List.of(y), taken(List.of(w, w), List.of(g, g), List.of(x, x), List.of(x, y)));
    });
  }

  /// Which moments an owning step takes; its bits are those of one that does not own.
  private static List<Tensor> taken(
      List<Tensor> w, List<Tensor> g, List<Tensor> m, List<Tensor> v) {
    List<Tensor> expected = new AdamW(w, g, m, v, rates(w.size())).outputs();
    AdamW owned = new AdamW(w, g, m, v, rates(w.size()), true);
    sameBits(expected, owned.outputs());
    return owned.inputs().stream().filter(tensor -> !tensor.storage().alive()).toList();
  }

  @Test
  void whatIsRecordedStays() {
    onDevice(device -> {
      AdamW owned = step(true, 100);
      List<Tensor> seen = new ArrayList<>();
      List<Tensor> outputs =
          ScopedValue.where(Recorder.CURRENT, (_, made) -> seen.addAll(made)).call(owned::outputs);
      assertEquals(outputs, seen);
      assertTrue(owned.inputs().stream().allMatch(tensor -> tensor.storage().alive()));
      assertNotSame(owned.firstMoments().getFirst().storage(), outputs.get(1).storage());
      sameBits(step(false, 100).outputs(), outputs);
    });
  }

  /// A gradient too short fails somewhere in the middle.
  @Test
  void aFailedStepLeavesNoHalfNewMoments() {
    onDevice(device -> {
      AdamW whole = step(true, 64, BIG);
      List<Tensor> gradients = List.of(whole.gradients().getFirst(), normal(7, BIG / 2 + 5));
      List<Tensor> moments =
          Stream.concat(whole.firstMoments().stream(), whole.secondMoments().stream()).toList();
      long waiting = device.memory().waiting();
      AdamW broken =
          new AdamW(
              whole.weights(),
              gradients,
              whole.firstMoments(),
              whole.secondMoments(),
              whole.rates(),
              true);
      assertThrows(IndexOutOfBoundsException.class, broken::outputs);
      for (Tensor old : moments) {
        assertThrows(IllegalStateException.class, () -> old.mul(2));
      }
      assertEquals(waiting, device.memory().waiting(), "no half-written array is handed on");
      assertTrue(whole.weights().stream().allMatch(tensor -> tensor.storage().alive()));
    });
  }

  /// Moments of units without a gradient would end as subnormal numbers and stay there, each a
  /// hundred cycles.
  @Test
  void momentsBelowTheSmallestNormalNumberBecomeZero() {
    onDevice(device -> {
      int size = 67; // registers and a tail at every width
      Tensor zeros = Tensor.zeros(size);
      Tensor small = Tensor.full(-1.1 * Float.MIN_NORMAL, DType.F32, Shape.of(size));
      Tensor normal = Tensor.full(1.2 * Float.MIN_NORMAL, DType.F32, Shape.of(size));
      AdamW step =
          new AdamW(
              List.of(zeros, zeros),
              List.of(zeros, zeros),
              List.of(small, normal),
              List.of(zeros, small.neg()),
              rates(2));
      List<float[]> moments = step.outputs().stream().skip(2).map(Tensor::toFloats).toList();
      for (int i = 0; i < size; i++) {
        assertEquals(0f, moments.get(0)[i]);
        assertEquals(0.9f * 1.2f * Float.MIN_NORMAL, moments.get(1)[i], 1e-44f);
        assertEquals(0f, moments.get(2)[i]);
        assertEquals(0.99f * 1.1f * Float.MIN_NORMAL, moments.get(3)[i], 1e-44f);
      }
    });
  }
}
