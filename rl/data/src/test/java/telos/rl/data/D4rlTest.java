package telos.rl.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.nn.format.FormatException;
import telos.nn.format.Json;
import telos.rl.Trajectory;
import telos.rl.environment.Space;
import telos.tensor.Tensor;

/// The files: rows 0 to 3 are an episode that terminated, 4 to 8 one that timed out, 9 to 11 are
/// left open; row i has the observation (i, i + 1/4), the action -i/16, the reward i.
final class D4rlTest {
  @TempDir private Path directory;

  private static float[] first(Trajectory trajectory) {
    Tensor observations = trajectory.observations();
    return observations.slice(1, 0, 1).reshape(observations.dim(0)).toFloats();
  }

  private static float[] numbers(int... values) {
    float[] numbers = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      numbers[i] = values[i];
    }
    return numbers;
  }

  /// No transition leads from one episode into another: the step that timed out is dropped, since
  /// nobody knows what followed it.
  @Test
  void episodes() throws IOException {
    try (var d4rl = D4rl.open(Samples.resource("d4rl.hdf5"))) {
      List<Trajectory> all = d4rl.trajectories();
      assertEquals(3, all.size());
      assertArrayEquals(numbers(0, 1, 2, 3, 3), first(all.get(0)));
      assertArrayEquals(numbers(4, 5, 6, 7, 8), first(all.get(1)));
      assertArrayEquals(numbers(9, 10, 11), first(all.get(2)));
      assertArrayEquals(numbers(0, 1, 2, 3), all.get(0).rewards().toFloats());
      assertArrayEquals(numbers(4, 5, 6, 7), all.get(1).rewards().toFloats());
      assertArrayEquals(new float[] {-9 / 16f, -10 / 16f}, all.get(2).actions().toFloats());
      assertTrue(all.get(0).terminated() && !all.get(0).truncated());
      assertTrue(all.get(1).truncated() && !all.get(1).terminated());
      assertTrue(all.get(2).truncated() && !all.get(2).terminated());
      assertArrayEquals(
          new float[] {.5f, .5f, .5f, 0}, all.get(0).transitions(.5).discounts().toFloats());
      assertEquals(.25f, all.get(1).observations().toFloats()[1] - 4);
      assertEquals(List.of(2), ((Space.Box) d4rl.header().observations()).shape());
    }
  }

  /// With next observations every step has what followed it; `[N, 1]` is `[N]`.
  @Test
  void nextObservations() throws IOException {
    try (var d4rl = D4rl.open(Samples.resource("d4rl-next.hdf5"))) {
      List<Trajectory> all = d4rl.trajectories();
      assertArrayEquals(numbers(0, 1, 2, 3, 4), first(all.get(0)));
      assertArrayEquals(numbers(4, 5, 6, 7, 8, 9), first(all.get(1)));
      assertArrayEquals(numbers(9, 10, 11, 12), first(all.get(2)));
      assertArrayEquals(numbers(4, 5, 6, 7, 8), all.get(1).rewards().toFloats());
      assertFalse(all.get(1).terminated());
    }
  }

  /// Without timeouts only the limit tells episodes apart; it counts anew in each.
  @Test
  void earlyFiles() throws IOException {
    Path early = Samples.resource("d4rl-early.hdf5");
    var refusal = assertThrows(FormatException.class, () -> D4rl.open(early));
    assertTrue(refusal.getMessage().contains("how many steps"), refusal.getMessage());
    try (var d4rl = D4rl.open(early, OptionalInt.of(3))) {
      List<float[]> firsts = d4rl.trajectories().stream().map(D4rlTest::first).toList();
      assertEquals(5, firsts.size());
      assertArrayEquals(numbers(0, 1, 2), firsts.get(0));
      assertArrayEquals(numbers(3, 3), firsts.get(1));
      assertArrayEquals(numbers(4, 5, 6), firsts.get(2));
      assertArrayEquals(numbers(7, 8, 9), firsts.get(3));
      assertArrayEquals(numbers(10, 11), firsts.get(4));
    }
  }

  @Test
  void intoRecords() throws IOException {
    Path records = directory.resolve("records");
    try (var d4rl = D4rl.open(Samples.resource("d4rl.hdf5"));
        var writer = RecordWriter.create(records, d4rl.header())) {
      d4rl.forEach(writer);
      assertEquals(Samples.digests(d4rl), Samples.digests(RecordFile.open(records)));
    }
  }

  @Test
  void truncatedAtEvery64thByte() throws IOException {
    byte[] whole = Files.readAllBytes(Samples.resource("d4rl-next.hdf5"));
    Path file = directory.resolve("cut.hdf5");
    for (int length = 0; length < whole.length; length += 64) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThrows(FormatException.class, () -> all(file), "at " + length);
    }
  }

  private static void all(Path file) throws IOException {
    try (var d4rl = D4rl.open(file)) {
      d4rl.forEach(_ -> {});
    }
  }

  /// A file of these columns instead of those that fit.
  private Path file(Map<String, Tensor> changes) throws IOException {
    Map<String, Tensor> columns = new LinkedHashMap<>();
    columns.put("observations", Tensor.of(new float[12], 4, 3));
    columns.put("actions", Tensor.of(IntStream.of(1, 0, 2, 1).toArray()));
    columns.put("rewards", Tensor.of(1f, 2f, 3f, 4f));
    columns.put("terminals", Tensor.of(false, true, false, false));
    columns.put("timeouts", Tensor.of(false, false, false, true));
    columns.putAll(changes);
    Path path = directory.resolve("some" + System.nanoTime() + ".hdf5");
    try (var file = new Hdf5Writer(path)) {
      var links = new LinkedHashMap<String, Long>();
      for (var column : columns.entrySet()) {
        links.put(column.getKey(), file.numbers(column.getValue()));
      }
      file.finish(file.group(links, new Json.Obj(Map.of())));
    }
    return path;
  }

  @Test
  void discreteActions() throws IOException {
    try (var d4rl = D4rl.open(file(Map.of()))) {
      assertEquals(Space.Discrete.of(3), d4rl.header().actions());
      assertArrayEquals(new int[] {2}, d4rl.trajectories().get(1).actions().toInts());
    }
  }

  @Test
  void doesNotFit() throws IOException {
    refused("rewards", Tensor.of(1f, 2f), "has the shape [2], and terminals has 4 rows");
    refused(
        "rewards", Tensor.of(1f, Float.NaN, 3f, 4f), "rows 0 to 1: the reward of step 1 is NaN");
    refused("rewards", Tensor.of(new float[8], 4, 2), "needs [N] or [N, 1]");
    refused("observations", Tensor.of(new float[9], 3, 3), "[3, 3], and terminals has 4 rows");
    refused("terminals", Tensor.of(0f, 2f, 0f, 0f), "2.0 in row 1, which is no truth value");
  }

  private void refused(String column, Tensor values, String says) throws IOException {
    Path file = file(Map.of(column, values));
    var refusal = assertThrows(FormatException.class, () -> all(file));
    assertTrue(refusal.getMessage().contains(says), refusal.getMessage());
  }

  @Test
  void normalisedScores() {
    assertEquals(0, ReferenceScore.HOPPER.normalised(-20.272305));
    assertEquals(100, ReferenceScore.of("halfcheetah-medium-replay-v2").normalised(12135));
    assertEquals(50, ReferenceScore.of("Walker2d-v5").normalised((1.629008 + 4592.3) / 2), 1e-12);
    assertThrows(IllegalArgumentException.class, () -> ReferenceScore.of("antmaze-umaze-v0"));
  }
}
