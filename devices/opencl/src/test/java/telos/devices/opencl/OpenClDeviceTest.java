package telos.devices.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jocl.CL;
import org.jocl.CLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.NumberCheck;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.AdamW;
import telos.tensor.fused.PutAt;
import telos.tensor.fused.SquareSums;

final class OpenClDeviceTest {
  private OpenClDevice device;

  @BeforeEach
  void open() {
    device = Installed.device();
  }

  @AfterEach
  void close() {
    if (device != null) {
      device.close();
    }
  }

  private static Tensor noise(int... dims) {
    return Rng.of(7).normal(Shape.of(dims));
  }

  // --- memory ---

  @Test
  void aScopeGivesEverythingBack() {
    float[] kept =
        device.with(() ->
            Scope.call(() -> noise(33, 65).matMul(noise(65, 9)).sum(0).tanh().mul(0.5).toFloats()));
    assertEquals(9, kept.length);
    assertEquals(0, device.memory().live());
    assertTrue(device.memory().peak() > 0);
    assertTrue(device.memory().waiting() > 0);
  }

  @Test
  void temporariesOfKernelsGoBackToo() {
    device.with(() ->
        Scope.call(() -> {
          Tensor index = Tensor.of(3, 1, 3, 0, 2, 3);
          long before = device.memory().live();
          Tensor sum = noise(6, 5).scatterAdd(0, index, 4);
          Tensor squares = new SquareSums(List.of(noise(20_000), noise(3))).result();
          double[] all = squares.toDoubles();
          assertEquals(2, all.length);
          return sum.toFloats().length + (int) before;
        }));
    assertEquals(0, device.memory().live());
  }

  @Test
  void memoryIsUsedAgain() {
    for (int i = 0; i < 50; i++) {
      device.with(() -> Scope.call(() -> noise(1000).exp().add(1).toFloats()));
    }
    assertTrue(device.memory().peak() + device.memory().waiting() < 100_000);
  }

  @Test
  void aClosedDeviceSaysSo() {
    Tensor kept = device.with(() -> noise(5).exp());
    device.close();
    device.close();
    List<Executable> uses =
        List.of(
            kept::toFloats,
            () -> kept.add(1),
            () -> device.with(() -> Tensor.of(1f, 2f)),
            () -> device.with(() -> Tensor.zeros(3).add(1)),
            device::finish);
    for (Executable use : uses) {
      var e = assertThrows(IllegalStateException.class, use);
      assertEquals("this OpenCL device is closed", e.getMessage());
    }
  }

