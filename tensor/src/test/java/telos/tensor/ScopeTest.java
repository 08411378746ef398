package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ScopeTest {
  private static <T> T on(Supplier<T> body) {
    return Device.of("reference").with(body);
  }

  private static Tensor t(float... values) {
    return on(() -> Tensor.of(values));
  }

  private record Result(Tensor value, Optional<Tensor> aux) {}

  @Test
  void whatIsReturnedSurvives() {
    List<Tensor> made = new ArrayList<>();
    Result result =
        Scope.call(() -> {
          Tensor a = t(1);
          Tensor b = a.add(1);
          Tensor c = b.add(1);
          made.addAll(List.of(a, b, c));
          return new Result(b.reshape(1, 1), Optional.of(c));
        });
    assertEquals(2, result.value().item());
    assertEquals(3, result.aux().orElseThrow().item());
    assertEquals(2, made.get(1).item(), "shares the storage of what was returned");
    assertFalse(made.get(0).storage().alive());
  }

  @Test
  void theNextStateTakesThePlaceOfTheOneBefore() {
    record State(Tensor kept, Tensor moved) {}
    State first = new State(t(1), t(2));
    List<State> seen = new ArrayList<>();
    State last =
        Scope.call(
            "loop",
            () -> {
              State now = first;
              now =
                  Scope.next("step", now, s -> new State(s.kept().add(1), s.moved().add(s.kept())));
              for (int i = 0; i < 2; i++) {
                seen.add(now);
                now = Scope.next("step", now, s -> new State(s.kept(), s.moved().add(s.kept())));
              }
              assertThrows(IllegalStateException.class, seen.getFirst().moved()::toFloats);
              return now;
            });
    assertEquals(1, first.kept().item());
    assertEquals(2, first.moved().item());
    assertEquals(2, last.kept().item());
    assertEquals(2 + 1 + 2 + 2, last.moved().item());
    State alone = Scope.next("step", first, s -> new State(s.moved(), s.kept().add(8)));
    assertEquals(2, alone.kept().item());
    assertEquals(1, first.kept().item());
  }

  @Test
  void collectionsSurviveToo() {
    assertEquals(1, Scope.call(() -> List.of(t(1))).getFirst().item());
    assertEquals(2, Scope.call(() -> Map.of("x", t(2))).get("x").item());
    assertEquals(3, Scope.call(() -> new Tensor[] {t(3)})[0].item());
  }

  @Test
  void usingTheDeadNamesOperationAndScope() {
    List<Tensor> leaked = new ArrayList<>();
    Scope.call("warm-up", () -> leaked.add(t(1, 2)));
    Tensor dead = leaked.getFirst();
    var thrown = assertThrows(IllegalStateException.class, () -> dead.exp());
    assertEquals(
        "exp: an input of shape [2] is dead: it was made in 'warm-up', which has ended; return it"
            + " from there if it is needed later",
        thrown.getMessage());
    assertTrue(
        assertThrows(IllegalStateException.class, dead::toFloats)
            .getMessage()
            .startsWith("read: "));
    assertThrows(IllegalStateException.class, () -> t(1).add(dead));
    var heap = (HeapStorage) dead.storage();
    assertThrows(IllegalStateException.class, heap::floats);
  }

  @Test
  void usingTheAbsentGivesTheReason() {
    Tensor absent = Tensor.absent(Shape.of(2), DType.F32, "path 'base' was not asked for");
    var thrown = assertThrows(IllegalStateException.class, () -> absent.add(1));
    assertTrue(
        thrown.getMessage().contains("is absent (path 'base' was not asked for)"),
        thrown.getMessage());
    assertTrue(absent.isAbsent());
    assertFalse(t(1).isAbsent());
    absent.storage().consume();
    absent.storage().release();
  }

  @Test
  void aThrowReleasesEverything() {
    List<Tensor> made = new ArrayList<>();
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Scope.call(() -> {
              made.add(t(1));
              throw new IllegalArgumentException("loss");
            }));
    assertFalse(made.getFirst().storage().alive());
    assertNull(Scope.current());
  }

  @Test
  void nestedScopesHandToTheirParent() {
    List<Tensor> made = new ArrayList<>();
    Tensor outer =
        Scope.call(
            "outer",
            () -> {
              Tensor inner =
                  Scope.call(
                      "inner",
                      () -> {
                        made.add(t(1));
                        return made.getFirst().add(1);
                      });
              made.add(inner);
              Scope scope = Scope.current();
              assertNotNull(scope);
              assertEquals("outer", scope.name());
              assertTrue(scope.owns(inner.storage()));
              assertFalse(made.getFirst().storage().alive());
              return inner.add(1);
            });
    assertEquals(3, outer.item());
    assertFalse(made.get(1).storage().alive());
    assertTrue(
        assertThrows(IllegalStateException.class, () -> made.get(1).neg())
            .getMessage()
            .contains("'outer'"));
  }

  @Test
  void anInnerScopeUsesWhatTheOuterMade() {
    float value =
        Scope.call(() -> {
          Tensor x = t(4);
          return Scope.call(() -> x.add(1).toFloats()[0]);
        });
    assertEquals(5, value);
  }

  @Test
  void underARecorderNothingDiesAtTheEndOfAnInnerScope() {
    List<Op> tape = new ArrayList<>();
    Recorder recorder = (op, outputs) -> tape.add(op);
    Tensor[] inner = new Tensor[1];
    Scope.call(
        "derivative",
        () ->
            ScopedValue.where(Recorder.CURRENT, recorder)
                .call(() -> {
                  Scope.call(() -> {
                    inner[0] = t(2).exp();
                    return 0;
                  });
                  assertTrue(inner[0].storage().alive());
                  assertEquals("derivative", inner[0].storage().owner.name());
                  return inner[0].log().item();
                }));
    assertFalse(inner[0].storage().alive());
    assertTrue(tape.getFirst() instanceof Op.Exp);
  }

  @Test
  void anotherThreadIsRefused() {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    Tensor free = t(1);
    Scope.call(
        "loss",
        () -> {
          Tensor x = t(1);
          Thread thread =
              Thread.ofPlatform()
                  .uncaughtExceptionHandler((_, thrown) -> seen.set(thrown))
                  .start(() -> {
                    Tensor fine = free.add(1); // belongs to nobody
                    x.add(fine);
                  });
          join(thread);
          return 0;
        });
    assertTrue(seen.get() instanceof IllegalStateException, String.valueOf(seen.get()));
    assertTrue(
        seen.get().getMessage().contains("add: an input of shape [1] belongs to 'loss'"),
        seen.get().getMessage());
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void releasesByHand() {
    Scope.call(() -> {
      Scope scope = Scope.current();
      assertNotNull(scope);
      Tensor a = t(1);
      int mark = scope.mark();
      Tensor b = t(2);
      Tensor c = t(3);
      scope.hold(c.storage());
      scope.releaseSince(mark);
      assertTrue(a.storage().alive());
      assertFalse(b.storage().alive());
      assertTrue(c.storage().alive());
      assertEquals(mark + 1, scope.mark());
      scope.release(a.storage());
      assertFalse(a.storage().alive());
      scope.release(a.storage()); // once is enough
      assertFalse(scope.owns(a.storage()));
      Scope.call(() -> {
        Scope inner = Scope.current();
        assertNotNull(inner);
        inner.release(c.storage());
        assertTrue(c.storage().alive(), "is another scope's");
        return 0;
      });
      return 0;
    });
  }

  @Test
  void consumedStateIsNamedSo() {
    Tensor state = t(1);
    state.storage().consume();
    state.storage().consume();
    var thrown = assertThrows(IllegalStateException.class, () -> state.add(1));
    assertTrue(thrown.getMessage().contains("an optimizer step"), thrown.getMessage());
  }
}
