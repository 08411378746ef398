package telos.devices.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.tensor.DType;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Scope;
import telos.tensor.Shape;
import telos.tensor.Tensor;
import telos.tensor.fused.Softmax;

/// Two devices of different names at once. PoCL shows as many as its variable names drivers; the
/// same driver twice is the hardest case, for then everything found by a device's name or driver is
/// the same.
final class SeveralDevicesTest {
  private static final String ONE = "one device";
  private static final int THREADS = 4;

  @Test
  void eachHasItsOwnQueueMemoryProgramsAndFaults(@TempDir Path folder) throws Exception {
    Installed.first();
    Map<String, String> environment =
        Map.of("POCL_DEVICES", "pthread pthread", "TELOS_CACHE", folder.toString());
    Process child = Child.start(List.of("-Dtelos.check=false"), environment, Main.class);
    String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    child.waitFor();
    assumeTrue(!said.strip().equals(ONE), "OpenCL shows one device here");
    assertEquals("fine", said.strip());
  }

  /// What the child runs; it says what it finds wrong.
  static final class Main {
    private Main() {}

    public static void main(String... arguments) throws Exception {
      System.out.println(OpenClProvider.hardware().size() < 2 ? ONE : verdict());
    }

    private static String verdict() throws Exception {
      var first = (OpenClDevice) Device.of("opencl");
      var second = (OpenClDevice) Device.of("opencl:1");
      if (Device.of("opencl:0") != first) {
        return "opencl:0 is not opencl";
      }
      together(first, second);
      apart(first, second);
      faults(first, second);
      return closed(first, second);
    }

    /// All threads of both compile the same programs, and have the same bits as one alone.
    private static void together(OpenClDevice first, OpenClDevice second) throws Exception {
      List<Callable<float[]>> jobs =
          Stream.generate(() -> Stream.of(first, second))
              .limit(THREADS)
              .flatMap(both -> both)
              .<Callable<float[]>>map(device -> () -> work(device))
              .toList();
      try (ExecutorService threads = Executors.newFixedThreadPool(2 * THREADS)) {
        float[] any = threads.invokeAll(jobs).getFirst().get();
        for (var result : threads.invokeAll(jobs)) {
          require(Arrays.equals(any, result.get()), "other bits");
        }
      }
    }

    private static float[] work(OpenClDevice device) {
      return device.with(() ->
          Scope.call(() -> {
            Tensor x = Rng.of(7).normal(Shape.of(40, 30));
            for (int i = 0; i < 10; i++) {
              x =
                  new Softmax(x.matMul(x, false, true))
                      .result()
                      .matMul(x)
                      .tanh()
                      .sub(i)
                      .sum(0)
                      .add(x);
            }
            return x.toFloats();
          }));
    }

    /// The work of one is not in the other's account, and waits in no other's list.
    private static void apart(OpenClDevice first, OpenClDevice second) {
      require(first.memory().live() == 0 && second.memory().live() == 0, "memory in use");
      var before = second.memory();
      Tensor x = first.with(() -> Tensor.full(1, DType.F32, Shape.of(1 << 20)).exp());
      require(first.memory().live() >= 4 << 20, "nothing in use");
      require(second.memory().equals(before), "the other's memory changed");
      Tensor y = second.with(() -> Tensor.of(1f));
      String said = said(() -> x.add(y));
      require(
          said.equals("add: inputs lie on opencl and opencl:1; move one with to(device)"), said);
      require(x.to(second).add(y).max().item() == (float) Math.E + 1f, "moved");
    }

    /// An error on one device is not the other's.
    private static void faults(OpenClDevice first, OpenClDevice second) {
      Tensor wrong =
          second.with(() -> Tensor.of(1f, 2f).gather(0, Tensor.of(first.hardware().units() + 9)));
      work(first);
      String said = said(wrong::toFloats);
      require(said.startsWith("gather: index"), said);
    }

    /// One goes on when the other has ended.
    private static String closed(OpenClDevice first, OpenClDevice second) {
      float[] before = work(second);
      first.close();
      require(Arrays.equals(before, work(second)), "other bits alone");
      second.close();
      return "fine";
    }

    private static String said(Runnable wrong) {
      try {
        wrong.run();
      } catch (RuntimeException e) {
        return String.valueOf(e.getMessage());
      }
      return "no error";
    }

    private static void require(boolean holds, String otherwise) {
      if (!holds) {
        throw new IllegalStateException(otherwise);
      }
    }
  }
}