  /// Tensors of no scope are the collector's.
  @Test
  void theCollectorFindsWhatBelongsToNoScope() throws InterruptedException {
    device.with(() -> noise(100_000).exp().toFloats());
    for (int i = 0; i < 100 && device.memory().live() > 0; i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertEquals(0, device.memory().live());
  }

  @Test
  void onlyALackOfMemoryIsTriedAgain() {
    var memory = new Memory(new Queue(Installed.first()), device.hardware());
    var attempts = new AtomicInteger();
    assertEquals(
        "made",
        memory.retried(
            "add",
            8,
            () -> {
              if (attempts.getAndIncrement() == 0) {
                throw new CLException("full", CL.CL_MEM_OBJECT_ALLOCATION_FAILURE);
              }
              return "made";
            }));
    assertEquals(2, attempts.get());
    var held = new OpenClStorage(memory, DType.F32, 1000, "matMul");
    var e =
        assertThrows(
            IllegalStateException.class,
            () ->
                memory.retried(
                    "add",
                    8,
                    () -> {
                      throw new CLException("full", CL.CL_OUT_OF_RESOURCES);
                    }));
    assertTrue(e.getMessage().startsWith("add: the device has no 8 bytes left"), e.getMessage());
    assertTrue(e.getMessage().contains("4096 bytes in 1 buffers of matMul"), e.getMessage());
    held.consume();
    assertThrows(
        CLException.class,
        () ->
            memory.retried(
                "add",
                8,
                () -> {
                  throw new CLException("wrong", CL.CL_INVALID_VALUE);
                }));
    memory.close();
    memory.queue().close();
  }

  @Test
  void sizeClassesWasteAQuarterAtMost() {
    for (long bytes = 1; bytes < 1L << 33; bytes += 1 + bytes / 7) {
      long size = Memory.sizeClass(bytes);
      assertTrue(
          size >= bytes && (size <= bytes + bytes / 4 + 1 || size == 256), bytes + " " + size);
      assertEquals(size, Memory.sizeClass(size));
    }
  }

  // --- numbers in the place of buffers ---

  @Test
  void aConstantNeedsNoBuffer() {
    device.with(() ->
        Scope.call(() -> {
          Tensor x = noise(100);
          long before = device.memory().live();
          Tensor ones = Tensor.ones(100);
          assertEquals(before, device.memory().live());
          assertEquals(1f, ones.toFloats()[99]);
          assertEquals(1.5, ones.add(0.5).toFloats()[7]);
          assertEquals(100, ones.sum().item(), 0);
          return x;
        }));
  }

  // --- errors that only the device sees ---

  @Test
  void anIndexOutsideIsAnErrorOfTheNextReading() {
    device.with(() ->
        NumberCheck.suspended(() -> { // which reads every result
          Tensor wrong = noise(4, 3).gather(0, Tensor.of(1, 9, 2));
          var e = assertThrows(IndexOutOfBoundsException.class, wrong::toFloats);
          assertEquals("gather: index 9 at position 1 lies not in [0, 4)", e.getMessage());
          Tensor below = noise(2, 3).scatterAdd(0, Tensor.of(0, -1), 4);
          e = assertThrows(IndexOutOfBoundsException.class, below::toFloats);
          assertEquals("scatterAdd: index -1 at position 1 lies not in [0, 4)", e.getMessage());
          return noise(4).toFloats(); // and the device goes on
        }));
  }

  @Test
  void integersAreNotDividedByZero() {
    device.with(() ->
        Scope.call(() -> {
          Tensor wrong = Tensor.of(1, 2).div(Tensor.of(1, 0));
          var e = assertThrows(ArithmeticException.class, wrong::toInts);
          assertEquals("div: division of I32 by zero", e.getMessage());
          int[] least = Tensor.of(Integer.MIN_VALUE, 7).div(Tensor.of(-1, -2)).toInts();
          assertArrayEquals(new int[] {Integer.MIN_VALUE, -3}, least);
          return least;
        }));
  }

  // --- the same bits ---

  /// The law by which generation from a cache has the bits of training.
  @Test
  void zerosAtTheEndOfARowChangeNoBitOfItsSum() {
    for (int extent : new int[] {1, 3, 17, 32, 33, 64, 127, 128, 200, 4095, 4096, 4100}) {
      Tensor x = device.with(() -> noise(3, extent));
      float[] sums = x.sum(1).toFloats();
      for (int more : new int[] {1, 31, 64, 300}) {
        assertArrayEquals(sums, x.pad(1, 0, more).sum(1).toFloats(), extent + " + " + more);
      }
      assertArrayEquals(new float[] {sums[2]}, x.slice(0, 2, 3).sum(1).toFloats());
    }
  }

  // --- what is consumed ---

  @Test
  void anOptimizerWritesMomentsInPlace() {
    device.with(() ->
        Scope.call(() -> {
          Tensor w = noise(7, 9);
          Tensor m = Tensor.full(0.5, DType.F32, w.shape());
          Tensor v = noise(7, 9).square();
          var rates = new AdamW.Rates(0.1, 0.9, 0.99, 1e-8, List.of(0.0), 1);
          List<Tensor> apart =
              new AdamW(List.of(w), List.of(w), List.of(m), List.of(v), rates).outputs();
          List<Tensor> inPlace =
              new AdamW(List.of(w), List.of(w), List.of(m), List.of(v), rates, true).outputs();
          for (int i = 0; i < 3; i++) {
            assertArrayEquals(apart.get(i).toFloats(), inPlace.get(i).toFloats());
          }
          assertFalse(m.storage().alive());
          assertFalse(v.storage().alive());
          return w.toFloats();
        }));
    assertEquals(0, device.memory().live());
  }

  @Test
  void manyLeavesNeedSeveralLaunches() {
    device.with(() ->
        Scope.call(() -> {
          List<Tensor> leaves = new ArrayList<>();
          for (int i = 0; i < 150; i++) {
            leaves.add(Tensor.full(i, DType.F32, Shape.of(i % 5 * 60)));
          }
          double[] sums = new SquareSums(leaves).result().toDoubles();
          for (int i = 0; i < 150; i++) {
            assertEquals(1.0 * i * i * (i % 5 * 60), sums[i], 1e-6 * sums[i]);
          }
          return sums;
        }));
  }

  /// More leaves than one launch takes, some of them empty or larger than a group.
  @Test
  void everyLeafTakesItsStep() {
    List<Double> decay = IntStream.range(0, 40).mapToObj(i -> i * 0.01).toList();
    var rates = new AdamW.Rates(0.1, 0.9, 0.99, 1e-3, decay, 3);
    List<float[]> expected = steps(Device.of("reference"), rates);
    List<float[]> found = steps(device, rates);
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), found.get(i), 1e-6f, "result " + i);
    }
  }

  private static List<float[]> steps(Device device, AdamW.Rates rates) {
    return device.with(() ->
        Scope.call(() -> {
          List<List<Tensor>> parts = new ArrayList<>();
          for (int part = 0; part < 4; part++) {
            Rng rng = Rng.of(part);
            parts.add(
                IntStream.range(0, 40)
                    .mapToObj(i -> rng.fold(i).uniform(Shape.of(i % 7 * 50)))
                    .toList());
          }
          return new AdamW(parts.get(0), parts.get(1), parts.get(2), parts.get(3), rates)
              .outputs().stream().map(Tensor::toFloats).toList();
        }));
  }

  @Test
  void anOwnedCacheIsWrittenInPlace() {
    device.with(() ->
        Scope.call(() -> {
          Tensor x = noise(2, 3, 4);
          Tensor put = new PutAt(x, noise(2, 4), Tensor.of(1, 3), 1, true).result();
          assertSame(x.storage(), put.storage());
          return put.toFloats();
        }));
  }

  /// The block that a cache begins with is a constant, which has no buffer yet.
  @Test
  void aConstantIsWrittenTo() {
    device.with(() ->
        Scope.call(() -> {
          Tensor x = Tensor.zeros(1, 2, 3);
          Tensor put = new PutAt(x, Tensor.ones(1, 3), Tensor.of(1), 1, true).result();
          assertArrayEquals(new float[] {0, 0, 0, 1, 1, 1}, put.toFloats());
          assertArrayEquals(new float[] {2, 2, 2, 3, 3, 3}, put.add(2).toFloats());
          return put.toFloats();
        }));
  }

  // --- threads and devices ---

  @Test
  void severalThreadsShareADevice() throws Exception {
    float[] expected = work(device);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Callable<float[]>> jobs = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        jobs.add(() -> work(device));
      }
      for (Future<float[]> result : threads.invokeAll(jobs)) {
        assertArrayEquals(expected, result.get());
      }
    }
    assertEquals(0, device.memory().live());
  }

  @Test
  void severalDevicesWorkAtOnce() {
    try (OpenClDevice other = Installed.device()) {
      Tensor here = device.with(() -> Tensor.of(1f, 2f));
      Tensor there = other.with(() -> Tensor.of(3f, 4f));
      assertThrows(IllegalArgumentException.class, () -> here.add(there));
      assertArrayEquals(new float[] {4, 6}, here.add(there.to(device)).toFloats());
      assertArrayEquals(work(device), work(other));
    }
  }

  private static float[] work(OpenClDevice device) {
    return device.with(() ->
        Scope.call(() -> {
          Tensor x = noise(40, 30);
          for (int i = 0; i < 10; i++) {
            x = x.matMul(x, false, true).mul(0.01).tanh().matMul(noise(40, 30)).sub(i);
          }
          return x.toFloats();
        }));
  }

  // --- F64 ---

  /// The same device, as if it had no F64.
  @Test
  void withoutF64NumbersCanBeReadAndNothingElse() {
    Platforms.Found found = Installed.first();
    Hardware all = found.hardware();
    var less =
        new Hardware(
            all.name(),
            all.platform(),
            all.version(),
            all.driver(),
            all.processor(),
            all.units(),
            all.lanes(),
            all.memory(),
            all.largestBuffer(),
            all.localMemory(),
            all.largestGroup(),
            all.parameterBytes(),
            false,
            all.roundsQuotients(),
            "");
    try (var single =
        new OpenClDevice("single", new Platforms.Found(found.platform(), found.id(), less))) {
      assertEquals(6, single.with(() -> Tensor.of(1f, 2f, 3f).sum().item()));
      Tensor x = single.with(() -> Tensor.of(1.0, 2.0));
      assertThrows(UnsupportedOperationException.class, x::exp);
    }
  }
}
