package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Array;
import org.junit.jupiter.api.Test;

class HeapStorageTest {
  @Test
  void everyDtypeHasItsArray() {
    for (DType dtype : DType.values()) {
      Object array = HeapStorage.newArray(dtype, 3);
      assertEquals(3, Array.getLength(array));
      int bits =
          switch (array) {
            case float[] _ -> Float.SIZE;
            case double[] _ -> Double.SIZE;
            case int[] _ -> Integer.SIZE;
            case long[] _ -> Long.SIZE;
            case short[] _ -> Short.SIZE;
            case byte[] _ -> Byte.SIZE;
            default -> 0;
          };
      assertEquals(8 * dtype.bytes(), bits, dtype.name());
      assertEquals(dtype == DType.F32 || dtype == DType.F64, dtype.isFloat());
      assertEquals(bits == 16 || dtype == DType.I8 || dtype == DType.I64, dtype.isStorageOnly());
    }
  }

  @Test
  void freedArraysAreRecycledOnce() {
    float[] array = {1, 2};
    Object[] back = new Object[1];
    HeapStorage storage =
        new HeapStorage(array) {
          @Override
          protected void recycle(Object freed) {
            back[0] = freed;
          }
        };
    assertSame(array, storage.floats());
    assertTrue(storage.alive());
    storage.consume();
    assertSame(array, back[0]);
    assertFalse(storage.alive());
    assertThrows(IllegalStateException.class, storage::floats);
  }

  @Test
  void viewsAreTyped() {
    assertArrayEquals(new double[] {1}, new HeapStorage(new double[] {1}).doubles());
    assertArrayEquals(new int[] {1}, new HeapStorage(new int[] {1}).ints());
    assertArrayEquals(new byte[] {1}, new HeapStorage(new byte[] {1}).bytes());
  }
}
