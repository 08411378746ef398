package telos.irl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import telos.autograd.Grad;
import telos.autograd.Step;
import telos.nn.Gpt;
import telos.nn.Lora;
import telos.nn.Losses;
import telos.nn.Schedule;
import telos.nn.Sgd;
import telos.nn.format.Checkpoint;
import telos.nn.format.FormatException;
import telos.nn.text.Demonstration;
import telos.nn.text.DemonstrationStream;
import telos.tensor.Device;
import telos.tensor.Rng;
import telos.tensor.Tensor;
import telos.tensor.Tree;

class SftTest {
  private static final long STEPS = 13;

  @TempDir private Path folder;

  private static void assertSame(Object expected, Object actual) {
    Map<String, Tensor> given = Tree.leaves(actual);
    Tree.leaves(expected)
        .forEach((path, leaf) ->
            assertEquals(
                List.of(leaf.shape(), boxed(leaf)),
                List.of(given.get(path).shape(), boxed(given.get(path))),
                path));
  }

  private static List<Double> boxed(Tensor tensor) {
    return java.util.Arrays.stream(tensor.toDoubles()).boxed().toList();
  }

  /// On the reference device, which needs no warm-up; `telos sft` is tested on the other.
  private static SftState go(Path data, Path checkpoints, long steps, Predicate<Sft.Step> watch) {
    return Device.of("reference")
        .with(() -> {
          try {
            return SmallRun.go(data, checkpoints, steps, watch);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /// Stopped at any step and resumed in a new stream: the same bits, all of them.
  @Property(tries = 3)
  void aResumedRunIsTheRun(@ForAll @IntRange(min = 1, max = 12) int stop) throws IOException {
    Path own = Files.createTempDirectory("sft");
    Path data = SmallRun.data(own);
    List<Sft.Step> whole = new ArrayList<>();
    SftState expected = go(data, own.resolve("a"), STEPS, whole::add);
    List<Sft.Step> parts = new ArrayList<>();
    go(
        data,
        own.resolve("b"),
        STEPS,
        step -> {
          parts.add(step);
          return step.step() < stop;
        });
    SftState actual = go(data, own.resolve("b"), STEPS, parts::add);
    assertSame(expected, actual);
    assertEquals(expected.guard(), actual.guard());
    assertEquals(losses(whole), losses(parts));
    assertEquals(STEPS, actual.step());
  }

  private static List<Double> losses(List<Sft.Step> steps) {
    return steps.stream().map(Sft.Step::loss).toList();
  }

  @Test
  void aRunLearnsAndEvaluates() throws IOException {
    List<Sft.Step> steps = new ArrayList<>();
    SftState end = go(SmallRun.data(folder), folder.resolve("run"), 60, steps::add);
    double first = steps.get(SmallRun.EVERY - 1).heldOut().orElseThrow();
    double last = steps.getLast().heldOut().orElseThrow();
    assertTrue(last < first - 0.5, first + " to " + last);
    assertTrue(steps.getLast().accuracy() > 0.5, "" + steps.getLast());
    assertTrue(steps.getFirst().heldOut().isEmpty());
    assertEquals(1, steps.getFirst().step());
    assertEquals(60, steps.getLast().step());
    assertNotEquals(
        end.model().tokens().weight().sum().item(), end.result().tokens().weight().sum().item());
  }

  /// Closed form: with plain descent the first step is minus the rate times the clipped gradient of
  /// the whole batch, prompts left out, however it is cut into micro-batches.
  @Test
  void accumulationIsTheBatch() throws IOException {
    Path data = SmallRun.data(folder);
    Gpt model = SmallRun.model();
    List<Demonstration> batch;
    try (DemonstrationStream stream = SmallRun.stream(data)) {
      batch = stream.next(6);
    }
    TokenBatch whole = TokenBatch.ofDemonstrations(batch);
    Step<Gpt> step =
        Grad.valueAndGrad(
            m -> Losses.crossEntropy(m.logits(whole.inputs()), whole.targets(), whole.mask()),
            model);
    for (int parts : new int[] {1, 2, 3, 6}) {
      Sft.Plan plan =
          new Sft.Plan(
              Sgd.of(0.5),
              1,
              6 / parts,
              parts,
              1e9,
              Sft.Regularisation.NONE,
              0,
              1,
              path -> !path.startsWith("tokens"),
              Rng.of(1));
      Path place = folder.resolve("parts-" + parts);
      try (DemonstrationStream stream = SmallRun.stream(data)) {
        List<Sft.Step> seen = new ArrayList<>();
        Gpt next =
            Sft.run(SftState.init(model, plan), plan, stream, List.of(), place, seen::add).model();
        assertEquals(step.value(), seen.getFirst().loss(), 1e-5);
        assertEquals(likeliest(model, whole), seen.getFirst().accuracy(), 1e-12);
        assertEquals((long) step.loss().weight().item(), seen.getFirst().tokens());
        Map<String, Tensor> moved = Tree.leaves(next);
        Map<String, Tensor> slopes = Tree.leaves(step.grad());
        Tree.leaves(model)
            .forEach((path, leaf) -> {
              if (slopes.get(path).isAbsent() || path.startsWith("tokens")) {
                assertTrue(leaf == moved.get(path), path);
              } else {
                float[] expected = leaf.sub(slopes.get(path).mul(0.5)).toFloats();
                assertArrayEquals(expected, moved.get(path).toFloats(), 1e-5f, path);
              }
            });
      }
    }
  }

  /// The share of the counted tokens that the model would have written.
  private static double likeliest(Gpt model, TokenBatch batch) {
    int[] best = model.logits(batch.inputs()).argMax(-1).toInts();
    int[] targets = batch.targets().toInts();
    float[] mask = batch.mask().toFloats();
    double right = 0;
    double counted = 0;
    for (int i = 0; i < best.length; i++) {
      right += mask[i] == 1 && best[i] == targets[i] ? 1 : 0;
      counted += mask[i];
    }
    return right / counted;
  }

  @Test
  void onlyWhatLearnsIsSaved() throws IOException {
    Path data = SmallRun.data(folder);
    Gpt adapted =
        new Lora(2, 4, false, 0.1).adapt(SmallRun.model(), p -> p.endsWith("qkv"), Rng.of(5));
    Sft.Plan plan = loraPlan(adapted);
    Path place = folder.resolve("lora");
    try (DemonstrationStream stream = SmallRun.stream(data)) {
      SftState fresh = SftState.init(adapted, plan);
      SftState end = Sft.run(fresh, plan, stream, List.of(), place, _ -> true);
      Checkpoint saved = Checkpoint.newest(place).orElseThrow();
      assertEquals(2, saved.group("model").size());
      assertFalse(saved.groups().containsKey("average"));
      SftState again = SftState.resumed(SftState.init(adapted, plan), plan, stream, place);
      assertSame(end, again);
      assertTrue(again.model().tokens().weight() == adapted.tokens().weight());
      var other = Sft.Plan.of(new Sgd(Schedule.constant(1), 0), 3, 1, Rng.of(1));
      var refused =
          assertThrows(
              FormatException.class,
              () -> SftState.resumed(SftState.init(SmallRun.model(), other), other, stream, place));
      assertTrue(refused.getMessage().contains("not of this run"), refused.getMessage());
    }
  }

  private static Sft.Plan loraPlan(Gpt adapted) {
    return new Sft.Plan(
        new Sgd(Schedule.constant(0.1), 0.9),
        3,
        2,
        1,
        1,
        new Sft.Regularisation(0, 0, 0.1),
        0,
        2,
        Lora.trained(adapted),
        Rng.of(6));
  }

  @Test
  void aDivergingRunStopsAndNamesItsData() throws IOException {
    Path data = SmallRun.data(folder);
    Sft.Plan plan = Sft.Plan.of(Sgd.of(1e30), 9, 3, Rng.of(1));
    Path place = folder.resolve("diverging");
    try (DemonstrationStream stream = SmallRun.stream(data)) {
      SftState fresh = SftState.init(SmallRun.model(), plan);
      var stopped =
          assertThrows(
              Diverged.class, () -> Sft.run(fresh, plan, stream, List.of(), place, _ -> true));
      assertTrue(
          stopped.getMessage().matches("Training diverged at step [2-9], on lines [0-9, ]+ of .*"),
          stopped.getMessage());
    }
    assertEquals(Optional.empty(), Checkpoint.newest(place));
  }

  @Test
  void theGuardKnowsNoiseFromDivergence() {
    DivergenceGuard guard = DivergenceGuard.fresh();
    for (int i = 0; i < 200; i++) {
      double loss = 8 * Math.exp(-i / 30.0) + 2 + 0.3 * Math.sin(7.0 * i);
      assertEquals(Optional.empty(), guard.fault(loss, 1), "step " + i);
      guard = guard.plus(loss);
    }
    assertEquals(2, guard.mean(), 0.3);
    assertTrue(guard.fault(9, 1).orElseThrow().contains("jumped to 9"));
    assertTrue(guard.fault(Double.NaN, 1).isPresent());
    assertTrue(guard.fault(2, Double.POSITIVE_INFINITY).isPresent());
    assertEquals(guard, DivergenceGuard.of(guard.json()));
    assertEquals(Optional.empty(), DivergenceGuard.fresh().fault(1e6, 1e6));
  }

  @Test
  void killedRunsEndWithTheSameBytes() throws Exception {
    var killed = new Killed(folder, 16, 4);
    killed.run(3);
  }

  @Test
  void promptsHaveNoGradient() {
    Demonstration answer = Demonstration.after(3, 1, 2, 3, 4, 5);
    Demonstration text = Demonstration.text(6, 7);
    PackedBatch batch = PackedBatch.of(List.of(answer, text));
    assertArrayEquals(new int[] {1, 2, 3, 4, 6}, batch.inputs().toInts());
    assertArrayEquals(new int[] {2, 3, 4, 5, 7}, batch.targets().toInts());
    assertArrayEquals(new float[] {0, 0, 1, 1, 1}, batch.mask().toFloats());
    Tensor logits = Rng.of(1).normal(telos.tensor.Shape.of(1, 5, 9));
    float[] slope =
        Grad.valueAndGrad(x -> Losses.crossEntropy(x, batch.targets(), batch.mask()), logits)
            .grad()
            .toFloats();
    for (int i = 0; i < slope.length; i++) {
      assertEquals(i / 9 >= 2, slope[i] != 0, "element " + i);
    }
    TokenBatch padded = TokenBatch.ofDemonstrations(List.of(answer, text));
    assertArrayEquals(new float[] {0, 0, 1, 1, 1, 0, 0, 0}, padded.mask().toFloats());
  }
}
