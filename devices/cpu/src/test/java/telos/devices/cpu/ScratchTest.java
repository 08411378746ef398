package telos.devices.cpu;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// The working memory of kernels.
class ScratchTest {
  private static final int HALF_REGION_BYTES = 1 << 19;

  @Property(tries = 200)
  void arraysHoldWhatWasAskedForFromACacheLineOn(@ForAll @IntRange(max = 1 << 18) int size) {
    float[] array = Scratch.take(size);
    Scratch.give(array);
    assertTrue(array.length >= Scratch.ALIGNED + size, () -> array.length + " for " + size);
  }

  @Example
  void panelsAreLargeEnoughToBeginWithACacheLine() {
    float[] panel = Scratch.take(64 * 64);
    float[] row = Scratch.take(64);
    Scratch.give(row);
    Scratch.give(panel);
    assertTrue(4L * panel.length >= HALF_REGION_BYTES, () -> "a panel has " + panel.length);
    assertTrue(row.length < 1024, () -> "a row has " + row.length);
  }

  @Example
  void panelsOfDifferentSizesShareAnArray() {
    float[] one = Scratch.take(64 * 64);
    Scratch.give(one);
    float[] other = Scratch.take(64 * 256);
    Scratch.give(other);
    assertSame(one, other);
  }
}
